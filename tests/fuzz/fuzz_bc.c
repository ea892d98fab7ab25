/*
 * The block decoders, 16 bytes at a time through all four. Blocks that hold the same colours must
 * agree about them, and formats or modes without alpha must be opaque.
 */
#include "base/bytes.h"
#include "fuzz.h"
#include "render/bc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool same_colors(const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < SL_BC_TEXELS_SIZE; i++) {
        if (i % 4 != 3 && a[i] != b[i]) {
            return false;
        }
    }
    return true;
}

static bool is_opaque(const uint8_t *rgba)
{
    for (unsigned i = 3; i < SL_BC_TEXELS_SIZE; i += 4) {
        if (rgba[i] != 255) {
            return false;
        }
    }
    return true;
}

static void check_block(const uint8_t *block)
{
    uint8_t bc1[SL_BC_TEXELS_SIZE];
    uint8_t bc2[SL_BC_TEXELS_SIZE];
    uint8_t bc3[SL_BC_TEXELS_SIZE];
    uint8_t bc7[SL_BC_TEXELS_SIZE];
    sl_bc1_decode(block + 8, bc1);
    sl_bc2_decode(block, bc2);
    sl_bc3_decode(block, bc3);
    sl_bc7_decode(block, bc7);
    bool four_colors = sl_get_le16(block + 8) > sl_get_le16(block + 10);
    if (!same_colors(bc2, bc3) || (four_colors && (!same_colors(bc1, bc2) || !is_opaque(bc1))) ||
        (block[0] % 16 != 0 && !is_opaque(bc7))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size; at += 16) {
        uint8_t block[16] = {0};
        memcpy(block, data + at, size - at < 16 ? size - at : 16);
        check_block(block);
    }
    return 0;
}
