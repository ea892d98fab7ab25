/*
 * The container's checksum: the block function of MD5 (RFC 1321) with another padding. The last
 * block starts with the length in bits and ends with a second word made of it, where MD5 ends with
 * a length of 64 bits.
 */
#include "bytecode/dxbc.h"

#include "base/bytes.h"

#include <string.h>

#define BLOCK_BYTES 64u
#define DIGEST_START 20u

static const uint32_t sines[64] = {
    0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
    0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
    0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
    0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
    0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
    0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
    0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
    0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391,
};

static const uint8_t shifts[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    switch (round) {
    case 0:
        return (b & c) | (~b & d);
    case 1:
        return (d & b) | (~d & c);
    case 2:
        return b ^ c ^ d;
    default:
        return c ^ (b | ~d);
    }
}

static void transform(uint32_t state[4], const uint8_t *block)
{
    static const uint8_t steps[4] = {1, 5, 3, 7};
    static const uint8_t starts[4] = {0, 1, 5, 0};

    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        unsigned round = i / 16;
        unsigned word = (starts[round] + steps[round] * (i % 16)) % 16;
        uint32_t sum = a + mix(round, b, c, d) + sines[i] + sl_get_le32(block + 4 * (size_t)word);
        unsigned shift = shifts[round][i % 4];
        a = d;
        d = c;
        c = b;
        b += sum << shift | sum >> (32 - shift);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void sl_dxbc_digest(const uint8_t *bytes, size_t size, uint8_t digest[static 16])
{
    uint32_t state[4] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
    size_t left = size > DIGEST_START ? size - DIGEST_START : 0;
    const uint8_t *p = bytes + (size - left);
    uint32_t bits = (uint32_t)(left * 8);

    for (; left >= BLOCK_BYTES; left -= BLOCK_BYTES, p += BLOCK_BYTES) {
        transform(state, p);
    }
    uint8_t block[BLOCK_BYTES] = {0};
    if (left >= 56) {
        memcpy(block, p, left);
        block[left] = 0x80;
        transform(state, block);
        memset(block, 0, sizeof(block));
    } else {
        memcpy(block + 4, p, left);
        block[4 + left] = 0x80;
    }
    sl_put_le32(block, bits);
    sl_put_le32(block + 60, bits >> 2 | 1);
    transform(state, block);
    for (size_t i = 0; i < 4; i++) {
        sl_put_le32(digest + 4 * i, state[i]);
    }
}
