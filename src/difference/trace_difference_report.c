/* The difference of two traces, for people and for programs. */
#include "difference/field_difference.h"
#include "difference/line_difference.h"
#include "difference/trace_difference.h"

#include "suite/json_text.h"

#include <inttypes.h>

static const char marks[2] = {'-', '+'};

static void print_counts(struct sl_buf *out, const char *what,
                         const struct sl_sequence_comparison *counts)
{
    sl_buf_printf(out, "%s: %zu and %zu; same %zu, changed %zu, only in a %zu, only in b %zu\n",
                  what, counts->total[0], counts->total[1], counts->alignment.count,
                  counts->changed, counts->only[0], counts->only[1]);
}

static void print_command(struct sl_buf *out, char mark, const struct sl_trace_difference *it,
                          int side, size_t command)
{
    const struct sl_command_text *text = sl_command_closeup_text(&it->sides[side].closeup, command);
    if (!text) {
        return;
    }
    sl_buf_printf(out, "  %c event %" PRIu64 "  command %zu  ", mark, text->event, command);
    sl_buf_append(out, text->name.data, text->name.size);
    sl_buf_text(out, text->text.size ? "  " : "");
    sl_buf_append(out, text->text.data, text->text.size);
    sl_buf_u8(out, '\n');
}

/* A list of names being written. */
struct names {
    struct sl_buf *out;
    const char *before_first;
    const char *before_other;
    bool quoted;
    size_t count;
};

static void append_name(void *data, const char *name, size_t size)
{
    struct names *names = data;
    sl_buf_text(names->out, names->count++ ? names->before_other : names->before_first);
    sl_buf_text(names->out, names->quoted ? "\"" : "");
    sl_buf_append(names->out, name, size);
    sl_buf_text(names->out, names->quoted ? "\"" : "");
}

static void print_fields(struct sl_buf *out, const struct sl_trace_difference *it)
{
    const struct sl_command_text *a =
        sl_command_closeup_text(&it->sides[0].closeup, it->commands.first[0]);
    const struct sl_command_text *b =
        sl_command_closeup_text(&it->sides[1].closeup, it->commands.first[1]);
    if (!a || !b) {
        return;
    }
    struct names names = {.out = out, .before_first = "    fields ", .before_other = ", "};
    size_t offset = sl_field_difference(a, b, append_name, &names);
    sl_buf_printf(out, names.count ? "; bytes from 0x%zx on\n" : "    bytes from 0x%zx on\n",
                  offset);
}

static void print_first_command(struct sl_buf *out, const struct sl_trace_difference *it)
{
    int shown = it->commands.first[0] == SL_CLOSEUP_NONE;
    size_t first = it->commands.first[shown];
    sl_buf_text(out, "first command that differs:\n");
    for (size_t i = first < SL_CLOSEUP_CONTEXT ? 0 : first - SL_CLOSEUP_CONTEXT; i < first; i++) {
        print_command(out, ' ', it, shown, i);
    }
    for (int side = 0; side < 2; side++) {
        if (it->commands.first[side] != SL_CLOSEUP_NONE) {
            print_command(out, marks[side], it, side, it->commands.first[side]);
        }
    }
    print_fields(out, it);
}

static void print_line(void *data, int side, const char *line, size_t size)
{
    struct sl_buf *out = data;
    sl_buf_printf(out, "  %c ", marks[side]);
    sl_buf_append(out, line, size);
    sl_buf_u8(out, '\n');
}

/* Lines that one side has only; without memory for that, the text says so. */
static void print_lines(struct sl_buf *out, const char *head, const struct sl_buf *a,
                        const struct sl_buf *b)
{
    sl_buf_text(out, head);
    if (sl_line_difference(a, b, print_line, out, NULL) != SL_OK) {
        out->failed = true;
    }
}

static void print_device(struct sl_buf *out, const struct sl_trace_difference *it)
{
    const struct sl_command_closeup *a = &it->sides[0].closeup;
    const struct sl_command_closeup *b = &it->sides[1].closeup;
    sl_buf_printf(out, "first command after which the devices differ: %zu and %zu  ",
                  it->settled[0], it->settled[1]);
    sl_buf_append(out, a->after.data, a->after.size);
    sl_buf_u8(out, '\n');
    if (it->answer_differs) {
        print_lines(out, "  answer\n", &a->answer, &b->answer);
    }
    if (it->state_differs) {
        print_lines(out, "  state\n", &a->state, &b->state);
    }
    if (it->pictures_differ) {
        print_lines(out, "  pixels of targets\n", &a->targets, &b->targets);
    }
}

static void print_first_frame(struct sl_buf *out, const struct sl_trace_difference *it)
{
    sl_buf_text(out, "first frame that differs:\n");
    for (int side = 0; side < 2; side++) {
        if (it->frames.first[side] != SL_CLOSEUP_NONE) {
            const struct sl_command_frame *frame =
                &it->sides[side].list.frames[it->frames.first[side]];
            sl_buf_printf(out, "  %c frame %zu  %" PRIu32 "x%" PRIu32 "  %s\n", marks[side],
                          it->frames.first[side], frame->width, frame->height, frame->name);
        }
    }
}

void sl_trace_difference_print(struct sl_buf *out, const struct sl_trace_difference *it)
{
    print_counts(out, "commands", &it->commands);
    if (it->commands.differs) {
        print_first_command(out, it);
    }
    if (it->device_differs) {
        print_device(out, it);
    }
    print_counts(out, "frames", &it->frames);
    if (it->frames.differs) {
        print_first_frame(out, it);
    }
    if (it->cut) {
        sl_buf_text(out, "what follows these commands and frames was not compared\n");
    }
}

static void json_counts(struct sl_buf *out, const char *name,
                        const struct sl_sequence_comparison *counts)
{
    sl_buf_printf(out,
                  ", \"%s\": {\"a\": %zu, \"b\": %zu, \"same\": %zu, \"changed\": %zu, "
                  "\"only_a\": %zu, \"only_b\": %zu}",
                  name, counts->total[0], counts->total[1], counts->alignment.count,
                  counts->changed, counts->only[0], counts->only[1]);
}

static void json_buf(struct sl_buf *out, const struct sl_buf *text)
{
    struct sl_buf copy = {0};
    sl_buf_append(&copy, text->data, text->size);
    const char *cstr = sl_buf_cstr(&copy);
    out->failed = out->failed || !cstr;
    if (cstr) {
        sl_json_string(out, cstr);
    }
    sl_buf_finish(&copy);
}

static void json_command(struct sl_buf *out, const struct sl_trace_difference *it, int side)
{
    const struct sl_command_text *text =
        sl_command_closeup_text(&it->sides[side].closeup, it->commands.first[side]);
    if (!text) {
        sl_buf_text(out, "null");
        return;
    }
    sl_buf_printf(out, "{\"event\": %" PRIu64 ", \"command\": %zu, \"name\": ", text->event,
                  it->commands.first[side]);
    json_buf(out, &text->name);
    sl_buf_text(out, ", \"text\": ");
    json_buf(out, &text->text);
    sl_buf_u8(out, '}');
}

static void json_first_command(struct sl_buf *out, const struct sl_trace_difference *it)
{
    const struct sl_command_text *a =
        sl_command_closeup_text(&it->sides[0].closeup, it->commands.first[0]);
    const struct sl_command_text *b =
        sl_command_closeup_text(&it->sides[1].closeup, it->commands.first[1]);
    sl_buf_text(out, ", \"first_command\": {\"a\": ");
    json_command(out, it, 0);
    sl_buf_text(out, ", \"b\": ");
    json_command(out, it, 1);
    sl_buf_text(out, ", \"fields\": [");
    if (a && b) {
        struct names names = {.out = out, .before_first = "", .before_other = ", ", .quoted = true};
        size_t offset = sl_field_difference(a, b, append_name, &names);
        sl_buf_printf(out, "], \"byte\": %zu}", offset);
    } else {
        sl_buf_text(out, "]}");
    }
}

/* Lines of one side, as elements of an array. */
struct json_lines {
    struct sl_buf *out;
    int side;
    size_t count;
};

static void json_line(void *data, int side, const char *line, size_t size)
{
    struct json_lines *lines = data;
    const struct sl_buf text = {.data = (uint8_t *)(uintptr_t)line, .size = size};
    if (side == lines->side) {
        sl_buf_text(lines->out, lines->count++ ? ", " : "");
        json_buf(lines->out, &text);
    }
}

static void json_texts(struct sl_buf *out, const char *name, bool differ, const struct sl_buf *a,
                       const struct sl_buf *b)
{
    if (!differ) {
        return;
    }
    sl_buf_printf(out, ", \"%s\": {", name);
    for (int side = 0; side < 2; side++) {
        struct json_lines lines = {.out = out, .side = side};
        sl_buf_text(out, side ? ", \"b\": [" : "\"a\": [");
        if (sl_line_difference(a, b, json_line, &lines, NULL) != SL_OK) {
            out->failed = true;
        }
        sl_buf_u8(out, ']');
    }
    sl_buf_u8(out, '}');
}

static void json_device(struct sl_buf *out, const struct sl_trace_difference *it)
{
    const struct sl_command_closeup *a = &it->sides[0].closeup;
    const struct sl_command_closeup *b = &it->sides[1].closeup;
    sl_buf_printf(out, ", \"first_device\": {\"a\": %zu, \"b\": %zu, \"after\": ", it->settled[0],
                  it->settled[1]);
    json_buf(out, &a->after);
    json_texts(out, "answer", it->answer_differs, &a->answer, &b->answer);
    json_texts(out, "state", it->state_differs, &a->state, &b->state);
    json_texts(out, "targets", it->pictures_differ, &a->targets, &b->targets);
    sl_buf_u8(out, '}');
}

static void json_first_frame(struct sl_buf *out, const struct sl_trace_difference *it)
{
    sl_buf_text(out, ", \"first_frame\": {");
    for (int side = 0; side < 2; side++) {
        sl_buf_text(out, side ? ", \"b\": " : "\"a\": ");
        if (it->frames.first[side] == SL_CLOSEUP_NONE) {
            sl_buf_text(out, "null");
            continue;
        }
        const struct sl_command_frame *frame = &it->sides[side].list.frames[it->frames.first[side]];
        sl_buf_printf(out, "{\"index\": %zu, \"name\": ", it->frames.first[side]);
        sl_json_string(out, frame->name);
        sl_buf_printf(out, ", \"width\": %" PRIu32 ", \"height\": %" PRIu32 "}", frame->width,
                      frame->height);
    }
    sl_buf_u8(out, '}');
}

void sl_trace_difference_print_json(struct sl_buf *out, const struct sl_trace_difference *it)
{
    json_counts(out, "commands", &it->commands);
    if (it->commands.differs) {
        json_first_command(out, it);
    }
    if (it->device_differs) {
        json_device(out, it);
    }
    json_counts(out, "frames", &it->frames);
    if (it->frames.differs) {
        json_first_frame(out, it);
    }
    sl_buf_printf(out, ", \"cut\": %s", it->cut ? "true" : "false");
}
