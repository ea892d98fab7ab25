/*
 * Decoding of block-compressed textures. A block holds 4 x 4 texels; decoding gives 16 texels of
 * R, G, B, A bytes, row by row. Every block decodes, whatever its bytes are. Colours are as stored:
 * whether they are linear or sRGB is up to the texture's format.
 */
#ifndef SL_RENDER_BC_H
#define SL_RENDER_BC_H

#include <stdint.h>

#define SL_BC_TEXELS_SIZE 64 /* bytes of a decoded block */

void sl_bc1_decode(const uint8_t block[static 8], uint8_t rgba[static SL_BC_TEXELS_SIZE]);
void sl_bc2_decode(const uint8_t block[static 16], uint8_t rgba[static SL_BC_TEXELS_SIZE]);
void sl_bc3_decode(const uint8_t block[static 16], uint8_t rgba[static SL_BC_TEXELS_SIZE]);
void sl_bc7_decode(const uint8_t block[static 16], uint8_t rgba[static SL_BC_TEXELS_SIZE]);

#endif
