/* Values and packets as text, and back. */
#include "abi/abi.h"
#include "abi_aerogpu.h"
#include "abi_virtio_gpu.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <string.h>

TestSuite(abi_print);

struct value_case {
    const char *text;
    uint64_t value;
};

static void check_values(enum sl_abi_type type, const struct sl_abi_enum *names,
                         const struct value_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sl_buf out = {0};
        sl_abi_print_value(&out, type, names, cases[i].value);
        cr_assert_str_eq(sl_buf_cstr(&out), cases[i].text);
        uint64_t back = ~cases[i].value;
        cr_assert(sl_abi_parse_value(cases[i].text, type, names, &back), "%s", cases[i].text);
        cr_assert(back == cases[i].value, "%s", cases[i].text);
        sl_buf_finish(&out);
    }
}

#define CHECK(type, names, ...)                                                                    \
    do {                                                                                           \
        static const struct value_case cases[] = {__VA_ARGS__};                                    \
        check_values(type, names, cases, sizeof(cases) / sizeof(cases[0]));                        \
    } while (0)

Test(abi_print, integers)
{
    CHECK(SL_ABI_U32, NULL, {"0", 0}, {"1048575", 0xFFFFF}, {"0x100000", 0x100000},
          {"0xffffffff", UINT32_MAX});
    CHECK(SL_ABI_U64, NULL, {"0xffffffffffffffff", UINT64_MAX});
    CHECK(SL_ABI_I32, NULL, {"-1", 0xFFFFFFFF}, {"-2147483648", 0x80000000},
          {"2147483647", 0x7FFFFFFF}, {"0", 0});
}

Test(abi_print, floats)
{
    CHECK(SL_ABI_F32, NULL, {"0", 0}, {"-0", 0x80000000}, {"1", 0x3F800000}, {"0.1", 0x3DCCCCCD},
          {"-2.5", 0xC0200000}, {"inf", 0x7F800000}, {"-inf", 0xFF800000},
          {"0x7fc00001", 0x7FC00001}, {"1e-45", 1}, {"3.4028235e+38", 0x7F7FFFFF},
          {"0.33333334", 0x3EAAAAAB}, {"16777216", 0x4B800000});
}

Test(abi_print, floats_in_a_foreign_locale)
{
    if (!setlocale(LC_ALL, "fr_FR.UTF-8") && !setlocale(LC_ALL, "de_DE.UTF-8")) {
        cr_log_info("no locale with a decimal comma is installed");
    }
    CHECK(SL_ABI_F32, NULL, {"0.1", 0x3DCCCCCD}, {"-2.5", 0xC0200000});
}

Test(abi_print, names)
{
    CHECK(SL_ABI_U32, SL_ENUM_AEROGPU_FORMAT, {"B8G8R8A8_UNORM", 1}, {"BC7_RGBA_UNORM_SRGB", 71},
          {"11", 11}, {"INVALID", 0});
    CHECK(SL_ABI_U32, SL_ENUM_AEROGPU_CLEAR_FLAGS, {"COLOR|STENCIL", 5}, {"0", 0}, {"0x8", 8},
          {"DEPTH|0x80", 0x82});
    CHECK(SL_ABI_U32, SL_ENUM_AEROGPU_SUBMIT_FLAGS, {"NONE", 0}, {"PRESENT|NO_IRQ", 3});
    CHECK(SL_ABI_U32, SL_ENUM_AEROGPU_IRQ, {"FENCE|ERROR", 0x80000001});
    CHECK(SL_ABI_U32, SL_ENUM_VIRTIO_GPU_CTRL_TYPE, {"CMD_GET_EDID", 0x10A},
          {"RESP_ERR_UNSPEC", 0x1200});
    CHECK(SL_ABI_U64, SL_ENUM_VIRTIO_GPU_FEATURE,
          {"GPU_F_EDID|F_VERSION_1", UINT64_C(0x100000002)});
}

Test(abi_print, full_names_are_read)
{
    uint64_t value;
    cr_assert(sl_abi_parse_value("AEROGPU_CLEAR_COLOR|DEPTH", SL_ABI_U32,
                                 SL_ENUM_AEROGPU_CLEAR_FLAGS, &value));
    cr_assert(value == 3);
    cr_assert(sl_abi_parse_value("0x7", SL_ABI_U32, SL_ENUM_AEROGPU_CLEAR_FLAGS, &value));
    cr_assert(value == 7);
}

Test(abi_print, what_is_no_value_is_refused)
{
    static const struct {
        const char *text;
        enum sl_abi_type type;
    } bad[] = {
        {"", SL_ABI_U32},
        {" 1", SL_ABI_U32},
        {"+1", SL_ABI_U32},
        {"-1", SL_ABI_U32},
        {"4294967296", SL_ABI_U32},
        {"256", SL_ABI_U8},
        {"0x", SL_ABI_U32},
        {"1x", SL_ABI_U32},
        {"65536", SL_ABI_U16},
        {"2147483648", SL_ABI_I32},
        {"-2147483649", SL_ABI_I32},
        {"--1", SL_ABI_I32},
        {"", SL_ABI_F32},
        {"1,5", SL_ABI_F32},
        {"1.5f", SL_ABI_F32},
        {"nan", SL_ABI_F32},
        {"1e39", SL_ABI_F32},
        {"0x100000000", SL_ABI_F32},
        {"-", SL_ABI_F32},
        {"18446744073709551616", SL_ABI_U64},
        {"1", SL_ABI_STRUCT},
    };
    uint64_t value;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_not(sl_abi_parse_value(bad[i].text, bad[i].type, NULL, &value), "\"%s\"",
                      bad[i].text);
    }
    static const char *const bad_names[] = {"", "COLOUR", "COLOR|", "|COLOR", "COLOR DEPTH"};
    for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
        cr_assert_not(
            sl_abi_parse_value(bad_names[i], SL_ABI_U32, SL_ENUM_AEROGPU_CLEAR_FLAGS, &value),
            "\"%s\"", bad_names[i]);
    }
    cr_assert_not(
        sl_abi_parse_value("B8G8R8A8_UNORM|INVALID", SL_ABI_U32, SL_ENUM_AEROGPU_FORMAT, &value),
        "an enum is not a set");
}

static void check_struct(const struct sl_abi_struct *layout, const uint8_t *wire, size_t size,
                         const char *expected)
{
    struct sl_buf out = {0};
    sl_abi_print_struct(&out, layout, wire, size);
    cr_assert_str_eq(sl_buf_cstr(&out), expected);
    sl_buf_finish(&out);
}

Test(abi_print, a_packet)
{
    uint8_t clear[36] = {0x00, 0x06, 0, 0, 36, 0, 0, 0, 3, 0, 0, 0};
    clear[14] = 0x80; /* 1.0 */
    clear[15] = 0x3F;
    clear[26] = 0x80;
    clear[27] = 0x3F;
    clear[31] = 0x3F; /* 0.5 */
    check_struct(SL_LAYOUT_AEROGPU_CMD_CLEAR, clear, sizeof(clear),
                 "flags=COLOR|DEPTH color_rgba_f32=[1 0 0 1] depth_f32=0.5 stencil=0");
    check_struct(SL_LAYOUT_AEROGPU_CMD_CLEAR, clear, 31,
                 "flags=COLOR|DEPTH color_rgba_f32=[1 0 0 1]");
}

Test(abi_print, reserved_fields_show_when_they_are_used)
{
    uint8_t wire[24] = {0x03, 0x06, 0, 0, 24, 0, 0, 0, 1};
    check_struct(SL_LAYOUT_AEROGPU_CMD_DISPATCH, wire, 24,
                 "group_count_x=1 group_count_y=0 group_count_z=0");
    wire[20] = 3;
    check_struct(SL_LAYOUT_AEROGPU_CMD_DISPATCH, wire, 24,
                 "group_count_x=1 group_count_y=0 group_count_z=0 reserved0=HULL");
}

Test(abi_print, a_nested_struct_that_is_cut_off)
{
    uint8_t wire[28] = {0x00, 0x03, 0, 0, 28, 0, 0, 0, 1, 0, 0, 0, 2};
    check_struct(SL_LAYOUT_AEROGPU_CMD_SET_BLEND_STATE, wire, 28,
                 "state={enable=1 src_factor=SRC_ALPHA dst_factor=ZERO blend_op=ADD "
                 "color_write_mask=0}");
}

Test(abi_print, trailing_parts)
{
    uint8_t upload[56] = {0x04, 0x01, 0, 0, 56, 0, 0, 0, 7};
    upload[24] = 22;
    for (uint8_t i = 0; i < 22; i++) {
        upload[32 + i] = (uint8_t)(0xA0 + i);
    }
    check_struct(SL_LAYOUT_AEROGPU_CMD_UPLOAD_RESOURCE, upload, 56,
                 "resource_handle=7 offset_bytes=0 size_bytes=22 "
                 "data[22]=a0a1a2a3a4a5a6a7a8a9aaabacadaeaf..");
    check_struct(SL_LAYOUT_AEROGPU_CMD_UPLOAD_RESOURCE, upload, 34,
                 "resource_handle=7 offset_bytes=0 size_bytes=22 data[22]=a0a1..");
    uint8_t marker[16] = {1, 0, 0, 0, 16, 0, 0, 0, 'a', '"', 0xC3, '\n', 'z', 0, 0, 0};
    check_struct(SL_LAYOUT_AEROGPU_CMD_DEBUG_MARKER, marker, 16, "text=\"a\\x22\\xc3\\x0az\"");
    uint8_t buffers[48] = {0x00, 0x05, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 2};
    buffers[16] = 9;
    buffers[20] = 12;
    buffers[32] = 10;
    check_struct(SL_LAYOUT_AEROGPU_CMD_SET_VERTEX_BUFFERS, buffers, 48,
                 "start_slot=0 buffer_count=2 "
                 "bindings[2]={buffer=9 stride_bytes=12 offset_bytes=0} "
                 "{buffer=10 stride_bytes=0 offset_bytes=0}");
    uint8_t header[24] = {0x01, 0x11, 0, 0, 1, 0, 0, 0, 5};
    check_struct(SL_LAYOUT_VIRTIO_GPU_CTRL_HDR, header, 24,
                 "type=RESP_OK_DISPLAY_INFO flags=FENCE fence_id=5 ctx_id=0 ring_idx=0");
}

Test(abi_print, long_text_is_cut)
{
    uint8_t marker[8 + 260] = {1, 0, 0, 0, 12, 1};
    char expected[6 + 256 + 4] = "text=\"";
    memset(marker + 8, 'x', 260);
    memset(expected + 6, 'x', 256);
    memcpy(expected + 6 + 256, "\"..", 4);
    check_struct(SL_LAYOUT_AEROGPU_CMD_DEBUG_MARKER, marker, sizeof(marker), expected);
}

Test(abi_print, every_allocation_may_fail)
{
    uint8_t wire[60] = {0x00, 0x03, 0, 0, 60};
    for (unsigned n = 1;; n++) {
        struct sl_buf out = {0};
        fail_alloc_arm(n);
        for (int i = 0; i < 20; i++) {
            sl_abi_print_struct(&out, SL_LAYOUT_AEROGPU_CMD_SET_BLEND_STATE, wire, 60);
        }
        bool happened = fail_alloc_disarm();
        cr_assert_eq(out.failed, happened);
        sl_buf_finish(&out);
        if (!happened) {
            break;
        }
    }
}
