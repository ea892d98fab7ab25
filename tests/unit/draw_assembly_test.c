/* Reading indices and putting primitives together. */
#include "base/bytes.h"
#include "device/aerogpu/primitive_assembly.h"

#include <criterion/criterion.h>
#include <scanlock/aerogpu_abi.h>
#include <stdio.h>
#include <string.h>

TestSuite(draw_assembly);

/* "0 1 2|2 1 3" and so on; each primitive in brackets has its id and leading vertex checked. */
static void list(const struct sl_agpu_index_source *source, uint32_t topology, bool drops,
                 char *text, size_t size)
{
    struct sl_agpu_assembly assembly;
    struct sl_agpu_primitive primitive;
    uint32_t id = 0;
    text[0] = '\0';
    sl_agpu_assembly_start(&assembly, source, topology, drops);
    while (sl_agpu_assembly_next(&assembly, &primitive)) {
        cr_assert_eq(primitive.id, id++);
        cr_assert_eq(primitive.leading, topology == AEROGPU_TOPOLOGY_TRIANGLEFAN ? 1 : 0);
        for (uint32_t i = 0; i < primitive.count; i++) {
            size_t at = strlen(text);
            snprintf(text + at, size - at, "%s%u", i ? " " : at ? "|" : "", primitive.places[i]);
        }
    }
}

static void expect(uint32_t topology, uint32_t count, bool drops, const char *expected)
{
    char text[1024];
    struct sl_agpu_index_source source = {.count = count};
    list(&source, topology, drops, text, sizeof(text));
    cr_assert_str_eq(text, expected, "topology %u of %u: %s", topology, count, text);
}

Test(draw_assembly, lists_and_strips)
{
    expect(AEROGPU_TOPOLOGY_POINTLIST, 3, false, "0|1|2");
    expect(AEROGPU_TOPOLOGY_LINELIST, 5, false, "0 1|2 3");
    expect(AEROGPU_TOPOLOGY_LINESTRIP, 4, false, "0 1|1 2|2 3");
    expect(AEROGPU_TOPOLOGY_LINESTRIP, 1, false, "");
    expect(AEROGPU_TOPOLOGY_TRIANGLELIST, 8, false, "0 1 2|3 4 5");
    expect(AEROGPU_TOPOLOGY_TRIANGLELIST, 2, false, "");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP, 6, false, "0 1 2|1 3 2|2 3 4|3 5 4");
    expect(AEROGPU_TOPOLOGY_TRIANGLEFAN, 5, false, "0 1 2|0 2 3|0 3 4");
    expect(AEROGPU_TOPOLOGY_PATCHLIST_1, 2, false, "0|1");
    expect(AEROGPU_TOPOLOGY_PATCHLIST_4, 9, false, "0 1 2 3|4 5 6 7");
}

Test(draw_assembly, adjacency)
{
    expect(AEROGPU_TOPOLOGY_LINELIST_ADJ, 9, false, "0 1 2 3|4 5 6 7");
    expect(AEROGPU_TOPOLOGY_LINELIST_ADJ, 9, true, "1 2|5 6");
    expect(AEROGPU_TOPOLOGY_LINESTRIP_ADJ, 6, false, "0 1 2 3|1 2 3 4|2 3 4 5");
    expect(AEROGPU_TOPOLOGY_LINESTRIP_ADJ, 6, true, "1 2|2 3|3 4");
    expect(AEROGPU_TOPOLOGY_TRIANGLELIST_ADJ, 12, false, "0 1 2 3 4 5|6 7 8 9 10 11");
    expect(AEROGPU_TOPOLOGY_TRIANGLELIST_ADJ, 12, true, "0 2 4|6 8 10");
}

/* Vertices 0 2 4 .. make the strip, 1 and the odd ones are adjacent. */
Test(draw_assembly, adjacent_strips)
{
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 5, false, "");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 6, false, "0 1 2 5 4 3");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 7, false, "0 1 2 5 4 3");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 8, false, "0 1 2 6 4 3|2 5 6 7 4 0");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 10, false, "0 1 2 6 4 3|2 5 6 8 4 0|4 2 6 9 8 7");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 12, false,
           "0 1 2 6 4 3|2 5 6 8 4 0|4 2 6 10 8 7|6 9 10 11 8 4");
    expect(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, 10, true, "0 2 4|2 6 4|4 6 8");
}

/* Without adjacency the triangles of such a strip are those of the strip of its even vertices. */
Test(draw_assembly, adjacent_strips_are_strips)
{
    char with[1024];
    char without[1024];
    struct sl_agpu_index_source source = {.count = 40};
    list(&source, AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, true, with, sizeof(with));
    without[0] = '\0';
    for (uint32_t p = 0; p < 18; p++) {
        uint32_t b = p & 1 ? p + 2 : p + 1;
        uint32_t c = p & 1 ? p + 1 : p + 2;
        size_t at = strlen(without);
        snprintf(without + at, sizeof(without) - at, "%s%u %u %u", at ? "|" : "", 2 * p, 2 * b,
                 2 * c);
    }
    cr_assert_str_eq(with, without);
}

/* ---- indices ---- */

static void expect_cut(uint32_t topology, const uint16_t *indices, uint32_t count,
                       const char *expected)
{
    char text[1024];
    uint8_t bytes[64];
    for (uint32_t i = 0; i < count; i++) {
        sl_put_le16(bytes + 2 * i, indices[i]);
    }
    struct sl_agpu_index_source source = {
        .bytes = bytes, .size = 2 * (uint64_t)count, .width = 2, .count = count, .has_cut = true};
    list(&source, topology, false, text, sizeof(text));
    cr_assert_str_eq(text, expected, "topology %u: %s", topology, text);
}

#define CUT 0xFFFF

Test(draw_assembly, cuts)
{
    static const uint16_t strip[] = {CUT, 0, 1, 2, 3, CUT, CUT, 4, 5, CUT, 6, 7, 8};
    static const uint16_t six[] = {0, 1, 2, 3, 4, 5, 6, 7, CUT, 0, 1, 2, 3, 4, 5, 6};
    static const uint16_t last[] = {0, 1, 2, CUT};
    expect_cut(AEROGPU_TOPOLOGY_TRIANGLESTRIP, strip, 13, "1 2 3|2 4 3|10 11 12");
    expect_cut(AEROGPU_TOPOLOGY_LINESTRIP, strip, 13, "1 2|2 3|3 4|7 8|10 11|11 12");
    expect_cut(AEROGPU_TOPOLOGY_TRIANGLELIST, strip, 13, "1 2 3|10 11 12");
    expect_cut(AEROGPU_TOPOLOGY_LINELIST, strip, 13, "1 2|3 4|7 8|10 11");
    expect_cut(AEROGPU_TOPOLOGY_POINTLIST, strip, 13, "1|2|3|4|7|8|10|11|12");
    expect_cut(AEROGPU_TOPOLOGY_TRIANGLEFAN, strip, 13, "1 2 3|1 3 4|10 11 12");
    expect_cut(AEROGPU_TOPOLOGY_TRIANGLESTRIP_ADJ, six, 16,
               "0 1 2 6 4 3|2 5 6 7 4 0|9 10 11 14 13 12");
    expect_cut(AEROGPU_TOPOLOGY_TRIANGLELIST, last, 4, "0 1 2");
    expect_cut(AEROGPU_TOPOLOGY_TRIANGLELIST, strip, 1, "");
}

Test(draw_assembly, a_cut_is_one_width_and_one_flavour)
{
    char text[64];
    uint8_t bytes[12];
    sl_put_le32(bytes, 0xFFFF);
    sl_put_le32(bytes + 4, 0xFFFFFFFF);
    sl_put_le32(bytes + 8, 1);
    struct sl_agpu_index_source source = {
        .bytes = bytes, .size = 12, .width = 4, .count = 3, .has_cut = true};
    list(&source, AEROGPU_TOPOLOGY_POINTLIST, false, text, sizeof(text));
    cr_assert_str_eq(text, "0|2");
    source.has_cut = false;
    list(&source, AEROGPU_TOPOLOGY_POINTLIST, false, text, sizeof(text));
    cr_assert_str_eq(text, "0|1|2");
    cr_assert_eq(sl_agpu_index_read(&source, 1).vertex_id, 0xFFFFFFFF);
}

Test(draw_assembly, indices_inside_and_outside_the_buffer)
{
    uint8_t bytes[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct sl_agpu_index_source source = {
        .bytes = bytes, .size = 9, .offset = 2, .width = 2, .count = 9, .base = 0xFFFFFFFF};
    cr_assert_eq(sl_agpu_index_read(&source, 0).vertex_id, 0x0403);
    cr_assert_eq(sl_agpu_index_read(&source, 0).index, 0x0402);
    cr_assert_eq(sl_agpu_index_read(&source, 2).vertex_id, 0x0807);
    cr_assert_eq(sl_agpu_index_read(&source, 3).vertex_id, 0, "half of it is outside");
    cr_assert_eq(sl_agpu_index_read(&source, 3).index, 0xFFFFFFFF, "the base still counts");
    source.first = 1;
    cr_assert_eq(sl_agpu_index_read(&source, 0).vertex_id, 0x0605);
    source.first = 0xFFFFFFFF;
    cr_assert_eq(sl_agpu_index_read(&source, 8).vertex_id, 0, "no wrapping around");
    source.width = 4;
    source.first = 0;
    cr_assert_eq(sl_agpu_index_read(&source, 0).vertex_id, 0x06050403);
    cr_assert_eq(sl_agpu_index_read(&source, 1).vertex_id, 0);
}

Test(draw_assembly, draws_without_indices)
{
    struct sl_agpu_index_source source = {.first = 0xFFFFFFFE, .count = 4};
    cr_assert_eq(sl_agpu_index_read(&source, 3).vertex_id, 3);
    cr_assert_eq(sl_agpu_index_read(&source, 3).index, 1);
}
