#include "render/convert.h"

#include <string.h>

/*
 * sRGB encoding by comparison: the bits of the smallest float whose ideal encoding
 * (IEC 61966-2-1), scaled to 255 and rounded to nearest, is at least k, for k = 1..255; then a
 * sentinel.
 */
static const uint32_t srgb8_thresholds[256] = {
    0x391F22B4, 0x39EEB40E, 0x3A46EB61, 0x3A8B3E5E, 0x3AB3070B, 0x3ADACFB8, 0x3B014C33, 0x3B153089,
    0x3B2914DF, 0x3B3CF936, 0x3B50F2D1, 0x3B65FB9B, 0x3B7C3403, 0x3B89D060, 0x3B962333, 0x3BA314BD,
    0x3BB0A731, 0x3BBEDCB7, 0x3BCDB76D, 0x3BDD3967, 0x3BED64AF, 0x3BFE3B46, 0x3C07DF91, 0x3C10F91B,
    0x3C1A6B32, 0x3C2436C8, 0x3C2E5CC7, 0x3C38DE1A, 0x3C43BBA4, 0x3C4EF648, 0x3C5A8EE4, 0x3C668654,
    0x3C72DD71, 0x3C7F950F, 0x3C865702, 0x3C8D148F, 0x3C940396, 0x3C9B247C, 0x3CA277A6, 0x3CA9FD78,
    0x3CB1B653, 0x3CB9A298, 0x3CC1C2A9, 0x3CCA16E3, 0x3CD29FA4, 0x3CDB5D4B, 0x3CE45032, 0x3CED78B5,
    0x3CF6D72E, 0x3D0035FC, 0x3D051BB4, 0x3D0A1CEC, 0x3D0F39D0, 0x3D14728A, 0x3D19C745, 0x3D1F382C,
    0x3D24C567, 0x3D2A6F22, 0x3D303584, 0x3D3618B7, 0x3D3C18E4, 0x3D423632, 0x3D4870CA, 0x3D4EC8D2,
    0x3D553E73, 0x3D5BD1D3, 0x3D628318, 0x3D69526A, 0x3D703FEE, 0x3D774BCA, 0x3D7E7624, 0x3D82DF90,
    0x3D869372, 0x3D8A56CB, 0x3D8E29AB, 0x3D920C27, 0x3D95FE4F, 0x3D9A0035, 0x3D9E11EC, 0x3DA23384,
    0x3DA66510, 0x3DAAA6A0, 0x3DAEF847, 0x3DB35A15, 0x3DB7CC1B, 0x3DBC4E6B, 0x3DC0E114, 0x3DC58429,
    0x3DCA37B9, 0x3DCEFBD6, 0x3DD3D08F, 0x3DD8B5F5, 0x3DDDAC19, 0x3DE2B30A, 0x3DE7CAD9, 0x3DECF395,
    0x3DF22D50, 0x3DF77817, 0x3DFCD3FC, 0x3E012087, 0x3E03DFAE, 0x3E06A77B, 0x3E0977F6, 0x3E0C5126,
    0x3E0F3314, 0x3E121DC5, 0x3E151143, 0x3E180D95, 0x3E1B12C2, 0x3E1E20D1, 0x3E2137CB, 0x3E2457B6,
    0x3E278099, 0x3E2AB27D, 0x3E2DED68, 0x3E313161, 0x3E347E70, 0x3E37D49C, 0x3E3B33EC, 0x3E3E9C67,
    0x3E420E15, 0x3E4588FB, 0x3E490D22, 0x3E4C9A90, 0x3E50314C, 0x3E53D15D, 0x3E577ACA, 0x3E5B2D9A,
    0x3E5EE9D4, 0x3E62AF7E, 0x3E667E9F, 0x3E6A573E, 0x3E6E3962, 0x3E722511, 0x3E761A52, 0x3E7A192C,
    0x3E7E21A5, 0x3E8119E2, 0x3E8327C7, 0x3E853A86, 0x3E875222, 0x3E896E9D, 0x3E8B8FFC, 0x3E8DB641,
    0x3E8FE170, 0x3E92118B, 0x3E944696, 0x3E968095, 0x3E98BF89, 0x3E9B0377, 0x3E9D4C62, 0x3E9F9A4C,
    0x3EA1ED38, 0x3EA4452B, 0x3EA6A226, 0x3EA9042E, 0x3EAB6B44, 0x3EADD76D, 0x3EB048AA, 0x3EB2BF00,
    0x3EB53A71, 0x3EB7BB00, 0x3EBA40B1, 0x3EBCCB85, 0x3EBF5B81, 0x3EC1F0A7, 0x3EC48AF9, 0x3EC72A7C,
    0x3EC9CF32, 0x3ECC791E, 0x3ECF2842, 0x3ED1DCA2, 0x3ED49641, 0x3ED75521, 0x3EDA1946, 0x3EDCE2B2,
    0x3EDFB168, 0x3EE2856A, 0x3EE55EBD, 0x3EE83D63, 0x3EEB215D, 0x3EEE0AB1, 0x3EF0F95F, 0x3EF3ED6B,
    0x3EF6E6D8, 0x3EF9E5A8, 0x3EFCE9DE, 0x3EFFF37E, 0x3F018145, 0x3F030B82, 0x3F049877, 0x3F062827,
    0x3F07BA92, 0x3F094FB9, 0x3F0AE79F, 0x3F0C8244, 0x3F0E1FAA, 0x3F0FBFD2, 0x3F1162BE, 0x3F13086E,
    0x3F14B0E4, 0x3F165C22, 0x3F180A29, 0x3F19BAFA, 0x3F1B6E96, 0x3F1D24FF, 0x3F1EDE36, 0x3F209A3C,
    0x3F225913, 0x3F241ABC, 0x3F25DF38, 0x3F27A689, 0x3F2970AF, 0x3F2B3DAD, 0x3F2D0D83, 0x3F2EE032,
    0x3F30B5BD, 0x3F328E24, 0x3F346968, 0x3F36478B, 0x3F38288F, 0x3F3A0C73, 0x3F3BF33A, 0x3F3DDCE5,
    0x3F3FC975, 0x3F41B8EB, 0x3F43AB48, 0x3F45A08F, 0x3F4798BF, 0x3F4993DB, 0x3F4B91E3, 0x3F4D92D8,
    0x3F4F96BD, 0x3F519D92, 0x3F53A758, 0x3F55B411, 0x3F57C3BE, 0x3F59D65F, 0x3F5BEBF7, 0x3F5E0486,
    0x3F60200E, 0x3F623E90, 0x3F64600C, 0x3F668485, 0x3F68ABFB, 0x3F6AD670, 0x3F6D03E5, 0x3F6F345A,
    0x3F7167D2, 0x3F739E4D, 0x3F75D7CC, 0x3F781451, 0x3F7A53DD, 0x3F7C9671, 0x3F7EDC0E, UINT32_MAX,
};

/*
 * The code of the first float of each run of 2^18, from the one with the first threshold to that of
 * 1. No run has more than three thresholds behind its first float.
 */
#define SRGB8_RUN_SHIFT 18
#define SRGB8_FIRST_RUN 3655u
static const uint8_t srgb8_runs[410] = {
    0,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,
    1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,
    1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   1,   2,   2,   2,   2,
    2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   2,   3,
    3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   3,   4,   4,   4,
    4,   4,   4,   4,   4,   4,   4,   5,   5,   5,   5,   5,   5,   5,   5,   5,   5,   6,   6,
    6,   6,   6,   6,   6,   6,   6,   6,   7,   7,   7,   7,   7,   8,   8,   8,   8,   8,   9,
    9,   9,   9,   9,   10,  10,  10,  10,  10,  11,  11,  11,  11,  11,  12,  12,  12,  12,  12,
    12,  13,  13,  13,  14,  14,  14,  15,  15,  15,  16,  16,  16,  16,  17,  17,  17,  18,  18,
    18,  18,  19,  19,  19,  19,  20,  20,  20,  20,  21,  21,  21,  21,  22,  22,  23,  23,  23,
    24,  24,  25,  25,  25,  26,  26,  27,  27,  27,  28,  28,  29,  29,  29,  30,  30,  30,  31,
    31,  31,  32,  32,  32,  33,  33,  33,  34,  34,  35,  35,  36,  36,  37,  38,  38,  39,  39,
    40,  40,  41,  41,  42,  42,  43,  43,  44,  44,  45,  45,  46,  46,  46,  47,  47,  48,  48,
    49,  49,  49,  50,  51,  52,  53,  53,  54,  55,  56,  56,  57,  58,  58,  59,  60,  60,  61,
    62,  62,  63,  64,  64,  65,  66,  66,  67,  67,  68,  68,  69,  70,  70,  71,  72,  73,  74,
    75,  76,  77,  78,  79,  80,  81,  82,  83,  84,  85,  85,  86,  87,  88,  89,  90,  91,  91,
    92,  93,  94,  95,  95,  96,  97,  98,  98,  99,  101, 102, 103, 105, 106, 107, 109, 110, 111,
    113, 114, 115, 116, 118, 119, 120, 121, 122, 123, 124, 126, 127, 128, 129, 130, 131, 132, 133,
    134, 135, 136, 137, 139, 141, 143, 145, 146, 148, 150, 152, 153, 155, 157, 158, 160, 162, 163,
    165, 166, 168, 169, 171, 172, 174, 175, 177, 178, 179, 181, 182, 184, 185, 186, 188, 190, 193,
    195, 198, 200, 202, 205, 207, 209, 212, 214, 216, 218, 220, 223, 225, 227, 229, 231, 233, 235,
    237, 239, 240, 242, 244, 246, 248, 250, 251, 253, 255,
};

/* IEC 61966-2-1, correctly rounded. */
const float sl_srgb8_linear[256] = {
    0.0f,
    0x1.3e4568p-12f,
    0x1.3e4568p-11f,
    0x1.dd681cp-11f,
    0x1.3e4568p-10f,
    0x1.8dd6c2p-10f,
    0x1.dd681cp-10f,
    0x1.167cbap-9f,
    0x1.3e4568p-9f,
    0x1.660e14p-9f,
    0x1.8dd6c2p-9f,
    0x1.b6a31cp-9f,
    0x1.e1e31ep-9f,
    0x1.07c38cp-8f,
    0x1.1fcc2cp-8f,
    0x1.390ffap-8f,
    0x1.53936cp-8f,
    0x1.6f5adep-8f,
    0x1.8c6a94p-8f,
    0x1.aac6cp-8f,
    0x1.ca7382p-8f,
    0x1.eb74e2p-8f,
    0x1.06e76cp-7f,
    0x1.18c2a6p-7f,
    0x1.2b4e0ap-7f,
    0x1.3e8b7cp-7f,
    0x1.527cd6p-7f,
    0x1.6723eep-7f,
    0x1.7c8292p-7f,
    0x1.929a88p-7f,
    0x1.a96d92p-7f,
    0x1.c0fd68p-7f,
    0x1.d94bbep-7f,
    0x1.f25a44p-7f,
    0x1.061552p-6f,
    0x1.135f3ep-6f,
    0x1.210bb8p-6f,
    0x1.2f1b8cp-6f,
    0x1.3d8f84p-6f,
    0x1.4c6866p-6f,
    0x1.5ba6fap-6f,
    0x1.6b4c04p-6f,
    0x1.7b5842p-6f,
    0x1.8bcc74p-6f,
    0x1.9ca958p-6f,
    0x1.adefaap-6f,
    0x1.bfa02p-6f,
    0x1.d1bb74p-6f,
    0x1.e4425ap-6f,
    0x1.f73586p-6f,
    0x1.054ad4p-5f,
    0x1.0f31bap-5f,
    0x1.194fccp-5f,
    0x1.23a55ep-5f,
    0x1.2e32c8p-5f,
    0x1.38f86p-5f,
    0x1.43f678p-5f,
    0x1.4f2d64p-5f,
    0x1.5a9d76p-5f,
    0x1.664702p-5f,
    0x1.722a56p-5f,
    0x1.7e47c8p-5f,
    0x1.8a9fa4p-5f,
    0x1.97323ap-5f,
    0x1.a3ffd8p-5f,
    0x1.b108dp-5f,
    0x1.be4d6cp-5f,
    0x1.cbcdfap-5f,
    0x1.d98ac6p-5f,
    0x1.e7841cp-5f,
    0x1.f5ba48p-5f,
    0x1.0216cap-4f,
    0x1.096f26p-4f,
    0x1.10e65cp-4f,
    0x1.187c9p-4f,
    0x1.2031e8p-4f,
    0x1.280688p-4f,
    0x1.2ffa92p-4f,
    0x1.380e2ap-4f,
    0x1.404174p-4f,
    0x1.489494p-4f,
    0x1.5107acp-4f,
    0x1.599adep-4f,
    0x1.624e4ep-4f,
    0x1.6b221ep-4f,
    0x1.74167p-4f,
    0x1.7d2b66p-4f,
    0x1.86612p-4f,
    0x1.8fb7cp-4f,
    0x1.992f68p-4f,
    0x1.a2c83ap-4f,
    0x1.ac8256p-4f,
    0x1.b65ddcp-4f,
    0x1.c05aecp-4f,
    0x1.ca79a8p-4f,
    0x1.d4ba3p-4f,
    0x1.df1ca2p-4f,
    0x1.e9a12p-4f,
    0x1.f447cap-4f,
    0x1.ff10bcp-4f,
    0x1.04fe0cp-3f,
    0x1.0a84fep-3f,
    0x1.101d44p-3f,
    0x1.15c6eep-3f,
    0x1.1b8208p-3f,
    0x1.214ea6p-3f,
    0x1.272cd4p-3f,
    0x1.2d1ca2p-3f,
    0x1.331e1ep-3f,
    0x1.393158p-3f,
    0x1.3f566p-3f,
    0x1.458d42p-3f,
    0x1.4bd60ep-3f,
    0x1.5230d4p-3f,
    0x1.589dap-3f,
    0x1.5f1c84p-3f,
    0x1.65ad8ap-3f,
    0x1.6c50c4p-3f,
    0x1.73063ep-3f,
    0x1.79ce06p-3f,
    0x1.80a82ep-3f,
    0x1.8794cp-3f,
    0x1.8e93ccp-3f,
    0x1.95a55ep-3f,
    0x1.9cc986p-3f,
    0x1.a40052p-3f,
    0x1.ab49cep-3f,
    0x1.b2a60ap-3f,
    0x1.ba1512p-3f,
    0x1.c196f4p-3f,
    0x1.c92bbep-3f,
    0x1.d0d37cp-3f,
    0x1.d88e3ep-3f,
    0x1.e05c0ep-3f,
    0x1.e83cfcp-3f,
    0x1.f03116p-3f,
    0x1.f83866p-3f,
    0x1.00297ep-2f,
    0x1.044072p-2f,
    0x1.086116p-2f,
    0x1.0c8b7p-2f,
    0x1.10bf86p-2f,
    0x1.14fd6p-2f,
    0x1.194502p-2f,
    0x1.1d9676p-2f,
    0x1.21f1bep-2f,
    0x1.2656e4p-2f,
    0x1.2ac5ecp-2f,
    0x1.2f3edep-2f,
    0x1.33c1cp-2f,
    0x1.384e98p-2f,
    0x1.3ce56cp-2f,
    0x1.418642p-2f,
    0x1.46312p-2f,
    0x1.4ae60ep-2f,
    0x1.4fa51p-2f,
    0x1.546e2cp-2f,
    0x1.59416cp-2f,
    0x1.5e1edp-2f,
    0x1.630664p-2f,
    0x1.67f82ap-2f,
    0x1.6cf428p-2f,
    0x1.71fa68p-2f,
    0x1.770aecp-2f,
    0x1.7c25bcp-2f,
    0x1.814adcp-2f,
    0x1.867a54p-2f,
    0x1.8bb428p-2f,
    0x1.90f86p-2f,
    0x1.9647p-2f,
    0x1.9ba01p-2f,
    0x1.a10394p-2f,
    0x1.a67192p-2f,
    0x1.abea1p-2f,
    0x1.b16d14p-2f,
    0x1.b6faa4p-2f,
    0x1.bc92c6p-2f,
    0x1.c2357ep-2f,
    0x1.c7e2d2p-2f,
    0x1.cd9acap-2f,
    0x1.d35d6ap-2f,
    0x1.d92ab6p-2f,
    0x1.df02b8p-2f,
    0x1.e4e57p-2f,
    0x1.ead2e8p-2f,
    0x1.f0cb26p-2f,
    0x1.f6ce2cp-2f,
    0x1.fcdcp-2f,
    0x1.017a56p-1f,
    0x1.048c18p-1f,
    0x1.07a34ap-1f,
    0x1.0abfeep-1f,
    0x1.0de208p-1f,
    0x1.11099ap-1f,
    0x1.1436a8p-1f,
    0x1.176932p-1f,
    0x1.1aa13ep-1f,
    0x1.1ddecap-1f,
    0x1.2121dep-1f,
    0x1.246a7ap-1f,
    0x1.27b8ap-1f,
    0x1.2b0c54p-1f,
    0x1.2e6598p-1f,
    0x1.31c46ep-1f,
    0x1.3528dcp-1f,
    0x1.3892ep-1f,
    0x1.3c028p-1f,
    0x1.3f77bcp-1f,
    0x1.42f29ap-1f,
    0x1.467318p-1f,
    0x1.49f93ep-1f,
    0x1.4d850ap-1f,
    0x1.511682p-1f,
    0x1.54ada4p-1f,
    0x1.584a78p-1f,
    0x1.5becfep-1f,
    0x1.5f9538p-1f,
    0x1.634328p-1f,
    0x1.66f6d4p-1f,
    0x1.6ab03ap-1f,
    0x1.6e6f6p-1f,
    0x1.723448p-1f,
    0x1.75fef4p-1f,
    0x1.79cf64p-1f,
    0x1.7da59ep-1f,
    0x1.8181a4p-1f,
    0x1.856378p-1f,
    0x1.894b1cp-1f,
    0x1.8d3892p-1f,
    0x1.912bdep-1f,
    0x1.9525p-1f,
    0x1.9923fep-1f,
    0x1.9d28d8p-1f,
    0x1.a13392p-1f,
    0x1.a5442cp-1f,
    0x1.a95aacp-1f,
    0x1.ad771p-1f,
    0x1.b1995ep-1f,
    0x1.b5c198p-1f,
    0x1.b9efbep-1f,
    0x1.be23d4p-1f,
    0x1.c25ddep-1f,
    0x1.c69ddcp-1f,
    0x1.cae3d2p-1f,
    0x1.cf2fcp-1f,
    0x1.d381aap-1f,
    0x1.d7d994p-1f,
    0x1.dc377ep-1f,
    0x1.e09b6ap-1f,
    0x1.e5055cp-1f,
    0x1.e97556p-1f,
    0x1.edeb5cp-1f,
    0x1.f2676cp-1f,
    0x1.f6e98cp-1f,
    0x1.fb71bcp-1f,
    0x1p+0f,
};

/*
 * The product of a 24-bit significand and an integer below 2^24 is exact in binary64. So is the sum
 * with one half of a product from 1/2 on, which has at most 49 bits; below, the sum stays below 1,
 * since the largest such product is 1/2 - 2^-49. Truncation is floor.
 */
uint32_t sl_f32_to_unorm(float value, unsigned bits)
{
    uint32_t max = (UINT32_C(1) << bits) - 1;
    if (!(value > 0.0f)) {
        return 0;
    }
    if (value >= 1.0f) {
        return max;
    }
    return (uint32_t)((double)value * max + 0.5);
}

/* Both operands are exact up to 24 bits, so this is the quotient rounded once. */
float sl_unorm_to_f32(uint32_t code, unsigned bits)
{
    return (float)code / (float)((UINT32_C(1) << bits) - 1);
}

/* Positive floats compare as their bits do. */
static inline uint8_t encode_srgb8(float value)
{
    uint32_t bits = value > 0.0f ? sl_f32_to_bits(value < 1.0f ? value : 1.0f) : 0;
    uint32_t run = bits >> SRGB8_RUN_SHIFT;
    uint32_t code = srgb8_runs[run > SRGB8_FIRST_RUN ? run - SRGB8_FIRST_RUN : 0];
    for (int i = 0; i < 3; i++) {
        code += srgb8_thresholds[code] <= bits;
    }
    return (uint8_t)code;
}

uint8_t sl_f32_to_srgb8(float value)
{
    return encode_srgb8(value);
}

void sl_f32s_to_srgb8(const float *values, size_t count, uint8_t *codes)
{
    for (size_t i = 0; i < count; i++) {
        codes[i] = encode_srgb8(values[i]);
    }
}

float sl_f32_saturate(float value)
{
    if (!(value > 0.0f)) {
        return 0.0f;
    }
    return value < 1.0f ? value : 1.0f;
}
