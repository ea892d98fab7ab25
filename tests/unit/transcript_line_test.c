/*
 * Every golden transcript is in the grammar of docs/transcript.md, and its names are names of the
 * ABI. Tests run in the repository's root.
 */
#include "abi_aerogpu.h"
#include "abi_virtio_gpu.h"
#include "base/buf.h"
#include "base/file.h"
#include "device/aerogpu/executor.h"
#include "replay/transcript_line.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

TestSuite(transcript_line, .timeout = 120);

static void append_word(struct sl_buf *out, const struct sl_transcript_word *word)
{
    sl_buf_append(out, word->at, word->size);
}

static void print_response(struct sl_buf *out, const struct sl_transcript_line *line)
{
    if (line->reason.size) {
        sl_buf_text(out, " dropped: ");
        append_word(out, &line->reason);
        return;
    }
    sl_buf_u8(out, ' ');
    append_word(out, &line->command);
    sl_buf_text(out, " -> ");
    append_word(out, &line->answer);
    if (line->fenced) {
        sl_buf_printf(out, " fence=%" PRIu64 " ctx=%" PRIu32, line->fence, line->context);
    }
}

static void print_irq(struct sl_buf *out, const struct sl_transcript_line *line)
{
    sl_buf_printf(out, "%s=%" PRIu64, line->intx ? "intx" : "vector", line->value);
    if (line->status.size) {
        sl_buf_text(out, line->intx ? " IRQ_STATUS=" : " ");
        append_word(out, &line->status);
    }
}

static void print_error(struct sl_buf *out, const struct sl_transcript_line *line)
{
    sl_buf_printf(out, "code=%" PRIu64 " ", line->value);
    if (line->code.size) {
        append_word(out, &line->code);
        sl_buf_text(out, " class=");
        append_word(out, &line->class_);
        sl_buf_printf(out, " fence=%" PRIu64, line->fence);
        if (line->in_packet) {
            sl_buf_printf(out, " packet=%" PRIu64 " offset=0x%" PRIx64 " ", line->packet,
                          line->address);
            append_word(out, &line->command);
        }
        sl_buf_text(out, ": ");
    }
    append_word(out, &line->reason);
}

static void print_read(struct sl_buf *out, const struct sl_transcript_line *line)
{
    append_word(out, &line->space);
    sl_buf_printf(out, "+0x%" PRIx64 " u%u ", line->address, line->bits);
    if (line->name.size) {
        append_word(out, &line->name);
        sl_buf_u8(out, '=');
    }
    sl_buf_printf(out, "0x%" PRIx64, line->value);
}

static void print_frame(struct sl_buf *out, const struct sl_transcript_line *line)
{
    append_word(out, &line->name);
    if (line->width) {
        sl_buf_printf(out, " %" PRIu64 "x%" PRIu64, line->width, line->height);
    } else {
        sl_buf_text(out, " none");
    }
}

/* The text that a line must have been read from. */
static void print_line(struct sl_buf *out, const struct sl_transcript_line *line)
{
    sl_buf_printf(out, "%" PRIu64 " %s ", line->event, sl_transcript_kind_name(line->kind));
    switch (line->kind) {
    case SL_TRANSCRIPT_READ:
        print_read(out, line);
        break;
    case SL_TRANSCRIPT_RESPONSE:
    case SL_TRANSCRIPT_USED:
        sl_buf_printf(out, "queue=%" PRIu32 " head=%" PRIu32 " len=%" PRIu64, line->queue,
                      line->head, line->length);
        if (line->kind == SL_TRANSCRIPT_RESPONSE) {
            print_response(out, line);
        }
        break;
    case SL_TRANSCRIPT_IRQ:
        print_irq(out, line);
        break;
    case SL_TRANSCRIPT_FENCE:
        sl_buf_printf(out, "value=%" PRIu64 " COMPLETED_FENCE=%" PRIu64, line->value, line->value);
        break;
    case SL_TRANSCRIPT_ERROR:
        print_error(out, line);
        break;
    case SL_TRANSCRIPT_FRAME:
        print_frame(out, line);
        break;
    case SL_TRANSCRIPT_WRITE:
        sl_buf_printf(out, "gpa=0x%" PRIx64 " len=%" PRIu64 " xxh3=", line->address, line->length);
        append_word(out, &line->hash);
        break;
    }
}

static const char *copy_word(char out[64], const struct sl_transcript_word *word)
{
    cr_assert_lt(word->size, 64);
    memcpy(out, word->at, word->size);
    out[word->size] = '\0';
    return out;
}

/* The device configuration of virtio is a struct, the rest of the registers are registers. */
static bool is_register(const struct sl_abi *abi, const char *name)
{
    return sl_abi_find_register_name(abi, name) ||
           (abi == &sl_abi_virtio_gpu &&
            (sl_abi_find_field(SL_LAYOUT_VIRTIO_GPU_CONFIG, name) || strcmp(name, "ISR") == 0));
}

static bool is_command(const struct sl_abi *abi, const char *name)
{
    return strncmp(name, "0x", 2) == 0 || sl_abi_find_opcode_name(abi, name);
}

static bool is_class(const char *name)
{
    for (int i = SL_AGPU_OK + 1; i < SL_AGPU_CLASS_COUNT; i++) {
        if (strcmp(sl_agpu_class_name((enum sl_agpu_class)i), name) == 0) {
            return true;
        }
    }
    return false;
}

/* True if every word of the line that is a name is one of the ABI's. */
static bool names_are_known(const struct sl_abi *abi, const struct sl_transcript_line *line)
{
    char word[64];
    uint64_t value;
    bool known = true;
    if (line->kind == SL_TRANSCRIPT_READ && line->name.size) {
        known = is_register(abi, copy_word(word, &line->name));
    }
    if (line->command.size) {
        known = known && is_command(abi, copy_word(word, &line->command));
    }
    if (line->answer.size) {
        copy_word(word, &line->answer);
        known = known && (strcmp(word, "nothing") == 0 || is_command(abi, word));
    }
    if (line->intx && line->status.size) {
        copy_word(word, &line->status);
        known = known && sl_abi_parse_value(word, SL_ABI_U32, SL_ENUM_AEROGPU_IRQ, &value);
    }
    if (line->code.size) {
        copy_word(word, &line->code);
        known = known && sl_abi_value_of(SL_ENUM_AEROGPU_ERROR_CODE, word, &value) &&
                value == line->value && is_class(copy_word(word, &line->class_));
    }
    return known && (line->code.size == 0 || abi == &sl_abi_aerogpu);
}

static const struct sl_abi *abi_of(const struct sl_transcript_word *device)
{
    char name[64];
    copy_word(name, device);
    return strcmp(name, "aerogpu") == 0 ? &sl_abi_aerogpu : &sl_abi_virtio_gpu;
}

/* Events do not go back, nor do the ranges that one of them wrote. */
static void check_order(const char *path, const struct sl_transcript_line *line,
                        const struct sl_transcript_line *last)
{
    cr_assert_geq(line->event, last->event, "%s: event %" PRIu64, path, line->event);
    if (line->event == last->event && last->kind == SL_TRANSCRIPT_WRITE) {
        cr_assert_eq(line->kind, SL_TRANSCRIPT_WRITE, "%s: event %" PRIu64, path, line->event);
        cr_assert_gt(line->address, last->address + last->length, "%s: event %" PRIu64, path,
                     line->event);
    }
}

static void check_line(const char *path, const struct sl_abi *abi, const char *text, size_t size,
                       struct sl_transcript_line *last)
{
    struct sl_transcript_line line;
    struct sl_buf again = {0};
    cr_assert(sl_transcript_parse_line(text, size, &line), "%s: %.*s", path, (int)size, text);
    print_line(&again, &line);
    cr_assert(again.size == size && memcmp(again.data, text, size) == 0, "%s: %.*s\nagain: %s",
              path, (int)size, text, sl_buf_cstr(&again));
    cr_assert(names_are_known(abi, &line), "%s: %.*s", path, (int)size, text);
    check_order(path, &line, last);
    *last = line;
    sl_buf_finish(&again);
}

static void check_transcript(const char *path)
{
    struct sl_buf file = {0};
    cr_assert_eq(sl_file_read(path, 1 << 24, &file, NULL), SL_OK, "%s", path);
    const char *at = (const char *)file.data;
    const char *end = at + file.size;
    const struct sl_abi *abi = NULL;
    struct sl_transcript_line last = {0};
    cr_assert_gt(file.size, 0);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        cr_assert_not_null(newline, "%s: the last line has no end", path);
        if (abi) {
            check_line(path, abi, at, (size_t)(newline - at), &last);
        } else {
            uint64_t version;
            struct sl_transcript_word device;
            cr_assert(sl_transcript_parse_header(at, (size_t)(newline - at), &version, &device));
            cr_assert_eq(version, SL_TRANSCRIPT_VERSION);
            abi = abi_of(&device);
        }
        at = newline + 1;
    }
    sl_buf_finish(&file);
}

Test(transcript_line, every_golden_transcript_is_in_the_grammar)
{
    static const char *const patterns[] = {"golden/*/transcript.txt",
                                           "tests/frozen/*/*.transcript"};
    glob_t found;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        cr_assert_eq(glob(patterns[i], i ? GLOB_APPEND : 0, NULL, &found), 0);
    }
    cr_assert_gt(found.gl_pathc, 300);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        check_transcript(found.gl_pathv[i]);
    }
    globfree(&found);
}

static bool parses(const char *text)
{
    struct sl_transcript_line line;
    return sl_transcript_parse_line(text, strlen(text), &line);
}

/* Good lines of every kind; each stays good for no change that the next test makes. */
static const char *const lines[] = {
    "0 read bar0+0x0 u32 MAGIC=0x55504741",
    "18446744073709551615 read config+0x10 u8 0xff",
    "3 response queue=0 head=2 len=24 GET_EDID -> OK_EDID fence=7 ctx=0",
    "3 response queue=0 head=2 len=24 0xffffffff -> ERR_UNSPEC",
    "3 response queue=1 head=2 len=0 MOVE_CURSOR -> nothing",
    "3 response queue=1 head=2 len=0 dropped: request shorter than a header",
    "3 used queue=0 head=2 len=24",
    "3 irq intx=0",
    "3 irq intx=1 IRQ_STATUS=FENCE|ERROR",
    "3 irq vector=2",
    "3 irq vector=0 call",
    "3 irq vector=0 MSI-X",
    "3 fence value=9 COMPLETED_FENCE=9",
    "3 error code=1 chain with a loop",
    "3 error code=1 CMD_DECODE class=BAD_STREAM fence=5: stream: magic is 0x00000000",
    "3 error code=2 OOB class=OUT_OF_BOUNDS fence=5 packet=3 offset=0x60 DRAW: no",
    "3 frame a.s1 4x3",
    "3 frame a.2 none",
    "3 write gpa=0x1000 len=4 xxh3=0123456789abcdef0123456789abcdef",
};

static const char *const bad_lines[] = {
    "",
    "3",
    "3 read",
    "3 nothing",
    " 3 irq intx=0",
    "03 irq intx=0",
    "-3 irq intx=0",
    "18446744073709551616 irq intx=0",
    "3  irq intx=0",
    "3 irq intx=0 ",
    "3 irq intx=2",
    "3 irq intx=0 IRQ_STATUS=FENCE",
    "3 irq vector=4294967296",
    "3 irq vector=1 called",
    "3 irq vector=1 IRQ_STATUS=FENCE",
    "3 read bar6+0x0 u32 0x0",
    "3 read bar0+0 u32 0x0",
    "3 read bar0+0x00 u32 0x0",
    "3 read bar0+0xA u32 0x0",
    "3 read bar0+0x0 u24 0x0",
    "3 read bar0+0x0 u8 0x100",
    "3 read bar0+0x0 u32 0x10000000000000000",
    "3 read bar0+0x0 u32 =0x0",
    "3 read bar0+0x0 u32 A B=0x0",
    "3 response queue=0 head=2 len=24",
    "3 response queue=0 head=2 len=24 GET_EDID",
    "3 response queue=0 head=2 len=24 get_edid -> OK_EDID",
    "3 response queue=0 head=2 len=24 GET_EDID -> nothings",
    "3 response queue=0 head=2 len=24 GET_EDID -> OK_EDID fence=1",
    "3 response queue=0 head=2 len=24 GET_EDID -> OK_EDID ctx=1 fence=1",
    "3 response queue=0 head=2 len=24 dropped: ",
    "3 used queue=0 head=2 len=24 text",
    "3 fence value=9 COMPLETED_FENCE=8",
    "3 fence value=9",
    "3 error code=1",
    "3 error code=1 ",
    "3 error code=1 OOB class= fence=1: x",
    "3 error code=1 OOB class=X fence=1 x",
    "3 error code=1 OOB class=X fence=1 packet=1 DRAW: x",
    "3 frame .a none",
    "3 frame a/b none",
    "3 frame a 0x3",
    "3 frame a 4x",
    "3 write gpa=0x0 len=0 xxh3=0123456789abcdef0123456789abcdef",
    "3 write gpa=0x0 len=1 xxh3=0123456789abcdef0123456789abcde",
    "3 write gpa=0x0 len=1 xxh3=0123456789abcdef0123456789abcdeg",
    "3 error code=1 a\tb",
};

Test(transcript_line, what_is_no_line)
{
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        cr_assert(parses(lines[i]), "%s", lines[i]);
    }
    for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++) {
        cr_assert_not(parses(bad_lines[i]), "%s", bad_lines[i]);
    }
}

/* No prefix makes the parser read past its end, which the sanitizers would see in the copy. */
Test(transcript_line, cut_lines)
{
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        for (size_t size = 0; size < strlen(lines[i]); size++) {
            char *copy = malloc(size ? size : 1);
            struct sl_transcript_line line;
            struct sl_buf again = {0};
            memcpy(copy, lines[i], size);
            bool good = sl_transcript_parse_line(copy, size, &line);
            if (good) {
                print_line(&again, &line);
                cr_assert(again.size == size && memcmp(again.data, copy, size) == 0, "%s at %zu",
                          lines[i], size);
            }
            sl_buf_finish(&again);
            free(copy);
        }
    }
}

Test(transcript_line, headers)
{
    static const char *const bad[] = {"",
                                      "scanlock-transcript 1",
                                      "scanlock-transcript x device=a",
                                      "scanlock-transcript 1 device=",
                                      "scanlock-transcript 1 device=a b",
                                      "scanlock-transcript  1 device=a"};
    static const char good[] = "scanlock-transcript 12 device=virtio-gpu";
    uint64_t version;
    struct sl_transcript_word device;
    cr_assert(sl_transcript_parse_header(good, strlen(good), &version, &device));
    cr_assert(version == 12 && device.size == 10);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_not(sl_transcript_parse_header(bad[i], strlen(bad[i]), &version, &device), "%s",
                      bad[i]);
    }
}
