/*
 * docs/trace-format.md is right: its example is a trace, and a reader written from it alone
 * (tests/slt_reader.py) lists the same events as the library. Tests run in the repository's root.
 */
#include "base/file.h"
#include "base/hash.h"
#include "slt_fixture.h"
#include "slt_listing.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

TestSuite(slt_format, .timeout = 120);

/* The bytes of the hexadecimal dump that starts after the marker: "0000  53 2a ..." lines. */
static void read_dump(const char *text, const char *marker, struct sl_buf *out)
{
    const char *line = strstr(text, marker);
    cr_assert_not_null(line, "no '%s'", marker);
    line = strstr(line, "\n0000  ");
    cr_assert_not_null(line);
    for (line++; *line != '`'; line = strchr(line, '\n') + 1) {
        for (const char *p = line + 4; *p != '\n'; p += 3) {
            unsigned byte;
            p += *p == ' ' && p[1] == ' ';
            if (sscanf(p, " %2x", &byte) == 1) {
                sl_buf_u8(out, (uint8_t)byte);
            }
        }
    }
}

static const uint8_t example_bytes[] = {0xAB, 0xCD};
static const struct sl_event example[] = {
    {.type = SL_EVENT_MEM, .u.mem = {0x1FFF, example_bytes, 2}},
    {.type = SL_EVENT_MMIO, .u.mmio = {SL_SPACE_BAR0, 4, false, true, 0x10, 1}},
    {.type = SL_EVENT_FRAME, .u.text = {"done", 4, NULL, 0}},
};

Test(slt_format, the_example_in_the_documentation)
{
    struct sl_buf doc = {0};
    struct sl_buf file = {0};
    struct sl_buf content = {0};
    cr_assert_eq(sl_file_read("docs/trace-format.md", 1 << 20, &doc, NULL), SL_OK);
    const char *text = sl_buf_cstr(&doc);
    read_dump(text, "\n## Example\n", &file);
    read_dump(text, "The content of the chunk", &content);
    cr_assert_eq(file.size, 0x147);

    struct slt_events list = {0};
    for (size_t i = 0; i < 3; i++) {
        slt_events_add(&list, &example[i]);
    }
    enum sl_status status;
    bool complete;
    struct sl_error err;
    cr_assert_eq(slt_read_prefix(file.data, file.size, &list, &status, &complete, &err), 3, "%s",
                 err.message);
    cr_assert(complete);
    struct sl_trace *trace;
    cr_assert_eq(slt_open_bytes(file.data, file.size, &trace, NULL), SL_OK);
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    cr_assert_str_eq(meta->device, "aerogpu");
    cr_assert_eq(meta->abi_version, 0x00010004);
    cr_assert(meta->ram_count == 1 && meta->ram[0].gpa == 0 && meta->ram[0].size == 0x10000);
    sl_trace_close(trace);

    /* What the text says about offsets, and the content that it shows. */
    uint8_t expanded[64];
    cr_assert_eq(ZSTD_decompress(expanded, sizeof(expanded), file.data + 0x84, 59), content.size);
    cr_assert_eq(memcmp(expanded, content.data, content.size), 0);
    cr_assert_eq(memcmp(file.data + 0x4C + 8, "SLTC", 4), 0);
    cr_assert_eq(memcmp(file.data + 0xBF + 8, "SLTI", 4), 0);
    cr_assert_eq(memcmp(file.data + 0x127 + 8, "SLTE", 4), 0);
    sl_buf_finish(&doc);
    sl_buf_finish(&file);
    sl_buf_finish(&content);
    slt_events_finish(&list);
}

static void run_other_reader(struct sl_buf *out, const char *path)
{
    struct sl_buf command = {0};
    sl_buf_printf(&command, "python3 tests/slt_reader.py %s", path);
    FILE *pipe = popen(sl_buf_cstr(&command), "r");
    cr_assert_not_null(pipe);
    char block[4096];
    for (size_t n; (n = fread(block, 1, sizeof(block), pipe)) > 0;) {
        sl_buf_append(out, block, n);
    }
    cr_assert_eq(pclose(pipe), 0);
    sl_buf_finish(&command);
}

static void compare_readers(const struct sl_buf *file, const char *what, uint64_t number)
{
    char path[] = "/tmp/slt_format.XXXXXX";
    close(mkstemp(path));
    cr_assert_eq(sl_file_write(path, file->data, file->size, NULL), SL_OK);
    struct sl_buf ours = {0};
    struct sl_buf other = {0};
    slt_list_file(&ours, path);
    run_other_reader(&other, path);
    unlink(path);
    cr_assert_str_eq(sl_buf_cstr(&ours), sl_buf_cstr(&other), "%s, case %" PRIu64, what, number);
    sl_buf_finish(&ours);
    sl_buf_finish(&other);
}

static bool tools_are_missing(void)
{
    return system("command -v zstd >/dev/null && python3 -c 'import sys' >/dev/null 2>&1") != 0;
}

Test(slt_format, another_reader_agrees)
{
    if (tools_are_missing()) {
        cr_skip("python3 or zstd is not installed");
    }
    for (uint64_t number = 100; number < 103; number++) {
        struct slt_events list = {0};
        struct sl_buf file = {0};
        slt_events_every_type(&list);
        slt_events_random(&list, number, 100);
        slt_write(&list, &slt_full_meta, true, &file);
        compare_readers(&file, "whole", number);
        file.size = file.size / 4 * 3;
        compare_readers(&file, "cut off", number);
        sl_buf_finish(&file);
        slt_events_finish(&list);
    }
}

/* `zstd -dc` takes the file as it is, also with none but skippable frames. */
Test(slt_format, the_zstd_tool_takes_a_trace)
{
    if (tools_are_missing()) {
        cr_skip("python3 or zstd is not installed");
    }
    for (size_t count = 0; count < 200; count += 100) {
        struct slt_events list = {0};
        struct sl_buf file = {0};
        char path[] = "/tmp/slt_format.XXXXXX";
        slt_events_random(&list, 7, count);
        slt_write(&list, &slt_full_meta, true, &file);
        close(mkstemp(path));
        cr_assert_eq(sl_file_write(path, file.data, file.size, NULL), SL_OK);
        char command[256];
        snprintf(command, sizeof(command), "zstd -dcq %s >/dev/null", path);
        cr_assert_eq(system(command), 0);
        unlink(path);
        sl_buf_finish(&file);
        slt_events_finish(&list);
    }
}
