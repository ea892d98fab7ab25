#include "device/aerogpu/front.h"

#include <stdlib.h>
#include <string.h>

void sl_agpu_vram_finish(struct sl_agpu_vram *vram)
{
    for (size_t i = 0; i < SL_AGPU_VRAM_CHUNKS; i++) {
        free(vram->chunks[i]);
    }
    *vram = (struct sl_agpu_vram){0};
}

static uint8_t get(const struct sl_agpu_vram *vram, uint64_t offset)
{
    if (offset >= AEROGPU_PCI_BAR1_SIZE_BYTES) {
        return 0xFF;
    }
    const uint8_t *chunk = vram->chunks[offset / SL_AGPU_VRAM_CHUNK_SIZE];
    return chunk ? chunk[offset % SL_AGPU_VRAM_CHUNK_SIZE] : 0;
}

static void put(struct sl_agpu *dev, uint64_t offset, uint8_t byte)
{
    if (offset >= AEROGPU_PCI_BAR1_SIZE_BYTES) {
        return;
    }
    uint8_t **chunk = &dev->vram.chunks[offset / SL_AGPU_VRAM_CHUNK_SIZE];
    if (!*chunk) {
        *chunk = calloc(1, SL_AGPU_VRAM_CHUNK_SIZE);
        if (!*chunk) {
            sl_agpu_fail_memory(dev, SL_AGPU_VRAM_CHUNK_SIZE);
            return;
        }
    }
    (*chunk)[offset % SL_AGPU_VRAM_CHUNK_SIZE] = byte;
}

/* An offset past the aperture must not come back into it by wrapping around. */
uint64_t sl_agpu_vram_read(const struct sl_agpu *dev, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        bool past = offset >= AEROGPU_PCI_BAR1_SIZE_BYTES;
        value |= (uint64_t)(past ? 0xFF : get(&dev->vram, offset + i)) << (8 * i);
    }
    return value;
}

void sl_agpu_vram_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; offset < AEROGPU_PCI_BAR1_SIZE_BYTES && i < size; i++) {
        put(dev, offset + i, (uint8_t)(value >> (8 * i)));
    }
}

void sl_agpu_vram_copy_out(const struct sl_agpu *dev, uint32_t offset, uint8_t *out, size_t size)
{
    while (size > 0) {
        size_t into = offset % SL_AGPU_VRAM_CHUNK_SIZE;
        size_t left = SL_AGPU_VRAM_CHUNK_SIZE - into;
        size_t run = left < size ? left : size;
        const uint8_t *chunk = dev->vram.chunks[offset / SL_AGPU_VRAM_CHUNK_SIZE];
        if (chunk) {
            memcpy(out, chunk + into, run);
        } else {
            memset(out, 0, run);
        }
        out += run;
        offset += (uint32_t)run;
        size -= run;
    }
}
