/*
 * Every layout over random bytes cut at every length. The bytes lie in a block of exactly their
 * size, so that the sanitizers see each access outside. A case is a pure function of its number.
 */
#include "abi/abi.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(abi_hostile);

static uint32_t next(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Small numbers, zeros and all ones are likelier than chance would have them. */
static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
    uint32_t state = seed * 2654435761u + 1;
    for (size_t i = 0; i < size; i++) {
        uint32_t kind = next(&state) % 4;
        uint32_t r = next(&state);
        bytes[i] = kind == 0 ? 0 : kind == 1 ? 0xFF : kind == 2 ? (uint8_t)(r % 4) : (uint8_t)r;
    }
}

static void try_layout(const struct sl_abi_struct *layout, size_t size, uint32_t seed)
{
    uint8_t *wire = malloc(size ? size : 1);
    uint8_t *host = malloc(layout->size);
    uint8_t *back = malloc(layout->size);
    struct sl_buf out = {0};
    fill(wire, size, seed);
    sl_abi_decode(layout, wire, size, host);
    sl_abi_encode(layout, host, back);
    uint64_t needed = sl_abi_needed_size(layout, wire, size);
    cr_assert(needed >= layout->min_size, "%s seed %u", layout->name, seed);
    if (size >= layout->size) {
        cr_assert_eq(memcmp(back, wire, layout->size), 0, "%s seed %u", layout->name, seed);
    }
    sl_abi_print_struct(&out, layout, wire, size);
    cr_assert_not(out.failed);
    cr_assert(out.size < 1 << 20, "%s seed %u", layout->name, seed);
    sl_buf_finish(&out);
    free(back);
    free(host);
    free(wire);
}

static void try_abi(const struct sl_abi *abi, uint32_t rounds)
{
    for (size_t i = 0; i < abi->struct_count; i++) {
        const struct sl_abi_struct *s = &abi->structs[i];
        size_t step = s->size > 512 ? 61 : 1;
        for (size_t size = 0; size <= s->size + 64; size += step) {
            for (uint32_t seed = 0; seed < rounds; seed++) {
                try_layout(s, size, seed + (uint32_t)size * 7919u);
            }
        }
    }
}

Test(abi_hostile, aerogpu)
{
    try_abi(&sl_abi_aerogpu, 4);
}

Test(abi_hostile, virtio_gpu)
{
    try_abi(&sl_abi_virtio_gpu, 4);
}
