#include "render/overlay.h"

struct sl_overlay_span sl_overlay_clip(int64_t at, uint32_t size, uint32_t limit)
{
    int64_t begin = at < 0 ? -at : 0;
    int64_t end = (int64_t)limit - at < size ? (int64_t)limit - at : size;
    if (begin >= end) {
        return (struct sl_overlay_span){0};
    }
    return (struct sl_overlay_span){.begin = (uint32_t)begin, .end = (uint32_t)end};
}

/* s * a + d * (255 - a) + 127 is at most 255 * 255 + 127. */
static uint8_t blend(unsigned s, unsigned d, unsigned a)
{
    return (uint8_t)((s * a + d * (255 - a) + 127) / 255);
}

void sl_overlay_row(uint8_t *to, const uint8_t *from, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++, to += 4, from += 4) {
        unsigned alpha = from[3];
        if (alpha == 0) {
            continue;
        }
        for (unsigned c = 0; c < 3; c++) {
            to[c] = blend(from[c], to[c], alpha);
        }
        to[3] = 0xFF;
    }
}
