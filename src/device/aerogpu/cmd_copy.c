/* COPY_BUFFER and COPY_TEXTURE2D, with write-back to guest memory. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/checked.h"

#include <inttypes.h>
#include <string.h>

static enum sl_agpu_class check_flags(struct sl_agpu_run *run, uint32_t flags)
{
    if (flags & ~(uint32_t)AEROGPU_COPY_FLAG_WRITEBACK_DST) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "flags 0x%" PRIx32, flags);
    }
    return SL_AGPU_OK;
}

static enum sl_agpu_class find_pair(struct sl_agpu_run *run, enum sl_agpu_kind kind,
                                    const uint32_t handle[2], struct sl_agpu_storage *storage[2])
{
    for (size_t i = 0; i < 2; i++) {
        struct sl_agpu_object *object = sl_agpu_find_kind(run->exec, handle[i], kind);
        if (!object) {
            return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no %s", handle[i],
                                kind == SL_AGPU_BUFFER ? "buffer" : "texture");
        }
        storage[i] = object->storage;
    }
    return SL_AGPU_OK;
}

/* Everything that can still fail before bytes move, in the order of the checks. */
static enum sl_agpu_class check_guest(struct sl_agpu_run *run, struct sl_agpu_storage *storage[2],
                                      uint32_t flags, uint64_t offset, uint64_t size)
{
    enum sl_agpu_class class_ = SL_AGPU_OK;
    if (flags & AEROGPU_COPY_FLAG_WRITEBACK_DST) {
        class_ = sl_agpu_writeback_check(run, storage[0], offset, size);
    }
    for (size_t i = 0; i < 2 && class_ == SL_AGPU_OK; i++) {
        class_ = sl_agpu_refresh_check(run, storage[i]);
    }
    return class_;
}

static bool overlap(uint64_t a, uint64_t b, uint64_t size)
{
    return a < b + size && b < a + size;
}

static enum sl_agpu_class check_buffer_copy(struct sl_agpu_run *run,
                                            const struct aerogpu_cmd_copy_buffer *cmd,
                                            struct sl_agpu_storage *storage[2])
{
    uint64_t offset[2] = {cmd->dst_offset_bytes, cmd->src_offset_bytes};
    if (offset[0] % 4 || offset[1] % 4 || cmd->size_bytes % 4) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "offsets and size must be multiples of 4");
    }
    for (size_t i = 0; i < 2; i++) {
        if (!sl_range_fits(offset[i], cmd->size_bytes, storage[i]->size)) {
            return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                                "%s %" PRIu64 " + %" PRIu64 " of %" PRIu64 " bytes",
                                i ? "source" : "destination", offset[i], (uint64_t)cmd->size_bytes,
                                storage[i]->size);
        }
    }
    if (storage[0] == storage[1] && overlap(offset[0], offset[1], cmd->size_bytes)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "source and destination overlap");
    }
    return check_guest(run, storage, cmd->flags, offset[0], cmd->size_bytes);
}

enum sl_agpu_class sl_agpu_cmd_copy_buffer(struct sl_agpu_run *run,
                                           const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_copy_buffer cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_storage *storage[2];
    enum sl_agpu_class class_ = check_flags(run, cmd.flags);
    if (class_ != SL_AGPU_OK || cmd.size_bytes == 0) {
        return class_;
    }
    class_ = find_pair(run, SL_AGPU_BUFFER, (uint32_t[2]){cmd.dst_buffer, cmd.src_buffer}, storage);
    if (class_ == SL_AGPU_OK) {
        class_ = check_buffer_copy(run, &cmd, storage);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_refresh(run, storage[1]);
    sl_agpu_refresh(run, storage[0]);
    uint8_t *to = storage[0]->bytes + cmd.dst_offset_bytes;
    memcpy(to, storage[1]->bytes + cmd.src_offset_bytes, (size_t)cmd.size_bytes);
    sl_agpu_work(run, cmd.size_bytes);
    if (cmd.flags & AEROGPU_COPY_FLAG_WRITEBACK_DST) {
        class_ = sl_agpu_writeback(run, storage[0], cmd.dst_offset_bytes, to, cmd.size_bytes);
    }
    return class_;
}

/* One side of a texture copy; texels. */
struct corner {
    const struct sl_agpu_texture_layout *layout;
    uint32_t mip;
    uint32_t layer;
    uint32_t x;
    uint32_t y;
};

/* The copied rectangle in whole blocks, as bytes of one side. */
struct rows {
    uint64_t linear; /* offset of the first row in the linear image */
    uint64_t stored;
    uint32_t linear_pitch;
    uint32_t stored_pitch;
};

static enum sl_agpu_class check_inside(struct sl_agpu_run *run, const struct corner *corner,
                                       uint32_t width, uint32_t height)
{
    const struct sl_agpu_texture_layout *layout = corner->layout;
    if (corner->mip >= layout->mip_levels || corner->layer >= layout->array_layers) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS, "mip %" PRIu32 " layer %" PRIu32,
                            corner->mip, corner->layer);
    }
    const struct sl_agpu_mip *mip = &layout->mips[corner->mip];
    if (!sl_range_fits(corner->x, width, mip->width) ||
        !sl_range_fits(corner->y, height, mip->height)) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                            "%" PRIu32 ",%" PRIu32 " + %" PRIu32 "x%" PRIu32 " of %" PRIu32
                            "x%" PRIu32,
                            corner->x, corner->y, width, height, mip->width, mip->height);
    }
    return SL_AGPU_OK;
}

/* Whole blocks, or up to the right and bottom edge of both sides. */
static enum sl_agpu_class check_blocks(struct sl_agpu_run *run, const struct corner corner[2],
                                       uint32_t width, uint32_t height)
{
    const struct sl_abi_format *format = corner[0].layout->format;
    bool whole_x = width % format->block_width == 0;
    bool whole_y = height % format->block_height == 0;
    bool at_right = true;
    bool at_bottom = true;
    for (size_t i = 0; i < 2; i++) {
        const struct sl_agpu_mip *mip = &corner[i].layout->mips[corner[i].mip];
        if (corner[i].x % format->block_width || corner[i].y % format->block_height) {
            return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "%" PRIu32 ",%" PRIu32 " splits a block",
                                corner[i].x, corner[i].y);
        }
        at_right = at_right && corner[i].x + width == mip->width;
        at_bottom = at_bottom && corner[i].y + height == mip->height;
    }
    if ((!whole_x && !at_right) || (!whole_y && !at_bottom)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "%" PRIu32 "x%" PRIu32 " splits a block", width,
                            height);
    }
    return SL_AGPU_OK;
}

static struct rows locate(const struct corner *corner)
{
    const struct sl_agpu_texture_layout *layout = corner->layout;
    const struct sl_agpu_mip *mip = &layout->mips[corner->mip];
    uint32_t row = corner->y / layout->format->block_height;
    uint64_t in_row =
        (uint64_t)(corner->x / layout->format->block_width) * layout->format->bytes_per_block;
    return (struct rows){
        .linear = sl_agpu_texture_offset(layout, corner->mip, corner->layer) +
                  (uint64_t)row * mip->pitch + in_row,
        .stored = sl_agpu_texture_stored(layout, corner->mip, corner->layer) +
                  (uint64_t)row * mip->row_bytes + in_row,
        .linear_pitch = mip->pitch,
        .stored_pitch = mip->row_bytes,
    };
}

/* X channels have no value of their own: the guest sees them opaque. */
static enum sl_agpu_class write_back_row(struct sl_agpu_run *run,
                                         const struct sl_agpu_storage *storage, uint64_t offset,
                                         const uint8_t *row, uint32_t size)
{
    uint8_t opaque[4 * 1024];
    const struct sl_abi_format *format = storage->layout.format;
    if (!format->opaque_alpha || format->bytes_per_block != 4) {
        return sl_agpu_writeback(run, storage, offset, row, size);
    }
    enum sl_agpu_class class_ = SL_AGPU_OK;
    for (uint32_t done = 0; done < size && class_ == SL_AGPU_OK;) {
        uint32_t n = size - done < sizeof(opaque) ? size - done : (uint32_t)sizeof(opaque);
        memcpy(opaque, row + done, n);
        for (uint32_t i = 3; i < n; i += 4) {
            opaque[i] = 0xFF;
        }
        class_ = sl_agpu_writeback(run, storage, offset + done, opaque, n);
        done += n;
    }
    return class_;
}

static bool same_subresource_overlap(const struct corner corner[2], uint32_t width, uint32_t height)
{
    return corner[0].mip == corner[1].mip && corner[0].layer == corner[1].layer &&
           overlap(corner[0].x, corner[1].x, width) && overlap(corner[0].y, corner[1].y, height);
}

static enum sl_agpu_class check_texture_copy(struct sl_agpu_run *run, const struct corner corner[2],
                                             const struct aerogpu_cmd_copy_texture2d *cmd,
                                             struct sl_agpu_storage *storage[2])
{
    if (corner[0].layout->format != corner[1].layout->format) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "formats %" PRIu32 " and %" PRIu32 " differ",
                            corner[0].layout->format->value, corner[1].layout->format->value);
    }
    enum sl_agpu_class class_ = SL_AGPU_OK;
    for (size_t i = 0; i < 2 && class_ == SL_AGPU_OK; i++) {
        class_ = check_inside(run, &corner[i], cmd->width, cmd->height);
    }
    if (class_ == SL_AGPU_OK) {
        class_ = check_blocks(run, corner, cmd->width, cmd->height);
    }
    if (class_ == SL_AGPU_OK && storage[0] == storage[1] &&
        same_subresource_overlap(corner, cmd->width, cmd->height)) {
        class_ = sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "source and destination overlap");
    }
    return class_;
}

static void watch_copy(struct sl_agpu_run *run, struct sl_agpu_storage *const storage[2],
                       const struct aerogpu_cmd_copy_texture2d *cmd)
{
    const struct sl_agpu_rect to = {
        .left = cmd->dst_x,
        .top = cmd->dst_y,
        .right = cmd->dst_x + cmd->width,
        .bottom = cmd->dst_y + cmd->height,
    };
    const struct sl_texel corner = {
        .mip = cmd->src_mip_level,
        .layer = cmd->src_array_layer,
        .x = cmd->src_x,
        .y = cmd->src_y,
    };
    if (sl_agpu_inspect_rect(run, storage[0], cmd->dst_mip_level, cmd->dst_array_layer, to)) {
        sl_agpu_inspect_copy(run, storage[1], &corner, &to);
    }
}

enum sl_agpu_class sl_agpu_cmd_copy_texture2d(struct sl_agpu_run *run,
                                              const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_copy_texture2d cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_storage *storage[2];
    enum sl_agpu_class class_ = check_flags(run, cmd.flags);
    if (class_ != SL_AGPU_OK || cmd.width == 0 || cmd.height == 0) {
        return class_;
    }
    class_ =
        find_pair(run, SL_AGPU_TEXTURE, (uint32_t[2]){cmd.dst_texture, cmd.src_texture}, storage);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    const struct corner corner[2] = {
        {&storage[0]->layout, cmd.dst_mip_level, cmd.dst_array_layer, cmd.dst_x, cmd.dst_y},
        {&storage[1]->layout, cmd.src_mip_level, cmd.src_array_layer, cmd.src_x, cmd.src_y},
    };
    class_ = check_texture_copy(run, corner, &cmd, storage);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    const struct sl_abi_format *format = storage[0]->layout.format;
    struct rows to = locate(&corner[0]);
    struct rows from = locate(&corner[1]);
    uint32_t row_count = (cmd.height + format->block_height - 1) / format->block_height;
    uint32_t row_bytes =
        (cmd.width + format->block_width - 1) / format->block_width * format->bytes_per_block;
    class_ = check_guest(run, storage, cmd.flags, to.linear,
                         (uint64_t)(row_count - 1) * to.linear_pitch + row_bytes);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_refresh(run, storage[1]);
    sl_agpu_refresh(run, storage[0]);
    sl_agpu_work(run, (uint64_t)row_count * row_bytes);
    for (uint32_t i = 0; i < row_count && class_ == SL_AGPU_OK; i++) {
        uint8_t *row = storage[0]->bytes + to.stored + (uint64_t)i * to.stored_pitch;
        memcpy(row, storage[1]->bytes + from.stored + (uint64_t)i * from.stored_pitch, row_bytes);
        if (cmd.flags & AEROGPU_COPY_FLAG_WRITEBACK_DST) {
            class_ = write_back_row(run, storage[0], to.linear + (uint64_t)i * to.linear_pitch, row,
                                    row_bytes);
        }
    }
    watch_copy(run, storage, &cmd);
    return class_;
}
