#include "cli/verbs.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"
#include "image/diff_picture.h"
#include "image/png.h"
#include "difference/trace_difference.h"
#include "difference/transcript_difference.h"
#include "suite/event_difference.h"
#include "suite/json_text.h"

#include <inttypes.h>
#include <string.h>

#define TRANSCRIPT_MAX (UINT64_C(256) << 20)

enum kind { KIND_PNG, KIND_TRANSCRIPT, KIND_TRACE };

static const char *const kind_names[] = {
    [KIND_PNG] = "a PNG",
    [KIND_TRANSCRIPT] = "a transcript",
    [KIND_TRACE] = "a trace",
};

static enum sl_status sniff(const char *path, enum kind *kind, struct sl_error *err)
{
    static const char transcript[] = "scanlock-transcript ";
    char start[32] = {0};
    FILE *stream = fopen(path, "rb");
    if (!stream) {
        return sl_fail_errno(err, path, "open");
    }
    size_t size = fread(start, 1, sizeof(start), stream);
    enum sl_status status = ferror(stream) ? sl_fail_errno(err, path, "read") : SL_OK;
    fclose(stream);
    if (size >= 4 && memcmp(start, "\x89PNG", 4) == 0) {
        *kind = KIND_PNG;
    } else if (size >= sizeof(transcript) - 1 &&
               memcmp(start, transcript, sizeof(transcript) - 1) == 0) {
        *kind = KIND_TRANSCRIPT;
    } else {
        *kind = KIND_TRACE;
    }
    return status;
}

/* Writes what was built to stdout. */
static enum sl_status put_text(struct sl_buf *text, struct sl_error *err)
{
    enum sl_status status = text->failed ? sl_fail_memory(err, 0) : SL_OK;
    if (status == SL_OK && text->size) {
        fwrite(text->data, 1, text->size, stdout);
    }
    sl_buf_finish(text);
    return status;
}

static void print_pixel(const char *what, const uint8_t p[4])
{
    printf("%s %02x%02x%02x%02x", what, p[0], p[1], p[2], p[3]);
}

static void print_comparison(const struct sl_image *a, const struct sl_image *b,
                             const struct sl_comparison *c)
{
    if (!c->same_size) {
        printf("sizes differ: %" PRIu32 "x%" PRIu32 " and %" PRIu32 "x%" PRIu32 "\n", a->width,
               a->height, b->width, b->height);
        return;
    }
    printf("%" PRIu64 " of %" PRIu64 " pixels differ, largest difference %u, box %" PRIu32
           ",%" PRIu32 " %" PRIu32 "x%" PRIu32 "\nfirst at %" PRIu32 ",%" PRIu32 ":",
           c->differing, c->compared, c->max_level, c->box.x, c->box.y, c->box.width, c->box.height,
           c->first_x, c->first_y);
    print_pixel("", c->first_expected);
    print_pixel(" and", c->first_actual);
    printf(" (RGBA)\n");
}

static void print_comparison_json(const struct sl_image *a, const struct sl_image *b,
                                  const struct sl_comparison *c)
{
    bool equal = c->same_size && c->differing == 0;
    printf("{\"equal\": %s, \"a\": [%" PRIu32 ", %" PRIu32 "], \"b\": [%" PRIu32 ", %" PRIu32 "]",
           equal ? "true" : "false", a->width, a->height, b->width, b->height);
    if (c->same_size && !equal) {
        printf(", \"differing\": %" PRIu64 ", \"max_level\": %u, \"box\": [%" PRIu32 ", %" PRIu32
               ", %" PRIu32 ", %" PRIu32 "], \"first\": [%" PRIu32 ", %" PRIu32 "]",
               c->differing, c->max_level, c->box.x, c->box.y, c->box.width, c->box.height,
               c->first_x, c->first_y);
    }
    printf("}\n");
}

static enum sl_status write_picture(const char *path, const struct sl_image *a,
                                    const struct sl_image *b, struct sl_error *err)
{
    struct sl_image picture = {0};
    enum sl_status status = sl_diff_picture(a, b, NULL, &picture, err);
    if (status == SL_OK) {
        status = sl_png_write(path, &picture, err);
    }
    sl_image_finish(&picture);
    return status;
}

static enum sl_status diff_pngs(const struct sl_cli_args *args, bool *differ, struct sl_error *err)
{
    struct sl_image a = {0};
    struct sl_image b = {0};
    struct sl_comparison comparison;
    const char *output = args->values[SL_CLI_OUTPUT];
    enum sl_status status = sl_png_read(args->operands[0], &a, err);
    if (status == SL_OK) {
        status = sl_png_read(args->operands[1], &b, err);
    }
    if (status == SL_OK) {
        sl_image_compare(&a, &b, NULL, &comparison);
        *differ = !comparison.same_size || comparison.differing != 0;
    }
    if (status == SL_OK && args->values[SL_CLI_JSON]) {
        print_comparison_json(&a, &b, &comparison);
    } else if (status == SL_OK && *differ) {
        print_comparison(&a, &b, &comparison);
    }
    if (status == SL_OK && *differ) {
        status = output ? write_picture(output, &a, &b, err) : SL_OK;
    }
    sl_image_finish(&a);
    sl_image_finish(&b);
    return status;
}

static enum sl_status print_transcripts(const struct sl_cli_args *args,
                                        const struct sl_transcript_difference *difference,
                                        bool differ, struct sl_error *err)
{
    struct sl_buf text = {0};
    if (args->values[SL_CLI_JSON]) {
        sl_buf_printf(&text, "{\"equal\": %s", differ ? "false" : "true");
        if (differ) {
            sl_transcript_difference_print_json(&text, difference);
        }
        sl_buf_text(&text, "}\n");
    } else if (differ) {
        sl_transcript_difference_print(&text, difference);
    }
    return put_text(&text, err);
}

static enum sl_status diff_transcripts(const struct sl_cli_args *args, bool *differ,
                                       struct sl_error *err)
{
    struct sl_buf a = {0};
    struct sl_buf b = {0};
    struct sl_transcript_difference difference = {0};
    enum sl_status status = sl_file_read(args->operands[0], TRANSCRIPT_MAX, &a, err);
    if (status == SL_OK) {
        status = sl_file_read(args->operands[1], TRANSCRIPT_MAX, &b, err);
    }
    if (status == SL_OK) {
        *differ = !sl_buf_equal(&a, &b);
        status = *differ ? sl_transcript_difference_find(&difference, &a, &b, err) : SL_OK;
    }
    if (status == SL_OK) {
        status = print_transcripts(args, &difference, *differ, err);
    }
    sl_transcript_difference_finish(&difference);
    sl_buf_finish(&b);
    sl_buf_finish(&a);
    return status;
}

/* What changes the meaning of the events; provenance and producer do not. */
static const char *meta_difference(const struct sl_trace_meta *a, const struct sl_trace_meta *b)
{
    if (strcmp(a->device, b->device) != 0) {
        return "device";
    }
    if (a->abi_version != b->abi_version) {
        return "ABI version";
    }
    if (strcmp(a->profile, b->profile) != 0) {
        return "profile";
    }
    bool same_ram = a->ram_count == b->ram_count;
    for (size_t i = 0; same_ram && i < a->ram_count; i++) {
        same_ram = a->ram[i].gpa == b->ram[i].gpa && a->ram[i].size == b->ram[i].size;
    }
    if (!same_ram) {
        return "memory map";
    }
    bool same_options = a->option_count == b->option_count;
    for (size_t i = 0; same_options && i < a->option_count; i++) {
        same_options = strcmp(a->options[i].name, b->options[i].name) == 0 &&
                       strcmp(a->options[i].value, b->options[i].value) == 0;
    }
    return same_options ? NULL : "device options";
}

/* What two traces differ in before anybody replays them. */
struct raw_difference {
    const char *meta; /* NULL = nothing */
    bool event_differs;
    uint64_t event;
    struct sl_buf texts[2]; /* of that event */
};

static void raw_difference_finish(struct raw_difference *raw)
{
    sl_buf_finish(&raw->texts[0]);
    sl_buf_finish(&raw->texts[1]);
}

static enum sl_status find_event(struct sl_trace *a, struct sl_trace *b, struct raw_difference *raw,
                                 struct sl_error *err)
{
    for (;;) {
        struct sl_event x;
        struct sl_event y;
        raw->event = sl_trace_position(a);
        enum sl_status status = sl_trace_next(a, &x, err);
        if (status == SL_OK) {
            status = sl_trace_next(b, &y, err);
        }
        if (status != SL_OK) {
            return status;
        }
        if (!sl_event_equal(&x, &y)) {
            raw->event_differs = true;
            sl_event_print(&x, &raw->texts[0]);
            sl_event_print(&y, &raw->texts[1]);
            return raw->texts[0].failed || raw->texts[1].failed ? sl_fail_memory(err, 0) : SL_OK;
        }
        if (x.type == 0) {
            return SL_OK;
        }
        sl_cli_progress("events", raw->event, sl_trace_event_count(a));
    }
}

/* Then nothing else can be compared. */
static bool differs_in_device(const struct raw_difference *raw)
{
    return raw->meta && strcmp(raw->meta, "device") == 0;
}

static enum sl_status find_raw(const struct sl_cli_args *args, struct raw_difference *raw,
                               struct sl_error *err)
{
    struct sl_trace *a = NULL;
    struct sl_trace *b = NULL;
    enum sl_status status = sl_trace_open(args->operands[0], &a, err);
    if (status == SL_OK) {
        status = sl_trace_open(args->operands[1], &b, err);
    }
    if (status == SL_OK) {
        raw->meta = meta_difference(sl_trace_get_meta(a), sl_trace_get_meta(b));
    }
    if (status == SL_OK && !differs_in_device(raw)) {
        status = find_event(a, b, raw, err);
        sl_cli_progress_end();
    }
    sl_trace_close(b);
    sl_trace_close(a);
    return status;
}

static void print_raw(struct sl_buf *text, struct raw_difference *raw)
{
    if (raw->meta) {
        sl_buf_printf(text, "%s differs\n", raw->meta);
    }
    if (raw->event_differs) {
        sl_buf_printf(text, "event %" PRIu64 " differs:\n  - ", raw->event);
        sl_buf_append(text, raw->texts[0].data, raw->texts[0].size);
        sl_buf_text(text, "\n  + ");
        sl_buf_append(text, raw->texts[1].data, raw->texts[1].size);
        sl_buf_u8(text, '\n');
    }
}

static void print_raw_json(struct sl_buf *text, struct raw_difference *raw)
{
    sl_buf_text(text, "{\"equal\": false");
    if (raw->meta) {
        sl_buf_printf(text, ", \"meta\": \"%s\"", raw->meta);
    }
    for (int side = 0; raw->event_differs && side < 2; side++) {
        const char *line = sl_buf_cstr(&raw->texts[side]);
        if (side == 0) {
            sl_buf_printf(text, ", \"event\": {\"index\": %" PRIu64 ", \"a\": ", raw->event);
        }
        sl_json_string(text, line ? line : "");
        sl_buf_text(text, side ? "}" : ", \"b\": ");
        text->failed = text->failed || !line;
    }
}

/* A trace that cannot be replayed has no commands: that is said, and its events count. */
static enum sl_status print_commands(const struct sl_cli_args *args, struct sl_buf *text,
                                     struct sl_error *err)
{
    struct sl_trace_difference difference;
    bool json = args->values[SL_CLI_JSON] != NULL;
    char message[1024];
    enum sl_status status =
        sl_trace_difference_find(&difference, args->operands[0], args->operands[1], err);
    if (status == SL_ERR_DAMAGED || status == SL_ERR_UNSUPPORTED) {
        sl_error_format(err, message, sizeof(message));
        sl_buf_text(text, json ? ", \"not_replayed\": " : "not compared command by command: ");
        if (json) {
            sl_json_string(text, message);
        } else {
            sl_buf_printf(text, "%s\n", message);
        }
        status = SL_OK;
    } else if (status == SL_OK && json) {
        sl_trace_difference_print_json(text, &difference);
    } else if (status == SL_OK) {
        sl_trace_difference_print(text, &difference);
    }
    sl_trace_difference_finish(&difference);
    return status;
}

static enum sl_status print_traces(const struct sl_cli_args *args, struct raw_difference *raw,
                                   struct sl_error *err)
{
    struct sl_buf text = {0};
    bool json = args->values[SL_CLI_JSON] != NULL;
    enum sl_status status = SL_OK;
    if (json) {
        print_raw_json(&text, raw);
    } else {
        print_raw(&text, raw);
    }
    if (!differs_in_device(raw)) {
        status = print_commands(args, &text, err);
    }
    sl_buf_text(&text, json ? "}\n" : "");
    if (status == SL_OK) {
        return put_text(&text, err);
    }
    sl_buf_finish(&text);
    return status;
}

static enum sl_status diff_traces(const struct sl_cli_args *args, bool *differ,
                                  struct sl_error *err)
{
    struct raw_difference raw = {0};
    enum sl_status status = find_raw(args, &raw, err);
    if (status == SL_OK) {
        *differ = raw.meta || raw.event_differs;
    }
    if (status == SL_OK && *differ) {
        status = print_traces(args, &raw, err);
    } else if (status == SL_OK && args->values[SL_CLI_JSON]) {
        printf("{\"equal\": true}\n");
    }
    raw_difference_finish(&raw);
    return status;
}

static enum sl_status (*const differs[])(const struct sl_cli_args *args, bool *differ,
                                         struct sl_error *err) = {
    [KIND_PNG] = diff_pngs,
    [KIND_TRANSCRIPT] = diff_transcripts,
    [KIND_TRACE] = diff_traces,
};

static enum sl_status run(const struct sl_cli_args *args)
{
    enum kind a = KIND_TRACE;
    enum kind b = KIND_TRACE;
    struct sl_error err = {0};
    if (sniff(args->operands[0], &a, &err) != SL_OK ||
        sniff(args->operands[1], &b, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    if (a != b) {
        return sl_cli_usage(args->verb, "%s looks like %s, %s like %s", args->operands[0],
                            kind_names[a], args->operands[1], kind_names[b]);
    }
    if (args->values[SL_CLI_OUTPUT] && a != KIND_PNG) {
        return sl_cli_usage(args->verb, "-o goes with two PNGs");
    }
    bool differ = false;
    if (differs[a](args, &differ, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    return differ ? SL_ERR_MISMATCH : SL_OK;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_OUTPUT, 'o', "output", "PNG", "for two PNGs: write a picture of the difference"},
    {SL_CLI_JSON, 0, "json", NULL, "print one JSON object, also if there is no difference"},
};

const struct sl_cli_verb sl_cli_diff = {
    .name = "diff",
    .operands = "A B",
    .operands_min = 2,
    .operands_max = 2,
    .summary = "compare two traces, two PNGs or two transcripts",
    .description =
        "Compares two traces, two PNGs pixel by pixel, or two transcripts, and shows the first "
        "difference. Prints nothing if they are equal. Traces are compared event by event, then as "
        "their devices execute them: commands are aligned, so that one more or less does not hide "
        "the rest, and the first that differs is shown, the first after which the devices differ "
        "in answer, bound state or pixels, and the first frame. Lines of transcripts are aligned "
        "in the same way. Traces in different formats can be equal; their provenance does not "
        "count.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
