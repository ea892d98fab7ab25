/* Vertex formats against a decoder of their own, and what layouts parse into. */
#include "base/bytes.h"
#include "device/aerogpu/vertex_layout.h"
#include "render/convert.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(draw_vertex_format);

/* From the tables of the format pages: number, bytes, then components: type letter and bits. */
struct row {
    uint32_t number;
    unsigned size;
    const char *form; /* f float, h half, n unorm, s snorm, u uint, i sint, U and S scaled */
    unsigned bits[4];
    const char *order; /* what x, y, z, w take: digit = stored component, 1 = one, 0 = zero */
};

static const struct row dxgi_rows[] = {
    {2, 16, "f", {32, 32, 32, 32}, "abcd"},
    {3, 16, "u", {32, 32, 32, 32}, "abcd"},
    {4, 16, "i", {32, 32, 32, 32}, "abcd"},
    {6, 12, "f", {32, 32, 32}, "abc1"},
    {7, 12, "u", {32, 32, 32}, "abc1"},
    {8, 12, "i", {32, 32, 32}, "abc1"},
    {10, 8, "h", {16, 16, 16, 16}, "abcd"},
    {11, 8, "n", {16, 16, 16, 16}, "abcd"},
    {12, 8, "u", {16, 16, 16, 16}, "abcd"},
    {13, 8, "s", {16, 16, 16, 16}, "abcd"},
    {14, 8, "i", {16, 16, 16, 16}, "abcd"},
    {16, 8, "f", {32, 32}, "ab01"},
    {17, 8, "u", {32, 32}, "ab01"},
    {18, 8, "i", {32, 32}, "ab01"},
    {24, 4, "n", {10, 10, 10, 2}, "abcd"},
    {25, 4, "u", {10, 10, 10, 2}, "abcd"},
    {28, 4, "n", {8, 8, 8, 8}, "abcd"},
    {29, 4, "n", {8, 8, 8, 8}, "abcd"},
    {30, 4, "u", {8, 8, 8, 8}, "abcd"},
    {31, 4, "s", {8, 8, 8, 8}, "abcd"},
    {32, 4, "i", {8, 8, 8, 8}, "abcd"},
    {34, 4, "h", {16, 16}, "ab01"},
    {35, 4, "n", {16, 16}, "ab01"},
    {36, 4, "u", {16, 16}, "ab01"},
    {37, 4, "s", {16, 16}, "ab01"},
    {38, 4, "i", {16, 16}, "ab01"},
    {41, 4, "f", {32}, "a001"},
    {42, 4, "u", {32}, "a001"},
    {43, 4, "i", {32}, "a001"},
    {49, 2, "n", {8, 8}, "ab01"},
    {50, 2, "u", {8, 8}, "ab01"},
    {51, 2, "s", {8, 8}, "ab01"},
    {52, 2, "i", {8, 8}, "ab01"},
    {54, 2, "h", {16}, "a001"},
    {56, 2, "n", {16}, "a001"},
    {57, 2, "u", {16}, "a001"},
    {58, 2, "s", {16}, "a001"},
    {59, 2, "i", {16}, "a001"},
    {61, 1, "n", {8}, "a001"},
    {62, 1, "u", {8}, "a001"},
    {63, 1, "s", {8}, "a001"},
    {64, 1, "i", {8}, "a001"},
    {87, 4, "n", {8, 8, 8, 8}, "cbad"},
    {91, 4, "n", {8, 8, 8, 8}, "cbad"},
    {88, 4, "n", {8, 8, 8, 8}, "cba1"},
    {93, 4, "n", {8, 8, 8, 8}, "cba1"},
};

static const struct row d3d9_rows[] = {
    {0, 4, "f", {32}, "a001"},
    {1, 8, "f", {32, 32}, "ab01"},
    {2, 12, "f", {32, 32, 32}, "abc1"},
    {3, 16, "f", {32, 32, 32, 32}, "abcd"},
    {4, 4, "n", {8, 8, 8, 8}, "cbad"},
    {5, 4, "U", {8, 8, 8, 8}, "abcd"},
    {6, 4, "S", {16, 16}, "ab01"},
    {7, 8, "S", {16, 16, 16, 16}, "abcd"},
    {8, 4, "n", {8, 8, 8, 8}, "abcd"},
    {9, 4, "s", {16, 16}, "ab01"},
    {10, 8, "s", {16, 16, 16, 16}, "abcd"},
    {11, 4, "n", {16, 16}, "ab01"},
    {12, 8, "n", {16, 16, 16, 16}, "abcd"},
    {13, 4, "U", {10, 10, 10}, "abc1"},
    {14, 4, "s", {10, 10, 10}, "abc1"},
    {15, 4, "h", {16, 16}, "ab01"},
    {16, 8, "h", {16, 16, 16, 16}, "abcd"},
};

static uint64_t bits_at(const uint8_t *bytes, unsigned at, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++) {
        value |= (uint64_t)(bytes[(at + i) / 8] >> (at + i) % 8 & 1) << i;
    }
    return value;
}

static uint32_t float_bits(double value)
{
    return sl_f32_to_bits((float)value);
}

/* Halves by their parts; a denormal is a multiple of 2^-24. */
static uint32_t half_bits(uint32_t half)
{
    uint32_t exponent = half >> 10 & 31;
    uint32_t mantissa = half & 1023;
    uint32_t sign = half >> 15 << 31;
    if (exponent == 31) {
        return mantissa ? 0x7FC00000 : sign | 0x7F800000;
    }
    if (exponent != 0) {
        return sign | (exponent + 112) << 23 | mantissa << 13;
    }
    return sign | float_bits(mantissa / 16777216.0);
}

static uint32_t expected_component(const struct row *row, const uint8_t *bytes, unsigned index)
{
    unsigned at = 0;
    for (unsigned i = 0; i < index; i++) {
        at += row->bits[i];
    }
    unsigned bits = row->bits[index];
    int64_t value = (int64_t)bits_at(bytes, at, bits);
    int64_t top = INT64_C(1) << (bits - 1);
    int64_t as_signed = value >= top ? value - 2 * top : value;
    double snorm = (double)as_signed / (double)(top - 1);
    switch (row->form[0]) {
    case 'n':
        return float_bits((double)value / (double)(2 * top - 1));
    case 's':
        return float_bits(snorm < -1.0 ? -1.0 : snorm);
    case 'h':
        return half_bits((uint32_t)value);
    case 'i':
        return (uint32_t)as_signed;
    case 'U':
        return float_bits((double)value);
    case 'S':
        return float_bits((double)as_signed);
    default: /* f, u: bits move */
        return (uint32_t)value;
    }
}

static void check(const struct row *row, const struct sl_agpu_vertex_format *format,
                  const uint8_t *bytes)
{
    uint32_t got[4];
    sl_agpu_vertex_decode(format, bytes, got);
    bool is_integer = row->form[0] == 'u' || row->form[0] == 'i';
    for (unsigned i = 0; i < 4; i++) {
        char from = row->order[i];
        uint32_t want = from == '0'   ? 0
                        : from == '1' ? (is_integer ? 1 : 0x3F800000)
                                      : expected_component(row, bytes, (unsigned)(from - 'a'));
        cr_assert_eq(got[i], want, "format %u component %u: 0x%08x, not 0x%08x", row->number, i,
                     got[i], want);
    }
}

/* Every value of the first component with others in step, and so of all of them. */
static void sweep(const struct row *row, const struct sl_agpu_vertex_format *format)
{
    uint8_t bytes[16];
    uint32_t steps = row->bits[0] >= 16 ? 65536 : 1u << row->bits[0];
    cr_assert_eq(format->size_bytes, row->size, "format %u", row->number);
    for (uint32_t i = 0; i < steps; i++) {
        for (unsigned k = 0; k < 16; k += 2) {
            sl_put_le16(bytes + k, (uint16_t)(i * (k + 1) + (k << 11)));
        }
        sl_put_le16(bytes, (uint16_t)i);
        check(row, format, bytes);
    }
}

Test(draw_vertex_format, dxgi)
{
    for (size_t i = 0; i < sizeof(dxgi_rows) / sizeof(dxgi_rows[0]); i++) {
        const struct sl_agpu_vertex_format *format =
            sl_agpu_vertex_format_dxgi(dxgi_rows[i].number);
        cr_assert_not_null(format, "format %u", dxgi_rows[i].number);
        sweep(&dxgi_rows[i], format);
    }
}

Test(draw_vertex_format, d3d9)
{
    for (size_t i = 0; i < sizeof(d3d9_rows) / sizeof(d3d9_rows[0]); i++) {
        sweep(&d3d9_rows[i], sl_agpu_vertex_format_d3d9(d3d9_rows[i].number));
    }
}

Test(draw_vertex_format, no_others)
{
    size_t count = 0;
    for (uint32_t i = 0; i < 300; i++) {
        count += sl_agpu_vertex_format_dxgi(i) != NULL;
    }
    cr_assert_eq(count, sizeof(dxgi_rows) / sizeof(dxgi_rows[0]));
    cr_assert_null(sl_agpu_vertex_format_dxgi(UINT32_MAX));
    cr_assert_null(sl_agpu_vertex_format_d3d9(17));
    cr_assert_null(sl_agpu_vertex_format_d3d9(18));
}

/* What lies outside its buffer: stored components are 0, the others as ever. */
Test(draw_vertex_format, unreadable)
{
    uint32_t got[4];
    static const uint32_t xyz_float[4] = {0, 0, 0, 0x3F800000};
    static const uint32_t all_float[4] = {0, 0, 0, 0};
    static const uint32_t two_ints[4] = {0, 0, 0, 1};
    sl_agpu_vertex_decode(sl_agpu_vertex_format_dxgi(6), NULL, got);
    cr_assert_arr_eq(got, xyz_float, sizeof(got));
    sl_agpu_vertex_decode(sl_agpu_vertex_format_dxgi(28), NULL, got);
    cr_assert_arr_eq(got, all_float, sizeof(got));
    sl_agpu_vertex_decode(sl_agpu_vertex_format_dxgi(17), NULL, got);
    cr_assert_arr_eq(got, two_ints, sizeof(got));
    sl_agpu_vertex_decode(sl_agpu_vertex_format_dxgi(88), NULL, got);
    cr_assert_arr_eq(got, xyz_float, sizeof(got));
}

/* ---- layouts ---- */

enum { APPEND = -1 };

static size_t put_ilay(uint8_t *out, const uint32_t (*elements)[7], uint32_t count)
{
    sl_put_le32(out, 0x59414C49);
    sl_put_le32(out + 4, 1);
    sl_put_le32(out + 8, count);
    sl_put_le32(out + 12, 0);
    for (size_t i = 0; i < count * (size_t)7; i++) {
        sl_put_le32(out + 16 + 4 * i, elements[i / 7][i % 7]);
    }
    return 16 + 28 * (size_t)count;
}

Test(draw_vertex_format, appended_elements)
{
    /* name hash, index, format, slot, offset, class, rate */
    static const uint32_t elements[][7] = {
        {0x7808E88A, 0, 6, 0, (uint32_t)APPEND, 0, 0},
        {1, 0, 61, 0, (uint32_t)APPEND, 0, 0},
        {2, 0, 16, 1, (uint32_t)APPEND, 1, 3},
        {3, 0, 41, 0, (uint32_t)APPEND, 0, 0},
        {0x0BC45413, 5, 2, 0, 100, 0, 0},
        {4, 0, 57, 0, (uint32_t)APPEND, 0, 0},
        {5, 0, 57, 0, (uint32_t)APPEND, 0, 0},
        {6, 0, 41, 1, (uint32_t)APPEND, 0, 0},
        {7, 0, 2, 2, 0xFFFFFFF0, 0, 0},
        {8, 0, 41, 2, (uint32_t)APPEND, 0, 0},
    };
    static const uint64_t offsets[] = {0,   12,  0, 16,         100,
                                       116, 120, 8, 0xFFFFFFF0, UINT64_C(0x100000000)};
    uint8_t blob[16 + 28 * 10];
    const char *why;
    struct sl_agpu_layout layout;
    size_t size = put_ilay(blob, elements, 10);
    cr_assert(sl_agpu_layout_parse(blob, size, &layout, &why));
    cr_assert_eq(layout.element_count, 10);
    cr_assert_eq(layout.slot_mask, 7);
    for (size_t i = 0; i < 10; i++) {
        cr_assert_eq(layout.elements[i].offset_bytes, offsets[i], "element %zu", i);
    }
    cr_assert_eq(layout.elements[0].usage, 0);
    cr_assert_eq(layout.elements[4].usage, 5);
    cr_assert_eq(layout.elements[4].semantic_index, 5);
    cr_assert_eq(layout.elements[1].usage, SL_AGPU_USAGE_NONE);
    cr_assert(layout.elements[2].per_instance);
    cr_assert_eq(layout.elements[2].step_rate, 3);
    cr_assert_not(sl_agpu_layout_parse(blob, size - 1, &layout, &why));
}

static uint32_t fnv1a(const char *name)
{
    uint32_t hash = 0x811C9DC5;
    for (; *name; name++) {
        hash = (hash ^ (uint8_t)*name) * 0x01000193u;
    }
    return hash;
}

Test(draw_vertex_format, names_of_usages)
{
    static const char *const names[] = {
        "POSITION", "BLENDWEIGHT", "BLENDINDICES", "NORMAL", "PSIZE", "TEXCOORD", "TANGENT",
        "BINORMAL", "TESSFACTOR",  "POSITIONT",    "COLOR",  "FOG",   "DEPTH",    "SAMPLE",
    };
    for (uint8_t i = 0; i < 14; i++) {
        uint8_t blob[16] = {3, 0, 8, 0, 2, 0, i, 7, 0xFF, 0, 0, 0, 17, 0, 0, 0};
        const char *why;
        struct sl_agpu_layout layout;
        cr_assert(sl_agpu_layout_parse(blob, sizeof(blob), &layout, &why));
        cr_assert_eq(layout.element_count, 1);
        cr_assert_eq(layout.slot_mask, 8);
        cr_assert_eq(layout.elements[0].usage, i);
        cr_assert_eq(layout.elements[0].semantic_hash, fnv1a(names[i]), "%s", names[i]);
        cr_assert_eq(layout.elements[0].semantic_index, 7);
        cr_assert_eq(layout.elements[0].offset_bytes, 8);
    }
}
