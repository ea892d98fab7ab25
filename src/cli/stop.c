#include "cli/stop.h"

#include "base/buf.h"
#include "base/status.h"
#include "cli/cli.h"
#include "image/png.h"

#include <inttypes.h>

static void print_command_json(uint64_t event, const struct sl_command *command)
{
    printf("{\"command\": %" PRIu64 ", \"event\": %" PRIu64 ", \"submission\": %" PRIu64
           ", \"packet\": %" PRIu32 ", \"name\": ",
           command->index, event, command->submission, command->packet);
    sl_cli_print_json_string(stdout, command->name);
    printf(", \"text\": ");
    sl_cli_print_json_string(stdout, command->text);
    printf("}");
}

void sl_cli_print_command(uint64_t event, const struct sl_command *command, bool json)
{
    if (json) {
        print_command_json(event, command);
    } else {
        printf("command %" PRIu64 "  event %" PRIu64 "  submission %" PRIu64 "  packet %" PRIu32
               "  %s%s%s",
               command->index, event, command->submission, command->packet, command->name,
               command->text[0] ? " " : "", command->text);
    }
    printf("\n");
}

static void print_line(void *data, const char *text)
{
    (void)data;
    printf("  %s\n", text);
}

static void print_json_line(void *data, const char *text)
{
    bool *first = data;
    printf("%s", *first ? "" : ", ");
    sl_cli_print_json_string(stdout, text);
    *first = false;
}

static enum sl_status print_json(uint64_t event, bool at_end, const struct sl_command *next,
                                 struct sl_target *target, struct sl_error *err)
{
    bool first = true;
    printf("{\"stopped_before\": ");
    if (next) {
        print_command_json(event, next);
    } else if (at_end) {
        printf("null");
    } else {
        printf("{\"event\": %" PRIu64 "}", event);
    }
    printf(", \"state\": [");
    enum sl_status status = target->impl->describe
                                ? target->impl->describe(target, print_json_line, &first, err)
                                : SL_OK;
    printf("]}\n");
    return status;
}

static enum sl_status print_text(uint64_t event, bool at_end, const struct sl_command *next,
                                 struct sl_target *target, struct sl_error *err)
{
    if (next) {
        printf("stopped before ");
        sl_cli_print_command(event, next, false);
    } else if (at_end) {
        printf("stopped at the end\n");
    } else {
        printf("stopped before event %" PRIu64 "\n", event);
    }
    return target->impl->describe ? target->impl->describe(target, print_line, NULL, err) : SL_OK;
}

static enum sl_status save(const char *folder, const char *name, const struct sl_image *image,
                           struct sl_error *err)
{
    struct sl_buf path = {0};
    sl_buf_printf(&path, "%s/target-%s.png", folder, name);
    const char *text = sl_buf_cstr(&path);
    enum sl_status status = text ? sl_png_write(text, image, err) : sl_fail_memory(err, 0);
    sl_buf_finish(&path);
    return status;
}

static enum sl_status save_pictures(const char *folder, struct sl_target *target,
                                    struct sl_error *err)
{
    enum sl_status status = SL_OK;
    const char *name = "";
    for (uint32_t i = 0; status == SL_OK && name && target->impl->target_picture; i++) {
        struct sl_image image = {0};
        status = target->impl->target_picture(target, i, &name, &image, err);
        if (status == SL_OK && image.width != 0) {
            status = save(folder, name, &image, err);
        }
        sl_image_finish(&image);
    }
    return status;
}

enum sl_status sl_cli_print_stop(const struct sl_cli_stop *stop, uint64_t event, bool at_end,
                                 const struct sl_command *next, struct sl_target *target,
                                 struct sl_error *err)
{
    enum sl_status status = stop->json ? print_json(event, at_end, next, target, err)
                                       : print_text(event, at_end, next, target, err);
    return status == SL_OK && stop->folder ? save_pictures(stop->folder, target, err) : status;
}
