#include "difference/transcript_difference.h"

#include "base/hash.h"
#include "base/status.h"
#include "replay/transcript_line.h"
#include "suite/json_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTEXT = 3,
    SHOWN_MAX = 400,   /* bytes of a line */
    KIND_OTHER = 1000, /* the header, and what is no line of a transcript */
};

#define LINES_MAX ((size_t)1 << 26)

static enum sl_status cut_lines(struct sl_transcript_lines *lines, const struct sl_buf *text,
                                struct sl_error *err)
{
    size_t most = 1;
    for (size_t i = 0; i < text->size; i++) {
        most += text->data[i] == '\n';
    }
    *lines = (struct sl_transcript_lines){.text = text};
    if (most > LINES_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                       "a transcript of more than %zu lines", LINES_MAX);
    }
    lines->starts = calloc(most + 1, sizeof(*lines->starts));
    if (!lines->starts) {
        return sl_fail_memory(err, most * sizeof(*lines->starts));
    }
    for (size_t at = 0; at < text->size;) {
        const uint8_t *end = memchr(text->data + at, '\n', text->size - at);
        at = end ? (size_t)(end - text->data) + 1 : text->size;
        lines->starts[++lines->count] = at;
    }
    return SL_OK;
}

/* A line without its newline. */
static const char *line_at(const struct sl_transcript_lines *lines, size_t line, size_t *size)
{
    const char *text = (const char *)lines->text->data;
    size_t start = lines->starts[line];
    size_t end = lines->starts[line + 1];
    *size = end - start - (end > start && text[end - 1] == '\n');
    return text + start;
}

/* Bytes of the number of the event, with the blank behind it, of a line that has one. */
static size_t event_size(const char *line, size_t size)
{
    size_t digits = 0;
    while (digits < size && line[digits] >= '0' && line[digits] <= '9') {
        digits++;
    }
    return digits > 0 && digits < size && line[digits] == ' ' ? digits + 1 : 0;
}

static enum sl_status make_sequence(const struct sl_transcript_lines *lines,
                                    struct sl_sequence *sequence, struct sl_error *err)
{
    enum sl_status status = sl_sequence_init(sequence, lines->count, err);
    for (size_t i = 0; status == SL_OK && i < lines->count; i++) {
        struct sl_transcript_line parsed;
        size_t size;
        const char *line = line_at(lines, i, &size);
        size_t skipped = event_size(line, size);
        size_t whole = lines->starts[i + 1] - lines->starts[i]; /* a missing newline is seen, too */
        bool known = sl_transcript_parse_line(line, size, &parsed);
        sequence->identity[i] = sl_hash64(line + skipped, whole - skipped);
        sequence->kind[i] = known ? (uint32_t)parsed.kind : KIND_OTHER;
    }
    return status;
}

static void count_moved(struct sl_transcript_difference *it)
{
    for (size_t i = 0; i < it->lines.alignment.count; i++) {
        const struct sl_aligned_pair *pair = &it->lines.alignment.pairs[i];
        size_t a_size;
        size_t b_size;
        const char *a = line_at(&it->sides[0], pair->a, &a_size);
        const char *b = line_at(&it->sides[1], pair->b, &b_size);
        bool same = a_size == b_size && memcmp(a, b, a_size) == 0;
        if (!same && it->moved == 0) {
            it->first_moved[0] = pair->a;
            it->first_moved[1] = pair->b;
        }
        it->moved += !same;
    }
}

enum sl_status sl_transcript_difference_find(struct sl_transcript_difference *it,
                                             const struct sl_buf *a, const struct sl_buf *b,
                                             struct sl_error *err)
{
    struct sl_sequence x = {0};
    struct sl_sequence y = {0};
    *it = (struct sl_transcript_difference){0};
    enum sl_status status = cut_lines(&it->sides[0], a, err);
    if (status == SL_OK) {
        status = cut_lines(&it->sides[1], b, err);
    }
    if (status == SL_OK) {
        status = make_sequence(&it->sides[0], &x, err);
    }
    if (status == SL_OK) {
        status = make_sequence(&it->sides[1], &y, err);
    }
    if (status == SL_OK) {
        status = sl_sequences_compare(&x, &y, &it->lines, err);
    }
    if (status == SL_OK) {
        count_moved(it);
    }
    sl_sequence_finish(&x);
    sl_sequence_finish(&y);
    return status;
}

void sl_transcript_difference_finish(struct sl_transcript_difference *it)
{
    free(it->sides[0].starts);
    free(it->sides[1].starts);
    sl_sequence_comparison_finish(&it->lines);
    *it = (struct sl_transcript_difference){0};
}

bool sl_transcript_difference_exists(const struct sl_transcript_difference *it)
{
    return it->lines.differs || it->moved != 0;
}

static void append_word(struct sl_buf *out, const struct sl_transcript_word *word)
{
    sl_buf_append(out, word->at, word->size);
}

/* What a line is about. */
static void print_subject(struct sl_buf *out, const struct sl_transcript_line *line)
{
    switch (line->kind) {
    case SL_TRANSCRIPT_READ:
        sl_buf_text(out, "what ");
        append_word(out, line->name.size ? &line->name : &line->space);
        sl_buf_printf(out, line->name.size ? " reads as" : "+0x%" PRIx64 " reads as",
                      line->address);
        return;
    case SL_TRANSCRIPT_RESPONSE:
        sl_buf_text(out, "the answer to ");
        append_word(out, &line->command);
        sl_buf_text(out, line->command.size ? "" : "a request that was dropped");
        return;
    case SL_TRANSCRIPT_USED:
        sl_buf_text(out, "a used-ring entry");
        return;
    case SL_TRANSCRIPT_IRQ:
        sl_buf_text(out, line->intx ? "the level of the interrupt line" : "an interrupt message");
        return;
    case SL_TRANSCRIPT_FENCE:
        sl_buf_text(out, "a completed fence");
        return;
    case SL_TRANSCRIPT_ERROR:
        sl_buf_text(out, "an error that the device recorded");
        sl_buf_text(out, line->command.size ? " for " : "");
        append_word(out, &line->command);
        return;
    case SL_TRANSCRIPT_FRAME:
        sl_buf_text(out, "the size of frame ");
        append_word(out, &line->name);
        return;
    case SL_TRANSCRIPT_WRITE:
        sl_buf_text(out, "what the device wrote into guest memory");
        return;
    }
}

/* One sentence on the first line that differs; nothing if it is no line of a transcript. */
static void print_meaning(struct sl_buf *out, const struct sl_transcript_difference *it)
{
    struct sl_transcript_line line;
    int shown = it->lines.first[0] == SL_SEQUENCE_NONE;
    bool both = !shown && it->lines.first[1] != SL_SEQUENCE_NONE;
    size_t size;
    const char *text = line_at(&it->sides[shown], it->lines.first[shown], &size);
    if (!sl_transcript_parse_line(text, size, &line)) {
        return;
    }
    print_subject(out, &line);
    sl_buf_text(out, both ? " differs" : shown ? " stands only in b" : " stands only in a");
}

static void print_line(struct sl_buf *out, char mark, const struct sl_transcript_lines *lines,
                       size_t line)
{
    size_t size;
    const char *text = line_at(lines, line, &size);
    bool cut = size > SHOWN_MAX;
    sl_buf_printf(out, "  %c ", mark);
    sl_buf_append(out, text, cut ? SHOWN_MAX : size);
    sl_buf_text(out, cut ? "...\n" : "\n");
}

/* The pair, either of which may be NONE, and what stands before it. */
static void print_place(struct sl_buf *out, const struct sl_transcript_difference *it,
                        const size_t first[2])
{
    static const char marks[2] = {'-', '+'};
    int shown = first[0] == SL_SEQUENCE_NONE;
    size_t line = first[shown];
    for (size_t i = line < CONTEXT ? 0 : line - CONTEXT; i < line; i++) {
        print_line(out, ' ', &it->sides[shown], i);
    }
    for (int side = 0; side < 2; side++) {
        if (first[side] != SL_SEQUENCE_NONE) {
            print_line(out, marks[side], &it->sides[side], first[side]);
        }
    }
}

static void print_numbers(struct sl_buf *out, const size_t first[2])
{
    if (first[0] == SL_SEQUENCE_NONE) {
        sl_buf_printf(out, "line %zu of b", first[1] + 1);
    } else if (first[1] == SL_SEQUENCE_NONE) {
        sl_buf_printf(out, "line %zu of a", first[0] + 1);
    } else {
        sl_buf_printf(out, "lines %zu and %zu", first[0] + 1, first[1] + 1);
    }
}

void sl_transcript_difference_print(struct sl_buf *out, const struct sl_transcript_difference *it)
{
    const struct sl_sequence_comparison *lines = &it->lines;
    sl_buf_printf(out,
                  "lines: %zu and %zu; same %zu, %zu of them at other events, changed %zu, only in "
                  "a %zu, only in b %zu\n",
                  lines->total[0], lines->total[1], lines->alignment.count, it->moved,
                  lines->changed, lines->only[0], lines->only[1]);
    if (lines->differs) {
        sl_buf_text(out, "first difference, ");
        print_numbers(out, lines->first);
        sl_buf_text(out, ": ");
        print_meaning(out, it);
        sl_buf_u8(out, '\n');
        print_place(out, it, lines->first);
    } else if (it->moved) {
        sl_buf_text(out, "first line at another event, ");
        print_numbers(out, it->first_moved);
        sl_buf_u8(out, '\n');
        print_place(out, it, it->first_moved);
    }
}

static void json_line(struct sl_buf *out, const struct sl_transcript_lines *lines, size_t line)
{
    if (line == SL_SEQUENCE_NONE) {
        sl_buf_text(out, "null");
        return;
    }
    struct sl_buf copy = {0};
    size_t size;
    const char *text = line_at(lines, line, &size);
    sl_buf_append(&copy, text, size);
    sl_buf_printf(out, "{\"line\": %zu, \"text\": ", line + 1);
    if (sl_buf_cstr(&copy)) {
        sl_json_string(out, sl_buf_cstr(&copy));
    }
    out->failed = out->failed || copy.failed;
    sl_buf_u8(out, '}');
    sl_buf_finish(&copy);
}

void sl_transcript_difference_print_json(struct sl_buf *out,
                                         const struct sl_transcript_difference *it)
{
    const struct sl_sequence_comparison *lines = &it->lines;
    sl_buf_printf(out,
                  ", \"lines\": {\"a\": %zu, \"b\": %zu, \"same\": %zu, \"moved\": %zu, "
                  "\"changed\": %zu, \"only_a\": %zu, \"only_b\": %zu}",
                  lines->total[0], lines->total[1], lines->alignment.count, it->moved,
                  lines->changed, lines->only[0], lines->only[1]);
    if (!lines->differs) {
        return;
    }
    struct sl_buf meaning = {0};
    print_meaning(&meaning, it);
    sl_buf_text(out, ", \"first_line\": {\"a\": ");
    json_line(out, &it->sides[0], lines->first[0]);
    sl_buf_text(out, ", \"b\": ");
    json_line(out, &it->sides[1], lines->first[1]);
    sl_buf_text(out, ", \"meaning\": ");
    if (sl_buf_cstr(&meaning)) {
        sl_json_string(out, sl_buf_cstr(&meaning));
    }
    out->failed = out->failed || meaning.failed;
    sl_buf_u8(out, '}');
    sl_buf_finish(&meaning);
}
