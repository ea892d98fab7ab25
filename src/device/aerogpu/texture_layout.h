/*
 * Where the bytes of a texture are. Packets and guest memory address its linear image, in which
 * rows of mip 0 may be padded; the host stores the same image without the padding.
 */
#ifndef SL_DEVICE_AEROGPU_TEXTURE_LAYOUT_H
#define SL_DEVICE_AEROGPU_TEXTURE_LAYOUT_H

#include "abi/abi.h"

#define SL_AGPU_MIPS_MAX 15u /* of a texture 16384 wide or high */

/* A mip level, of any layer. Rows are rows of blocks. */
struct sl_agpu_mip {
    uint32_t width; /* texels */
    uint32_t height;
    uint32_t rows;
    uint32_t row_bytes; /* without padding */
    uint32_t pitch;     /* in the linear image */
    uint64_t offset;    /* of mip in its layer of the linear image */
    uint64_t stored;    /* the same in the stored image */
};

struct sl_agpu_texture_layout {
    const struct sl_abi_format *format;
    uint32_t width;
    uint32_t height;
    uint32_t mip_levels;
    uint32_t array_layers;
    uint64_t layer_size;        /* of the linear image */
    uint64_t stored_layer_size; /* of the stored image */
    struct sl_agpu_mip mips[SL_AGPU_MIPS_MAX];
};

/*
 * Fills in everything from the first five members and the pitch of mip 0 (0 = no padding). All are
 * within the limits of a texture and the pitch is 0 or large enough; then nothing overflows.
 */
void sl_agpu_texture_layout_init(struct sl_agpu_texture_layout *layout, uint32_t row_pitch_bytes);

/* Byte offset of a subresource in the linear or the stored image. */
uint64_t sl_agpu_texture_offset(const struct sl_agpu_texture_layout *layout, uint32_t mip,
                                uint32_t layer);
uint64_t sl_agpu_texture_stored(const struct sl_agpu_texture_layout *layout, uint32_t mip,
                                uint32_t layer);

/* A piece of the linear image that is contiguous in both images, or padding. */
struct sl_agpu_texture_run {
    uint64_t size;
    uint64_t stored;
    bool is_padding;
};

/* The longest run from offset, which is inside the linear image. */
struct sl_agpu_texture_run sl_agpu_texture_run_at(const struct sl_agpu_texture_layout *layout,
                                                  uint64_t offset);

#endif
