/* Block decoding: published vectors, blocks decoded by hand, every mode and partition. */
#include "render/bc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(render_bc);

static uint32_t texel(const uint8_t *rgba, unsigned i)
{
    const uint8_t *p = rgba + 4 * i;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void unhex(const char *hex, uint8_t *bytes)
{
    for (unsigned i = 0; hex[2 * i] != '\0'; i++) {
        unsigned value = 0;
        sscanf(hex + 2 * i, "%2x", &value);
        bytes[i] = (uint8_t)value;
    }
}

static void expect_rows(const uint8_t *rgba, const uint32_t rows[4])
{
    for (unsigned i = 0; i < 16; i++) {
        cr_assert_eq(texel(rgba, i), rows[i / 4], "texel %u is %08x", i, texel(rgba, i));
    }
}

Test(render_bc, bc1_blends_thirds_when_the_first_color_is_larger)
{
    static const uint8_t block[8] = {0xFF, 0xFF, 0, 0, 0x00, 0x55, 0xAA, 0xFF};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    sl_bc1_decode(block, rgba);
    expect_rows(rgba, (uint32_t[]){0xFFFFFFFF, 0x000000FF, 0xAAAAAAFF, 0x555555FF});
}

Test(render_bc, bc1_has_a_half_and_transparent_black_when_it_is_not)
{
    static const uint8_t block[8] = {0, 0, 0xFF, 0xFF, 0x00, 0x55, 0xAA, 0xFF};
    static const uint8_t equal[8] = {0x00, 0xF8, 0x00, 0xF8, 0x00, 0x55, 0xAA, 0xFF};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    sl_bc1_decode(block, rgba);
    expect_rows(rgba, (uint32_t[]){0x000000FF, 0xFFFFFFFF, 0x7F7F7FFF, 0x00000000});
    sl_bc1_decode(equal, rgba);
    expect_rows(rgba, (uint32_t[]){0xFF0000FF, 0xFF0000FF, 0xFF0000FF, 0x00000000});
}

/* 0x8410 is R 16, G 32, B 16: 132, 130, 132 by replication. (2 * 132 + 8) / 3 = 90.67 -> 90. */
Test(render_bc, channels_replicate_and_divisions_truncate)
{
    static const uint8_t block[8] = {0x10, 0x84, 0x41, 0x08, 0xE4, 0xE4, 0xE4, 0xE4};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    sl_bc1_decode(block, rgba);
    cr_assert_eq(texel(rgba, 0), 0x848284FF);
    cr_assert_eq(texel(rgba, 1), 0x080808FF);
    cr_assert_eq(texel(rgba, 2), 0x5A595AFF);
    cr_assert_eq(texel(rgba, 3), 0x313031FF);
}

Test(render_bc, indices_run_along_rows_from_the_lowest_bits)
{
    uint8_t block[8] = {0xFF, 0xFF, 0, 0};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    for (unsigned i = 0; i < 16; i++) {
        memset(block + 4, 0, 4);
        block[4 + i / 4] = (uint8_t)(1u << (2 * (i % 4)));
        sl_bc1_decode(block, rgba);
        for (unsigned j = 0; j < 16; j++) {
            cr_assert_eq(texel(rgba, j), i == j ? 0x000000FF : 0xFFFFFFFF);
        }
    }
}

Test(render_bc, bc2_alpha_is_stored_and_colors_are_always_four)
{
    static const uint8_t block[16] = {0xFF, 0xFF, 0x00, 0x00, 0x88, 0x88, 0x11, 0x11,
                                      0,    0,    0xFF, 0xFF, 0x00, 0x55, 0xAA, 0xFF};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    sl_bc2_decode(block, rgba);
    expect_rows(rgba, (uint32_t[]){0x000000FF, 0xFFFFFF00, 0x55555588, 0xAAAAAA11});
    uint8_t ramp[16] = {0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE};
    sl_bc2_decode(ramp, rgba);
    for (unsigned i = 0; i < 16; i++) {
        cr_assert_eq(rgba[4 * i + 3], 17 * i);
    }
}

/* All eight indices twice: 0 1 2 3 | 4 5 6 7 | ... at three bits each. */
static const uint8_t all_indices[6] = {0x88, 0xC6, 0xFA, 0x88, 0xC6, 0xFA};

static void expect_bc3_alpha(uint8_t a0, uint8_t a1, const uint8_t expected[8])
{
    uint8_t block[16] = {a0, a1};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    memcpy(block + 2, all_indices, sizeof(all_indices));
    sl_bc3_decode(block, rgba);
    for (unsigned i = 0; i < 16; i++) {
        cr_assert_eq(rgba[4 * i + 3], expected[i % 8], "%u..%u index %u is %u", a0, a1, i % 8,
                     rgba[4 * i + 3]);
    }
}

Test(render_bc, bc3_alpha_has_six_or_four_steps_between)
{
    expect_bc3_alpha(255, 0, (uint8_t[]){255, 0, 218, 182, 145, 109, 72, 36});
    expect_bc3_alpha(0, 255, (uint8_t[]){0, 255, 51, 102, 153, 204, 0, 255});
    expect_bc3_alpha(9, 9, (uint8_t[]){9, 9, 9, 9, 9, 9, 0, 255});
    expect_bc3_alpha(10, 3, (uint8_t[]){10, 3, 9, 8, 7, 6, 5, 4});
    expect_bc3_alpha(3, 10, (uint8_t[]){3, 10, 4, 5, 7, 8, 0, 255});
}

Test(render_bc, bc3_colors_are_always_four)
{
    static const uint8_t block[16] = {[8] = 0, 0, 0xFF, 0xFF, 0x00, 0x55, 0xAA, 0xFF};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    sl_bc3_decode(block, rgba);
    expect_rows(rgba, (uint32_t[]){0x00000000, 0xFFFFFF00, 0x55555500, 0xAAAAAA00});
}

/* One block of each mode, texels 0, 5, 10 and 15. */
static const struct {
    const char *block;
    uint32_t texels[4];
} bc7_vectors[] = {
    {"05048BA2E81C7E8C98C80ABEF712B375", {0x065139FF, 0x114F49FF, 0x5AD8B5FF, 0x848A5BFF}},
    {"061B3AAC93DCED761AD77E6DF106EDED", {0x8281C3FF, 0x735ED2FF, 0x7B6FCAFF, 0x52A9CEFF}},
    {"0432E9B53E9B5B619DE5F21DEBFA2864", {0x95BD86FF, 0x21CECEFF, 0x9D916EFF, 0xAD6373FF}},
    {"084998BEE85BC94B1FF466CCE5ED62DB", {0x4BC75AFF, 0x4BC75AFF, 0xA2D230FF, 0x899699FF}},
    {"106148C8931A3836A103DA7BDFE19C53", {0x0894E793, 0x13897E1B, 0x0D8FB364, 0x0894E77B}},
    {"2078F7D13ED9A62123124E2AD9D5D7CA", {0xF18F2669, 0xE4CE8788, 0xE4CE8788, 0xE4CE87C8}},
    {"408FA6DBE899150BA520C3DAD3C81141", {0x3BA48614, 0x363BBC16, 0x3866A616, 0x3A909015}},
    {"80A656E4935883F6282F3789CDBC4CB9", {0xAA44DF62, 0x558EF775, 0xB43E9F49, 0x6B787175}},
};

Test(render_bc, bc7_vectors_of_every_mode)
{
    for (size_t i = 0; i < sizeof(bc7_vectors) / sizeof(bc7_vectors[0]); i++) {
        uint8_t block[16];
        uint8_t rgba[SL_BC_TEXELS_SIZE];
        unhex(bc7_vectors[i].block, block);
        sl_bc7_decode(block, rgba);
        for (unsigned j = 0; j < 4; j++) {
            cr_assert_eq(texel(rgba, 5 * j), bc7_vectors[i].texels[j], "block %zu texel %u is %08x",
                         i, 5 * j, texel(rgba, 5 * j));
        }
    }
}

Test(render_bc, bc7_without_a_mode_is_transparent_black)
{
    uint8_t block[16];
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    memset(block, 0xFF, sizeof(block));
    memset(rgba, 0xFF, sizeof(rgba));
    block[0] = 0;
    sl_bc7_decode(block, rgba);
    expect_rows(rgba, (uint32_t[4]){0});
}

Test(render_bc, bc7_modes_without_alpha_are_opaque)
{
    for (unsigned mode = 0; mode < 4; mode++) {
        uint8_t block[16] = {(uint8_t)(1u << mode)};
        uint8_t rgba[SL_BC_TEXELS_SIZE];
        sl_bc7_decode(block, rgba);
        expect_rows(rgba, (uint32_t[]){0xFF, 0xFF, 0xFF, 0xFF});
    }
}

/* Sets bits of a block at a bit position. */
static void put_bits(uint8_t *block, unsigned at, unsigned count, unsigned value)
{
    for (unsigned i = 0; i < count; i++) {
        if (value >> i & 1) {
            block[(at + i) / 8] |= (uint8_t)(1u << ((at + i) % 8));
        }
    }
}

/*
 * Mode 6 by hand: bit 6, then R R G G B B A A of 7 bits, two P bits at 63 and 64, four-bit
 * indices from 65, the first of three bits. End points 0 with P 0 and 127 with P 1 are 0 and 255.
 */
Test(render_bc, bc7_mode_6_ramp)
{
    static const uint8_t weights[16] = {0,  4,  9,  13, 17, 21, 26, 30,
                                        34, 38, 43, 47, 51, 55, 60, 64};
    uint8_t block[16] = {0};
    uint8_t rgba[SL_BC_TEXELS_SIZE];
    put_bits(block, 6, 1, 1);
    for (unsigned channel = 0; channel < 4; channel++) {
        put_bits(block, 7 + 14 * channel + 7, 7, 127);
    }
    put_bits(block, 64, 1, 1);
    for (unsigned i = 1; i < 16; i++) {
        put_bits(block, 65 + 4 * i - 1, 4, i);
    }
    sl_bc7_decode(block, rgba);
    for (unsigned i = 0; i < 16; i++) {
        uint32_t v = (255u * weights[i] + 32) >> 6;
        cr_assert_eq(texel(rgba, i), v << 24 | v << 16 | v << 8 | v);
    }
}

/*
 * Mode 5 by hand: rotation at bit 6, then colours of 7 bits from 8 and alphas of 8 bits from 50,
 * all indices 0. R 1, G 2, B 4 of 7 bits expand to 2, 4, 8; alpha is 200.
 */
Test(render_bc, bc7_rotation_swaps_alpha_with_one_channel)
{
    static const uint32_t expected[4] = {0x020408C8, 0xC8040802, 0x02C80804, 0x0204C808};
    for (unsigned rotation = 0; rotation < 4; rotation++) {
        uint8_t block[16] = {0};
        uint8_t rgba[SL_BC_TEXELS_SIZE];
        put_bits(block, 5, 1, 1);
        put_bits(block, 6, 2, rotation);
        for (unsigned i = 0; i < 2; i++) {
            put_bits(block, 8 + 7 * i, 7, 1);
            put_bits(block, 22 + 7 * i, 7, 2);
            put_bits(block, 36 + 7 * i, 7, 4);
            put_bits(block, 50 + 8 * i, 8, 200);
        }
        sl_bc7_decode(block, rgba);
        cr_assert_eq(texel(rgba, 7), expected[rotation], "rotation %u gives %08x", rotation,
                     texel(rgba, 7));
    }
}

/*
 * Mode 4 by hand: index selection at bit 7, colours of 5 bits from 8, alphas of 6 from 38, two-bit
 * indices from 50, three-bit indices from 81. Colour goes 0..255, alpha 0..255; texel 1 has first
 * index 1 (weight 21) and second index 7 (weight 64).
 */
Test(render_bc, bc7_index_selection_swaps_the_two_index_sets)
{
    for (unsigned selection = 0; selection < 2; selection++) {
        uint8_t block[16] = {0};
        uint8_t rgba[SL_BC_TEXELS_SIZE];
        put_bits(block, 4, 1, 1);
        put_bits(block, 7, 1, selection);
        for (unsigned channel = 0; channel < 3; channel++) {
            put_bits(block, 8 + 10 * channel + 5, 5, 31);
        }
        put_bits(block, 44, 6, 63);
        put_bits(block, 51, 2, 1);
        put_bits(block, 83, 3, 7);
        sl_bc7_decode(block, rgba);
        cr_assert_eq(texel(rgba, 0), 0);
        cr_assert_eq(texel(rgba, 1), selection ? 0xFFFFFF54 : 0x545454FF, "is %08x",
                     texel(rgba, 1));
    }
}

/*
 * Random blocks, each replayed by its number. The digest was computed by another decoder of the
 * public BC7 definition.
 */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 24;
}

static void random_block(uint32_t number, uint8_t block[16])
{
    uint32_t state = number;
    for (unsigned i = 0; i < 16; i++) {
        block[i] = (uint8_t)next_random(&state);
    }
    unsigned mode = number % 8;
    block[0] = (uint8_t)((block[0] & ~((2u << mode) - 1)) | 1u << mode);
}

Test(render_bc, bc7_random_blocks_of_every_mode)
{
    uint32_t hash = 0x811C9DC5;
    for (uint32_t number = 0; number < 65536; number++) {
        uint8_t block[16];
        uint8_t rgba[SL_BC_TEXELS_SIZE];
        random_block(number, block);
        sl_bc7_decode(block, rgba);
        for (unsigned i = 0; i < SL_BC_TEXELS_SIZE; i++) {
            hash = (hash ^ rgba[i]) * 0x01000193u;
        }
    }
    cr_assert_eq(hash, 0xF5D2C7D9, "digest is %08x", hash);
}
