#include "device/aerogpu/texture_layout.h"

static uint32_t mip_extent(uint32_t extent, uint32_t mip)
{
    return extent >> mip ? extent >> mip : 1;
}

static uint32_t blocks(uint32_t texels, uint32_t block)
{
    return (texels + block - 1) / block;
}

void sl_agpu_texture_layout_init(struct sl_agpu_texture_layout *layout, uint32_t row_pitch_bytes)
{
    const struct sl_abi_format *format = layout->format;
    uint64_t offset = 0;
    uint64_t stored = 0;
    for (uint32_t i = 0; i < layout->mip_levels; i++) {
        struct sl_agpu_mip *mip = &layout->mips[i];
        uint32_t width = mip_extent(layout->width, i);
        uint32_t height = mip_extent(layout->height, i);
        uint32_t row_bytes = blocks(width, format->block_width) * format->bytes_per_block;
        *mip = (struct sl_agpu_mip){
            .width = width,
            .height = height,
            .rows = blocks(height, format->block_height),
            .row_bytes = row_bytes,
            .pitch = i == 0 && row_pitch_bytes ? row_pitch_bytes : row_bytes,
            .offset = offset,
            .stored = stored,
        };
        offset += (uint64_t)mip->pitch * mip->rows;
        stored += (uint64_t)mip->row_bytes * mip->rows;
    }
    layout->layer_size = offset;
    layout->stored_layer_size = stored;
}

uint64_t sl_agpu_texture_offset(const struct sl_agpu_texture_layout *layout, uint32_t mip,
                                uint32_t layer)
{
    return layer * layout->layer_size + layout->mips[mip].offset;
}

uint64_t sl_agpu_texture_stored(const struct sl_agpu_texture_layout *layout, uint32_t mip,
                                uint32_t layer)
{
    return layer * layout->stored_layer_size + layout->mips[mip].stored;
}

struct sl_agpu_texture_run sl_agpu_texture_run_at(const struct sl_agpu_texture_layout *layout,
                                                  uint64_t offset)
{
    uint64_t layer = offset / layout->layer_size;
    uint64_t in_layer = offset % layout->layer_size;
    uint32_t i = layout->mip_levels - 1;
    while (layout->mips[i].offset > in_layer) {
        i--;
    }
    const struct sl_agpu_mip *mip = &layout->mips[i];
    uint64_t in_mip = in_layer - mip->offset;
    uint64_t base = layer * layout->stored_layer_size + mip->stored;
    if (mip->pitch == mip->row_bytes) {
        return (struct sl_agpu_texture_run){
            .size = (uint64_t)mip->pitch * mip->rows - in_mip,
            .stored = base + in_mip,
        };
    }
    uint64_t row = in_mip / mip->pitch;
    uint64_t in_row = in_mip % mip->pitch;
    if (in_row >= mip->row_bytes) {
        return (struct sl_agpu_texture_run){.size = mip->pitch - in_row, .is_padding = true};
    }
    return (struct sl_agpu_texture_run){
        .size = mip->row_bytes - in_row,
        .stored = base + row * mip->row_bytes + in_row,
    };
}
