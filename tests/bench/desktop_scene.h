/* The picture that the benchmarks of traces record: a desktop that changes from frame to frame. */
#ifndef SL_TESTS_BENCH_DESKTOP_SCENE_H
#define SL_TESTS_BENCH_DESKTOP_SCENE_H

#include <stddef.h>
#include <stdint.h>

enum {
    DESKTOP_WIDTH = 1920,
    DESKTOP_HEIGHT = 1080,
    DESKTOP_SIZE = DESKTOP_WIDTH * DESKTOP_HEIGHT * 4,
};

static inline uint64_t desktop_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ (z >> 29);
}

static inline void desktop_pixel(uint8_t *bytes, size_t x, size_t y, uint32_t value)
{
    uint8_t *p = bytes + (y * DESKTOP_WIDTH + x) * 4;
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
    p[2] = (uint8_t)(value >> 16);
    p[3] = 255;
}

/* A desktop: a sloping background that changes per frame, windows, rows of small dark glyphs. */
static inline void desktop_draw(uint8_t *bytes, unsigned frame)
{
    uint64_t state = frame;
    for (size_t y = 0; y < DESKTOP_HEIGHT; y++) {
        for (size_t x = 0; x < DESKTOP_WIDTH; x++) {
            desktop_pixel(bytes, x, y, (uint32_t)((x + 3 * frame) / 8 | ((y + frame) / 8) << 8));
        }
    }
    for (int window = 0; window < 6; window++) {
        size_t left = desktop_random(&state) % (DESKTOP_WIDTH - 700);
        size_t top = desktop_random(&state) % (DESKTOP_HEIGHT - 450);
        for (size_t y = 0; y < 450; y++) {
            for (size_t x = 0; x < 700; x++) {
                desktop_pixel(bytes, left + x, top + y, 0xF0F0F0);
            }
        }
        for (size_t glyph = 0; glyph < 2400; glyph++) {
            uint64_t bits = desktop_random(&state);
            size_t gx = left + 10 + glyph % 80 * 8;
            size_t gy = top + 20 + glyph / 80 * 14;
            for (size_t i = 0; i < 63; i++) {
                if (bits >> i & 1) {
                    desktop_pixel(bytes, gx + i % 7, gy + i / 7, 0x202020);
                }
            }
        }
    }
}

#endif
