/*
 * BC7. A block is 128 bits, read from bit 0 of byte 0 upwards:
 *
 *     mode | partition | rotation | index selection | R of all end points | G | B | A | P bits |
 *     first indices of texels 0..15 | second indices
 *
 * The mode is the number of zero bits before the first one; the table below says how long each
 * field is. A partition assigns each texel to one of up to three subsets, and each subset has two
 * end points between which its texels are interpolated.
 */
#include "render/bc.h"

#include "base/bytes.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum { MODES = 8, PARTITIONS = 64, SUBSETS_MAX = 3, ENDPOINTS_MAX = 2 * SUBSETS_MAX, TEXELS = 16 };

enum p_bits { NO_P_BITS, P_BIT_PER_ENDPOINT, P_BIT_PER_SUBSET };

struct mode {
    uint8_t subsets;
    uint8_t partition_bits;
    uint8_t rotation_bits;
    uint8_t selection_bits;
    uint8_t color_bits;
    uint8_t alpha_bits;
    enum p_bits p_bits;
    uint8_t index_bits;
    uint8_t second_index_bits;
};

static const struct mode modes[MODES] = {
    {3, 4, 0, 0, 4, 0, P_BIT_PER_ENDPOINT, 3, 0}, {2, 6, 0, 0, 6, 0, P_BIT_PER_SUBSET, 3, 0},
    {3, 6, 0, 0, 5, 0, NO_P_BITS, 2, 0},          {2, 6, 0, 0, 7, 0, P_BIT_PER_ENDPOINT, 2, 0},
    {1, 0, 2, 1, 5, 6, NO_P_BITS, 2, 3},          {1, 0, 2, 0, 7, 8, NO_P_BITS, 2, 2},
    {1, 0, 0, 0, 7, 7, P_BIT_PER_ENDPOINT, 4, 0}, {2, 6, 0, 0, 5, 5, P_BIT_PER_ENDPOINT, 2, 0},
};

/* Bit i is the subset of texel i. */
static const uint16_t partitions2[PARTITIONS] = {
    0xCCCC, 0x8888, 0xEEEE, 0xECC8, 0xC880, 0xFEEC, 0xFEC8, 0xEC80, 0xC800, 0xFFEC, 0xFE80,
    0xE800, 0xFFE8, 0xFF00, 0xFFF0, 0xF000, 0xF710, 0x008E, 0x7100, 0x08CE, 0x008C, 0x7310,
    0x3100, 0x8CCE, 0x088C, 0x3110, 0x6666, 0x366C, 0x17E8, 0x0FF0, 0x718E, 0x399C, 0xAAAA,
    0xF0F0, 0x5A5A, 0x33CC, 0x3C3C, 0x55AA, 0x9696, 0xA55A, 0x73CE, 0x13C8, 0x324C, 0x3BDC,
    0x6996, 0xC33C, 0x9966, 0x0660, 0x0272, 0x04E4, 0x4E40, 0x2720, 0xC936, 0x936C, 0x39C6,
    0x639C, 0x9336, 0x9CC6, 0x817E, 0xE718, 0xCCF0, 0x0FCC, 0x7744, 0xEE22,
};

/* Bits 2i and 2i + 1 are the subset of texel i. */
static const uint32_t partitions3[PARTITIONS] = {
    0xAA685050, 0x6A5A5040, 0x5A5A4200, 0x5450A0A8, 0xA5A50000, 0xA0A05050, 0x5555A0A0, 0x5A5A5050,
    0xAA550000, 0xAA555500, 0xAAAA5500, 0x90909090, 0x94949494, 0xA4A4A4A4, 0xA9A59450, 0x2A0A4250,
    0xA5945040, 0x0A425054, 0xA5A5A500, 0x55A0A0A0, 0xA8A85454, 0x6A6A4040, 0xA4A45000, 0x1A1A0500,
    0x0050A4A4, 0xAAA59090, 0x14696914, 0x69691400, 0xA08585A0, 0xAA821414, 0x50A4A450, 0x6A5A0200,
    0xA9A58000, 0x5090A0A8, 0xA8A09050, 0x24242424, 0x00AA5500, 0x24924924, 0x24499224, 0x50A50A50,
    0x500AA550, 0xAAAA4444, 0x66660000, 0xA5A0A5A0, 0x50A050A0, 0x69286928, 0x44AAAA44, 0x66666600,
    0xAA444444, 0x54A854A8, 0x95809580, 0x96969600, 0xA85454A8, 0x80959580, 0xAA141414, 0x96960000,
    0xAAAA1414, 0xA05050A0, 0xA0A5A5A0, 0x96000000, 0x40804080, 0xA9A8A9A8, 0xAAAAAA44, 0x2A4A5254,
};

/*
 * The anchor of a subset is the texel whose index has its top bit left out, since swapping the end
 * points can make it 0. Subset 0 has texel 0.
 */
static const uint8_t anchors2[PARTITIONS] = {
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 2,  8, 2,  2, 8,
    8,  15, 2,  8,  2,  2,  8,  8,  2,  2,  15, 15, 6,  8,  2,  8,  15, 15, 2, 8,  2, 2,
    2,  15, 15, 6,  6,  2,  6,  8,  15, 15, 2,  2,  15, 15, 15, 15, 15, 2,  2, 15,
};

static const uint8_t anchors3[2][PARTITIONS] = {
    {
        3,  3,  15, 15, 8, 3,  15, 15, 8,  8,  6, 6,  6, 5,  3, 3,  3,  3,  8,  15, 3,  3,
        6,  10, 5,  8,  8, 6,  8,  5,  15, 15, 8, 15, 3, 5,  6, 10, 8,  15, 15, 3,  15, 5,
        15, 15, 15, 15, 3, 15, 5,  5,  5,  8,  5, 10, 5, 10, 8, 13, 15, 12, 3,  3,
    },
    {
        15, 8, 8, 3,  15, 15, 3,  8,  15, 15, 15, 15, 15, 15, 15, 8,  15, 8,  15, 3,  15, 8,
        15, 8, 3, 15, 6,  10, 15, 15, 10, 8,  15, 3,  15, 10, 10, 8,  9,  10, 6,  15, 8,  15,
        3,  6, 6, 8,  15, 3,  15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 3,  15, 15, 8,
    },
};

/* Weight of the second end point, in 64ths, by index bits and index. */
static const uint8_t weights2[4] = {0, 21, 43, 64};
static const uint8_t weights3[8] = {0, 9, 18, 27, 37, 46, 55, 64};
static const uint8_t weights4[16] = {0, 4, 9, 13, 17, 21, 26, 30, 34, 38, 43, 47, 51, 55, 60, 64};

struct bits {
    uint64_t low;
    uint64_t high;
};

/* Takes the next n bits, at most 8. */
static unsigned take(struct bits *bits, unsigned n)
{
    assert(n <= 8);
    unsigned value = (unsigned)(bits->low & ((1u << n) - 1));
    if (n > 0) {
        bits->low = bits->low >> n | bits->high << (64 - n);
        bits->high >>= n;
    }
    return value;
}

static unsigned subset_of(const struct mode *mode, unsigned partition, unsigned texel)
{
    switch (mode->subsets) {
    case 2:
        return partitions2[partition] >> texel & 1;
    case 3:
        return partitions3[partition] >> (2 * texel) & 3;
    default:
        return 0;
    }
}

static bool is_anchor(const struct mode *mode, unsigned partition, unsigned texel)
{
    if (texel == 0) {
        return true;
    }
    if (mode->subsets == 2) {
        return texel == anchors2[partition];
    }
    return mode->subsets == 3 &&
           (texel == anchors3[0][partition] || texel == anchors3[1][partition]);
}

/* A channel of n bits, at least 4, as 8: the high bits again below the low ones. */
static uint8_t expand(unsigned value, unsigned n)
{
    return (uint8_t)(value << (8 - n) | value >> (2 * n - 8));
}

static void read_endpoints(const struct mode *mode, struct bits *bits,
                           uint8_t endpoints[ENDPOINTS_MAX][4])
{
    unsigned raw[ENDPOINTS_MAX][4] = {0};
    unsigned count = 2u * mode->subsets;
    for (unsigned channel = 0; channel < 4; channel++) {
        for (unsigned i = 0; i < count; i++) {
            raw[i][channel] = take(bits, channel == 3 ? mode->alpha_bits : mode->color_bits);
        }
    }
    unsigned p = 0;
    for (unsigned i = 0; i < count; i++) {
        if (mode->p_bits == P_BIT_PER_ENDPOINT ||
            (mode->p_bits == P_BIT_PER_SUBSET && i % 2 == 0)) {
            p = take(bits, 1);
        }
        for (unsigned channel = 0; channel < 4; channel++) {
            unsigned n = channel == 3 ? mode->alpha_bits : mode->color_bits;
            unsigned value = raw[i][channel];
            if (mode->p_bits != NO_P_BITS && n > 0) {
                value = value << 1 | p;
                n++;
            }
            endpoints[i][channel] = n > 0 ? expand(value, n) : 255;
        }
    }
}

static unsigned weight(unsigned index, unsigned index_bits)
{
    switch (index_bits) {
    case 2:
        return weights2[index];
    case 3:
        return weights3[index];
    default:
        return weights4[index];
    }
}

static uint8_t interpolate(uint8_t e0, uint8_t e1, unsigned w)
{
    return (uint8_t)((e0 * (64 - w) + e1 * w + 32) >> 6);
}

/* Swaps alpha with R, G or B. */
static void rotate(uint8_t *texel, unsigned rotation)
{
    if (rotation != 0) {
        uint8_t alpha = texel[3];
        texel[3] = texel[rotation - 1];
        texel[rotation - 1] = alpha;
    }
}

static void decode_mode(const struct mode *mode, struct bits bits, uint8_t *rgba)
{
    uint8_t endpoints[ENDPOINTS_MAX][4];
    uint8_t color_weights[TEXELS];
    uint8_t alpha_weights[TEXELS];
    unsigned partition = take(&bits, mode->partition_bits);
    unsigned rotation = take(&bits, mode->rotation_bits);
    unsigned selection = take(&bits, mode->selection_bits);
    read_endpoints(mode, &bits, endpoints);
    for (unsigned i = 0; i < TEXELS; i++) {
        unsigned n = mode->index_bits - (is_anchor(mode, partition, i) ? 1u : 0u);
        color_weights[i] = (uint8_t)weight(take(&bits, n), mode->index_bits);
    }
    memcpy(alpha_weights, color_weights, sizeof(alpha_weights));
    for (unsigned i = 0; mode->second_index_bits != 0 && i < TEXELS; i++) {
        unsigned n = mode->second_index_bits - (i == 0 ? 1u : 0u);
        uint8_t *second = selection ? color_weights : alpha_weights;
        second[i] = (uint8_t)weight(take(&bits, n), mode->second_index_bits);
    }
    for (unsigned i = 0; i < TEXELS; i++) {
        unsigned subset = subset_of(mode, partition, i);
        const uint8_t *e0 = endpoints[2 * subset];
        const uint8_t *e1 = endpoints[2 * subset + 1];
        uint8_t *texel = rgba + 4 * i;
        for (unsigned channel = 0; channel < 3; channel++) {
            texel[channel] = interpolate(e0[channel], e1[channel], color_weights[i]);
        }
        texel[3] = interpolate(e0[3], e1[3], alpha_weights[i]);
        rotate(texel, rotation);
    }
}

void sl_bc7_decode(const uint8_t block[static 16], uint8_t rgba[static SL_BC_TEXELS_SIZE])
{
    struct bits bits = {.low = sl_get_le64(block), .high = sl_get_le64(block + 8)};
    unsigned number = 0;
    while (number < MODES && take(&bits, 1) == 0) {
        number++;
    }
    if (number == MODES) {
        memset(rgba, 0, SL_BC_TEXELS_SIZE);
        return;
    }
    decode_mode(&modes[number], bits, rgba);
}
