/*
 * A small image with straight alpha over a larger one, as both devices draw their cursors
 * (docs/numerics.md, "Cursor composition"). Pixels are R, G, B, A bytes.
 */
#ifndef SL_RENDER_OVERLAY_H
#define SL_RENDER_OVERLAY_H

#include <stdint.h>

/* The part of a side of the small image that lies on the large one: [begin, end), or both 0. */
struct sl_overlay_span {
    uint32_t begin;
    uint32_t end;
};

/* A side of size pixels placed at position at, which fits 33 bits, of a side of limit pixels. */
struct sl_overlay_span sl_overlay_clip(int64_t at, uint32_t size, uint32_t limit);

/*
 * count pixels of from over those of to. Where from has any alpha the result is opaque; the two do
 * not overlap.
 */
void sl_overlay_row(uint8_t *to, const uint8_t *from, uint32_t count);

#endif
