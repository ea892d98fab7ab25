/* blame: which commands made a pixel what it is. */
#include "cli/verbs.h"

#include "base/decimal.h"
#include "base/status.h"
#include "replay/blame.h"

#include <inttypes.h>
#include <string.h>

struct job {
    bool json;
    uint32_t x;
    uint32_t y;
};

static const char *const fates[] = {
    [SL_TEXEL_WRITTEN] = "written",
    [SL_TEXEL_DISCARDED] = "discarded",
    [SL_TEXEL_MASKED] = "masked",
    [SL_TEXEL_ALPHA_FAILED] = "alpha_failed",
    [SL_TEXEL_STENCIL_FAILED] = "stencil_failed",
    [SL_TEXEL_DEPTH_FAILED] = "depth_failed",
};

/* ---- numbers as text ---- */

static void print_float(float value, bool json)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    struct sl_buf text = {0};
    if ((bits & 0x7F800000) != 0x7F800000) {
        sl_decimal_print(&text, bits);
    } else if (bits & 0x7FFFFF) {
        sl_buf_text(&text, json ? "\"nan\"" : "nan");
    } else {
        sl_buf_printf(&text, json ? "\"%sinf\"" : "%sinf", bits >> 31 ? "-" : "");
    }
    const char *shown = sl_buf_cstr(&text);
    printf("%s", shown ? shown : "?");
    sl_buf_finish(&text);
}

static void print_color(const float color[4], bool json)
{
    printf("[");
    for (size_t i = 0; i < 4; i++) {
        printf("%s", i ? ", " : "");
        print_float(color[i], json);
    }
    printf("]");
}

static void print_rgba(const uint8_t rgba[4])
{
    printf("%02x%02x%02x%02x", rgba[0], rgba[1], rgba[2], rgba[3]);
}

/* The raw texel as a number, all its bytes. */
static void print_raw(uint64_t value, uint32_t bytes)
{
    printf("0x%0*" PRIx64, (int)(2 * bytes), value);
}

/* ---- text ---- */

static void print_place(const struct sl_blame_place *place)
{
    printf("  event %" PRIu64, place->event);
    if (place->in_command) {
        printf("  command %" PRIu64 "  submission %" PRIu64 "  packet %" PRIu32 "  %s",
               place->command.index, place->command.submission, place->command.packet,
               place->command.name);
    } else {
        printf("  %s", place->what);
    }
}

static void frame_text(const struct job *job, const struct sl_blame_frame *frame)
{
    const struct sl_pixel_source *source = &frame->source;
    printf("frame %" PRIu32 "  %" PRIu32 "x%" PRIu32 "  %s  event %" PRIu64 "  scanout %" PRIu32
           "\n",
           frame->index, frame->width, frame->height, frame->name, frame->event, frame->scanout);
    printf("pixel %" PRIu32 ",%" PRIu32 " is ", job->x, job->y);
    print_rgba(frame->rgba);
    if (source->in_memory) {
        printf(", from guest memory 0x%" PRIx64 ", %" PRIu32 " bytes of %s", source->gpa,
               source->size, source->format);
    }
    printf("\nwhat showed there:\n");
}

static void shown_text(const struct sl_blame_place *place, const uint8_t before[4],
                       const uint8_t after[4])
{
    print_place(place);
    printf("  ");
    print_rgba(before);
    printf(" -> ");
    print_rgba(after);
    printf("\n");
}

static void surface_text(const struct sl_texel *texel, uint32_t handle, uint64_t command)
{
    printf("texel %" PRIu32 ",%" PRIu32 " of texture %" PRIu32 " mip %" PRIu32 " layer %" PRIu32
           ", taken by command %" PRIu64 ":\n",
           texel->x, texel->y, handle, texel->mip, texel->layer, command);
}

static void draw_text(const struct sl_texel_write *write)
{
    printf("  primitive %" PRIu32 " %s  color ", write->primitive, write->front ? "front" : "back");
    print_color(write->color, false);
    printf("  depth ");
    print_float(write->depth, false);
    if (write->has_depth) {
        printf("  depth texel 0x%08" PRIx32 " -> 0x%08" PRIx32, write->depth_before,
               write->depth_after);
    }
    printf("  %s", fates[write->fate]);
}

static void write_text(const struct sl_blame_place *place, const struct sl_texel_write *write)
{
    print_place(place);
    if (write->how[0]) {
        printf("  %s", write->how);
    }
    if (write->drawn) {
        draw_text(write);
    }
    printf("  ");
    print_raw(write->before, write->texel_bytes);
    printf(" -> ");
    print_raw(write->after, write->texel_bytes);
    printf("  RGBA ");
    print_rgba(write->rgba_before);
    printf(" -> ");
    print_rgba(write->rgba_after);
    printf("\n");
}

/* ---- JSON, one object per line ---- */

static void print_place_json(const char *kind, const struct sl_blame_place *place)
{
    printf("{\"kind\": \"%s\", \"event\": %" PRIu64, kind, place->event);
    if (place->in_command) {
        printf(", \"command\": %" PRIu64 ", \"submission\": %" PRIu64 ", \"packet\": %" PRIu32
               ", \"name\": ",
               place->command.index, place->command.submission, place->command.packet);
        sl_cli_print_json_string(stdout, place->command.name);
        printf(", \"text\": ");
        sl_cli_print_json_string(stdout, place->command.text);
    } else {
        printf(", \"what\": ");
        sl_cli_print_json_string(stdout, place->what);
    }
}

static void frame_json(const struct job *job, const struct sl_blame_frame *frame)
{
    const struct sl_pixel_source *source = &frame->source;
    printf("{\"kind\": \"frame\", \"index\": %" PRIu32 ", \"name\": ", frame->index);
    sl_cli_print_json_string(stdout, frame->name);
    printf(", \"event\": %" PRIu64 ", \"scanout\": %" PRIu32 ", \"x\": %" PRIu32 ", \"y\": %" PRIu32
           ", \"rgba\": \"",
           frame->event, frame->scanout, job->x, job->y);
    print_rgba(frame->rgba);
    printf("\"");
    if (source->in_memory) {
        printf(", \"gpa\": %" PRIu64 ", \"size\": %" PRIu32 ", \"format\": \"%s\"", source->gpa,
               source->size, source->format);
    }
    printf("}\n");
}

static void shown_json(const struct sl_blame_place *place, const uint8_t before[4],
                       const uint8_t after[4])
{
    print_place_json("shown", place);
    printf(", \"rgba_before\": \"");
    print_rgba(before);
    printf("\", \"rgba_after\": \"");
    print_rgba(after);
    printf("\"}\n");
}

static void surface_json(const struct sl_texel *texel, uint32_t handle, uint64_t command)
{
    printf("{\"kind\": \"texture\", \"surface\": %" PRIu64 ", \"handle\": %" PRIu32
           ", \"mip\": %" PRIu32 ", \"layer\": %" PRIu32 ", \"x\": %" PRIu32 ", \"y\": %" PRIu32
           ", \"taken_by\": %" PRIu64 "}\n",
           texel->surface, handle, texel->mip, texel->layer, texel->x, texel->y, command);
}

static void draw_json(const struct sl_texel_write *write)
{
    printf(", \"primitive\": %" PRIu32 ", \"front\": %s, \"color\": ", write->primitive,
           write->front ? "true" : "false");
    print_color(write->color, true);
    printf(", \"depth\": ");
    print_float(write->depth, true);
    if (write->has_depth) {
        printf(", \"depth_before\": %" PRIu32 ", \"depth_after\": %" PRIu32, write->depth_before,
               write->depth_after);
    }
}

static void write_json(const struct sl_blame_place *place, const struct sl_texel_write *write)
{
    print_place_json("write", place);
    printf(", \"fate\": \"%s\", \"how\": ", fates[write->fate]);
    sl_cli_print_json_string(stdout, write->how);
    if (write->drawn) {
        draw_json(write);
    }
    printf(", \"format\": \"%s\", \"before\": \"", write->format);
    print_raw(write->before, write->texel_bytes);
    printf("\", \"after\": \"");
    print_raw(write->after, write->texel_bytes);
    printf("\", \"rgba_before\": \"");
    print_rgba(write->rgba_before);
    printf("\", \"rgba_after\": \"");
    print_rgba(write->rgba_after);
    printf("\"}\n");
}

/* ---- the verb ---- */

static void on_frame(void *data, const struct sl_blame_frame *frame)
{
    const struct job *job = data;
    if (job->json) {
        frame_json(job, frame);
    } else {
        frame_text(job, frame);
    }
}

static void on_shown(void *data, const struct sl_blame_place *place, const uint8_t before[4],
                     const uint8_t after[4])
{
    const struct job *job = data;
    if (job->json) {
        shown_json(place, before, after);
    } else {
        shown_text(place, before, after);
    }
}

static void on_surface(void *data, const struct sl_texel *texel, uint32_t handle, uint64_t command)
{
    const struct job *job = data;
    if (job->json) {
        surface_json(texel, handle, command);
    } else {
        surface_text(texel, handle, command);
    }
}

static void on_write(void *data, const struct sl_blame_place *place,
                     const struct sl_texel_write *write)
{
    const struct job *job = data;
    if (job->json) {
        write_json(place, write);
    } else {
        write_text(place, write);
    }
}

static bool parse_coordinate(const char *text, uint32_t *out)
{
    uint64_t value;
    if (!sl_cli_parse_number(text, &value) || value >= SL_IMAGE_DIM_MAX) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_replay_options options;
    struct job job = {.json = args->values[SL_CLI_JSON] != NULL};
    enum sl_status status = sl_cli_replay_options(args, &options);
    if (status != SL_OK) {
        return status;
    }
    for (size_t i = 2; i < 4; i++) {
        if (!parse_coordinate(args->operands[i], i == 2 ? &job.x : &job.y)) {
            return sl_cli_usage(args->verb, "'%s' is no coordinate below %u", args->operands[i],
                                SL_IMAGE_DIM_MAX);
        }
    }
    struct sl_trace *trace;
    struct sl_error err = {0};
    if (sl_trace_open(args->operands[0], &trace, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    const struct sl_blame_callbacks callbacks = {
        .data = &job,
        .frame = on_frame,
        .shown = on_shown,
        .surface = on_surface,
        .write = on_write,
    };
    status = sl_blame(trace, &options, args->operands[1], job.x, job.y, &callbacks, &err);
    sl_trace_close(trace);
    if (status == SL_ERR_USAGE) {
        return sl_cli_usage(args->verb, "%s", err.message);
    }
    if (status != SL_OK) {
        sl_error_set_file(&err, args->operands[0]);
        return sl_cli_fail(&err);
    }
    return SL_OK;
}

static const struct sl_cli_option options[] = {
    SL_CLI_REPLAY_OPTIONS,
    {SL_CLI_JSON, 0, "json", NULL, "print JSON, one object per line"},
};

const struct sl_cli_verb sl_cli_blame = {
    .name = "blame",
    .operands = "TRACE FRAME X Y",
    .operands_min = 4,
    .operands_max = 4,
    .summary = "list what made a pixel of a frame what it is",
    .description =
        "Finds where pixel X,Y of a frame (an index or a name) comes from and lists, in order, "
        "everything that changed what showed there and every command that had a value for its "
        "texel: the values before and after and, for each primitive that covered it, what the "
        "pixel program put out and which test it failed, if any.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
