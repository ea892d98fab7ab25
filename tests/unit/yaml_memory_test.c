/* Sources of bytes in YAML, against bytes computed by hand. */
#include "yaml_fixture.h"

#include <criterion/criterion.h>

static void assert_bytes(const char *device, const char *memory, const char *expected)
{
    struct sl_buf events = {0};
    struct sl_buf hex = {0};
    sl_buf_printf(&events, "- memory: {at: 0x1000, %s}\n", memory);
    struct sl_trace *trace = yaml_open(device, sl_buf_cstr(&events));
    cr_assert_str_eq(yaml_memory(trace, 0, &hex), expected, "%s: %s", memory,
                     yaml_memory(trace, 0, &hex));
    sl_trace_close(trace);
    sl_buf_finish(&hex);
    sl_buf_finish(&events);
}

Test(yaml_memory, plain_sources)
{
    static const struct {
        const char *memory, *expected;
    } cases[] = {
        {"hex: '00 1f aB'", "001fab"},
        {"hex: '01', size: 4", "01000000"},
        {"words: [1, 0x12345678]", "0100000078563412"},
        {"words: [1, -2], unit: 2", "0100feff"},
        {"words: [258], unit: 8", "0201000000000000"},
        {"floats: [1, -0.5, 0x7fc00000]", "0000803f000000bf0000c07f"},
        {"text: 'a€'", "61e282ac"},
        {"fill: 0xAB, size: 3", "ababab"},
        {"fill: 0x1234, unit: 2, size: 5", "3412341234"},
        {"ramp: 254, size: 4", "feff0001"},
        /* SplitMix64 of seed 0 gives 0xE220A8397B1DCDAF, then 0x6E789E6AA1B965F4. */
        {"random: 0, size: 10", "afcd1d7b39a820e2f465"},
        {"parts: [{hex: '01'}, {fill: 2, size: 2}, {ramp: 3, size: 1}]", "01020203"},
        {"parts: [{hex: '01'}], size: 2", "0100"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_bytes("virtio-gpu", cases[i].memory, cases[i].expected);
    }
}

Test(yaml_memory, colours_in_each_virtio_format)
{
    static const struct {
        const char *format, *expected;
    } cases[] = {
        {"B8G8R8A8_UNORM", "33221144"}, {"B8G8R8X8_UNORM", "33221144"},
        {"A8R8G8B8_UNORM", "44112233"}, {"X8R8G8B8_UNORM", "44112233"},
        {"R8G8B8A8_UNORM", "11223344"}, {"X8B8G8R8_UNORM", "44332211"},
        {"A8B8G8R8_UNORM", "44332211"}, {"R8G8B8X8_UNORM", "11223344"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_buf memory = {0};
        sl_buf_printf(&memory, "format: %s, width: 1, height: 1, fill: '#11223344'",
                      cases[i].format);
        assert_bytes("virtio-gpu", sl_buf_cstr(&memory), cases[i].expected);
        sl_buf_finish(&memory);
    }
}

Test(yaml_memory, colours_of_sixteen_bits)
{
    /* red 0xFF -> 31, green 0x80 -> 32 of 63 or 16 of 31, blue 0x08 -> 1 */
    assert_bytes("aerogpu", "format: B5G6R5_UNORM, width: 1, height: 1, fill: [255, 128, 8]",
                 "01fc");
    assert_bytes("aerogpu", "format: B5G5R5A1_UNORM, width: 1, height: 1, fill: [255, 128, 8]",
                 "01fe");
    assert_bytes("aerogpu", "format: B5G5R5A1_UNORM, width: 1, height: 1, fill: [255, 128, 8, 127]",
                 "017e");
}

Test(yaml_memory, generated_pictures)
{
    const char *rgba = "format: R8G8B8A8_UNORM";
    static const struct {
        const char *memory, *expected;
    } cases[] = {
        /* x: red 0, 127, 255 and blue 255, 128, 0 */
        {"width: 3, height: 1, gradient: {}", "0000ffff"
                                              "7f007fff"
                                              "ff0000ff"},
        {"width: 1, height: 2, gradient: {}", "0000ffff"
                                              "00ffffff"},
        {"width: 2, height: 1, gradient: {from: black, to: [10, 20, 30, 40]}", "000000ff"
                                                                               "0a141e28"},
        {"width: 1, height: 3, gradient: {along: y}", "000000ff"
                                                      "7f7f7fff"
                                                      "ffffffff"},
        {"width: 2, height: 2, checker: {a: red, b: blue, cell: 1}", "ff0000ff"
                                                                     "0000ffff"
                                                                     "0000ffff"
                                                                     "ff0000ff"},
        {"width: 1, height: 2, pitch: 6, fill: white", "ffffffff"
                                                       "0000"
                                                       "ffffffff"},
        {"width: 1, height: 1, fill: white, size: 6", "ffffffff"
                                                      "0000"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_buf memory = {0};
        sl_buf_printf(&memory, "%s, %s", rgba, cases[i].memory);
        assert_bytes("aerogpu", sl_buf_cstr(&memory), cases[i].expected);
        sl_buf_finish(&memory);
    }
}

Test(yaml_memory, sizes_of_block_formats)
{
    struct sl_buf hex = {0};
    struct sl_trace *trace = yaml_open(
        "aerogpu", "- memory: {at: 0, format: BC1_RGBA_UNORM, width: 5, height: 4, ramp: 0}\n"
                   "- memory: {at: 0, format: BC7_RGBA_UNORM, width: 4, height: 5, random: 1}\n");
    yaml_memory(trace, 0, &hex);
    cr_assert_eq(hex.size, 2 * 16); /* two blocks of 8 bytes */
    yaml_memory(trace, 1, &hex);
    cr_assert_eq(hex.size, 2 * 32);
    sl_trace_close(trace);
    sl_buf_finish(&hex);
}

Test(yaml_memory, files_and_images)
{
    struct sl_buf hex = {0};
    struct sl_trace *trace =
        yaml_open("virtio-gpu",
                  "- memory: {at: 0, file: ../../LICENSE, size: 3}\n"
                  "- memory: {at: 0, file: ../../LICENSE, offset: 1, size: 2}\n"
                  "- memory: {at: 0, format: R8G8B8A8_UNORM, image: ../fuzz/corpus/png/rgba}\n");
    cr_assert_str_eq(yaml_memory(trace, 0, &hex), "4d4954"); /* MIT */
    cr_assert_str_eq(yaml_memory(trace, 1, &hex), "4954");
    yaml_memory(trace, 2, &hex);
    cr_assert(hex.size > 0 && hex.size % 8 == 0);
    sl_trace_close(trace);
    sl_buf_finish(&hex);
}

Test(yaml_memory, names_stand_for_addresses)
{
    struct sl_buf text = {0};
    struct sl_trace *trace =
        yaml_open("virtio-gpu", "- memory: {name: a, size: 5000}\n"
                                "- memory: {name: b, hex: '01'}\n"
                                "- memory: {at: 0x100, name: c, size: 1K}\n"
                                "- memory: {at: b+0x10, hex: '02'}\n"
                                "- memory: {at: c-1, hex: '03'}\n"
                                "- memory: {at: 8, words: [a, b, c.size, c.end, a.size]}\n");
    /* The upper half of the default 64 MiB, pages in a row. */
    cr_assert_str_eq(yaml_listing(trace, &text),
                     "mem 0x2002000 01\n"
                     "mem 0x2002010 02\n"
                     "mem 0xff 03\n"
                     "mem 0x8 0000000200200002000400000005000088130000\n");
    sl_trace_close(trace);
    sl_buf_finish(&text);
}
