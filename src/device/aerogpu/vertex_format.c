#include "device/aerogpu/vertex_format.h"

#include "base/bytes.h"
#include "render/convert.h"
#include "render/f32_math.h"

#include <stdbool.h>
#include <stddef.h>

#define ONE_F32 0x3F800000u

enum { FLOAT = SL_AGPU_VERTEX_FLOAT, UNORM = SL_AGPU_VERTEX_UNORM, SNORM = SL_AGPU_VERTEX_SNORM };
enum { UINT = SL_AGPU_VERTEX_UINT, SINT = SL_AGPU_VERTEX_SINT };
enum { USCALED = SL_AGPU_VERTEX_USCALED, SSCALED = SL_AGPU_VERTEX_SSCALED };

/* clang-format off */
#define X1(n) {n, 0, 0, 0}, {0, 4, 4, 4}
#define X2(n) {n, n, 0, 0}, {0, 1, 4, 4}
#define X3(n) {n, n, n, 0}, {0, 1, 2, 4}
#define X4(n) {n, n, n, n}, {0, 1, 2, 3}
#define BGRA  {8, 8, 8, 8}, {2, 1, 0, 3}
#define BGRX  {8, 8, 8, 8}, {2, 1, 0, 4}
#define X1010102 {10, 10, 10, 2}, {0, 1, 2, 3}
#define X101010  {10, 10, 10, 0}, {0, 1, 2, 4}

/* DXGI_FORMAT. sRGB forms of vertex formats count as UNORM. */
static const struct sl_agpu_vertex_format dxgi[] = {
    [2] = {16, FLOAT, X4(32)}, [3] = {16, UINT, X4(32)}, [4] = {16, SINT, X4(32)},
    [6] = {12, FLOAT, X3(32)}, [7] = {12, UINT, X3(32)}, [8] = {12, SINT, X3(32)},
    [10] = {8, FLOAT, X4(16)}, [11] = {8, UNORM, X4(16)}, [12] = {8, UINT, X4(16)},
    [13] = {8, SNORM, X4(16)}, [14] = {8, SINT, X4(16)},
    [16] = {8, FLOAT, X2(32)}, [17] = {8, UINT, X2(32)}, [18] = {8, SINT, X2(32)},
    [24] = {4, UNORM, X1010102}, [25] = {4, UINT, X1010102},
    [28] = {4, UNORM, X4(8)}, [29] = {4, UNORM, X4(8)}, [30] = {4, UINT, X4(8)},
    [31] = {4, SNORM, X4(8)}, [32] = {4, SINT, X4(8)},
    [34] = {4, FLOAT, X2(16)}, [35] = {4, UNORM, X2(16)}, [36] = {4, UINT, X2(16)},
    [37] = {4, SNORM, X2(16)}, [38] = {4, SINT, X2(16)},
    [41] = {4, FLOAT, X1(32)}, [42] = {4, UINT, X1(32)}, [43] = {4, SINT, X1(32)},
    [49] = {2, UNORM, X2(8)}, [50] = {2, UINT, X2(8)}, [51] = {2, SNORM, X2(8)},
    [52] = {2, SINT, X2(8)},
    [54] = {2, FLOAT, X1(16)}, [56] = {2, UNORM, X1(16)}, [57] = {2, UINT, X1(16)},
    [58] = {2, SNORM, X1(16)}, [59] = {2, SINT, X1(16)},
    [61] = {1, UNORM, X1(8)}, [62] = {1, UINT, X1(8)}, [63] = {1, SNORM, X1(8)},
    [64] = {1, SINT, X1(8)},
    [87] = {4, UNORM, BGRA}, [88] = {4, UNORM, BGRX}, [91] = {4, UNORM, BGRA},
    [93] = {4, UNORM, BGRX},
};

/* D3DDECLTYPE. */
static const struct sl_agpu_vertex_format d3d9[] = {
    [0] = {4, FLOAT, X1(32)},    /* FLOAT1 */
    [1] = {8, FLOAT, X2(32)},
    [2] = {12, FLOAT, X3(32)},
    [3] = {16, FLOAT, X4(32)},
    [4] = {4, UNORM, BGRA},      /* D3DCOLOR */
    [5] = {4, USCALED, X4(8)},   /* UBYTE4 */
    [6] = {4, SSCALED, X2(16)},  /* SHORT2 */
    [7] = {8, SSCALED, X4(16)},
    [8] = {4, UNORM, X4(8)},     /* UBYTE4N */
    [9] = {4, SNORM, X2(16)},    /* SHORT2N */
    [10] = {8, SNORM, X4(16)},
    [11] = {4, UNORM, X2(16)},   /* USHORT2N */
    [12] = {8, UNORM, X4(16)},
    [13] = {4, USCALED, X101010}, /* UDEC3 */
    [14] = {4, SNORM, X101010},   /* DEC3N */
    [15] = {4, FLOAT, X2(16)},    /* FLOAT16_2 */
    [16] = {8, FLOAT, X4(16)},
};
/* clang-format on */

static const struct sl_agpu_vertex_format *find(const struct sl_agpu_vertex_format *table,
                                                size_t count, uint32_t number)
{
    return number < count && table[number].size_bytes ? &table[number] : NULL;
}

const struct sl_agpu_vertex_format *sl_agpu_vertex_format_dxgi(uint32_t format)
{
    return find(dxgi, sizeof(dxgi) / sizeof(dxgi[0]), format);
}

const struct sl_agpu_vertex_format *sl_agpu_vertex_format_d3d9(uint32_t type)
{
    return find(d3d9, sizeof(d3d9) / sizeof(d3d9[0]), type);
}

static uint32_t sign_extend(uint32_t value, unsigned bits)
{
    uint32_t sign = UINT32_C(1) << (bits - 1);
    return (value ^ sign) - sign;
}

/* All quotients are of integers that a float holds exactly, so that each is rounded once. */
static uint32_t snorm(uint32_t raw, unsigned bits)
{
    float value = (float)(int32_t)sign_extend(raw, bits);
    float quotient = value / (float)((1 << (bits - 1)) - 1);
    return sl_f32_to_bits(quotient < -1.0f ? -1.0f : quotient);
}

static uint32_t convert(enum sl_agpu_vertex_type type, uint32_t raw, unsigned bits)
{
    switch (type) {
    case SL_AGPU_VERTEX_FLOAT:
        return bits == 16 ? sl_f32_to_bits(sl_f16_to_f32((uint16_t)raw)) : raw;
    case SL_AGPU_VERTEX_UNORM:
        return sl_f32_to_bits((float)raw / (float)((UINT32_C(1) << bits) - 1));
    case SL_AGPU_VERTEX_SNORM:
        return snorm(raw, bits);
    case SL_AGPU_VERTEX_UINT:
        return raw;
    case SL_AGPU_VERTEX_SINT:
        return sign_extend(raw, bits);
    case SL_AGPU_VERTEX_USCALED:
        return sl_f32_to_bits((float)raw);
    case SL_AGPU_VERTEX_SSCALED:
        return sl_f32_to_bits((float)(int32_t)sign_extend(raw, bits));
    }
    return 0;
}

static uint32_t read_component(const uint8_t *bytes, unsigned size, unsigned bit, unsigned bits)
{
    uint32_t word = (uint32_t)sl_get_le(bytes + bit / 32 * 4, size < 4 ? size : 4);
    return word >> bit % 32 & ((UINT32_C(1) << bits) - 1);
}

/* Words need no conversion; they are what most vertices are made of. */
static void read_stored(const struct sl_agpu_vertex_format *format, const uint8_t *bytes,
                        uint32_t stored[4])
{
    unsigned bit = 0;
    for (unsigned i = 0; i < 4 && format->bits[i]; i++) {
        unsigned bits = format->bits[i];
        stored[i] = bits == 32
                        ? sl_get_le32(bytes + bit / 8)
                        : convert((enum sl_agpu_vertex_type)format->type,
                                  read_component(bytes, format->size_bytes, bit, bits), bits);
        bit += bits;
    }
}

void sl_agpu_vertex_decode(const struct sl_agpu_vertex_format *format, const uint8_t *bytes,
                           uint32_t value[4])
{
    bool is_integer = format->type == SL_AGPU_VERTEX_UINT || format->type == SL_AGPU_VERTEX_SINT;
    uint32_t stored[5] = {0};
    if (bytes) {
        read_stored(format, bytes, stored);
    }
    for (unsigned i = 0; i < 4; i++) {
        value[i] = stored[format->from[i]];
    }
    if (format->from[3] == 4) {
        value[3] = is_integer ? 1 : ONE_F32;
    }
}

unsigned sl_agpu_vertex_words(const struct sl_agpu_vertex_format *format)
{
    unsigned count = 0;
    while (count < 4 && format->bits[count] == 32 && format->from[count] == count) {
        count++;
    }
    return 4 * count == format->size_bytes ? count : 0;
}
