/* CLEAR: whole targets, in d3d9 contexts limited to the scissor. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "render/convert.h"

#include <string.h>

/* What to store and which bits of a texel it changes. */
struct fill {
    uint32_t value;
    uint32_t mask;
};

enum { D24_MASK = 0x00FFFFFF };

/* The byte of a missing alpha is stored as opaque. */
static uint32_t encode_8888(const char *channels, const float rgba[4], bool srgb)
{
    static const char order[] = "RGBA";
    uint32_t texel = 0;
    for (unsigned i = 0; i < 4; i++) {
        const char *at = strchr(order, channels[i]);
        uint32_t byte = 0xFF;
        if (at) {
            float value = rgba[at - order];
            byte = srgb && *at != 'A' ? sl_f32_to_srgb8(value) : sl_f32_to_unorm(value, 8);
        }
        texel |= byte << (8 * i);
    }
    return texel;
}

/* Red is on top in both 16-bit formats; neither has an sRGB form. */
static uint32_t encode_16(const struct sl_abi_format *format, const float rgba[4])
{
    bool has_alpha = format->value == AEROGPU_FORMAT_B5G5R5A1_UNORM;
    unsigned green_bits = has_alpha ? 5 : 6;
    uint32_t color = sl_f32_to_unorm(rgba[2], 5) | sl_f32_to_unorm(rgba[1], green_bits) << 5 |
                     sl_f32_to_unorm(rgba[0], 5) << (5 + green_bits);
    return has_alpha ? color | sl_f32_to_unorm(rgba[3], 1) << 15 : color;
}

/* The upstream D3D9 executor takes the sRGB formats for linear ones. */
static bool encodes_srgb(const struct sl_agpu_run *run, const struct sl_abi_format *format)
{
    bool ignores_formats =
        run->exec->config.profile_aero && run->context->flavour == SL_AGPU_FLAVOUR_D3D9;
    return (format->srgb && !ignores_formats) || run->context->srgb_write;
}

static struct fill color_fill(const struct sl_agpu_run *run, const struct sl_abi_format *format,
                              const struct aerogpu_cmd_clear *cmd)
{
    float rgba[4];
    for (size_t i = 0; i < 4; i++) {
        rgba[i] = sl_f32_from_bits(cmd->color_rgba_f32[i]);
    }
    if (format->bytes_per_block == 2) {
        return (struct fill){encode_16(format, rgba), 0xFFFF};
    }
    return (struct fill){encode_8888(format->channels, rgba, encodes_srgb(run, format)),
                         UINT32_MAX};
}

static struct fill depth_fill(const struct sl_abi_format *format,
                              const struct aerogpu_cmd_clear *cmd)
{
    float depth = sl_f32_from_bits(cmd->depth_f32);
    struct fill fill = {0};
    bool has_stencil = format->kind == SL_ABI_FORMAT_DEPTH_STENCIL;
    if (cmd->flags & AEROGPU_CLEAR_DEPTH) {
        fill.value =
            has_stencil ? sl_f32_to_unorm(depth, 24) : sl_f32_to_bits(sl_f32_saturate(depth));
        fill.mask = has_stencil ? D24_MASK : UINT32_MAX;
    }
    if (has_stencil && (cmd->flags & AEROGPU_CLEAR_STENCIL)) {
        fill.value |= (cmd->stencil & 0xFF) << 24;
        fill.mask |= ~(uint32_t)D24_MASK;
    }
    return fill;
}

static uint32_t clamp(int64_t value, uint32_t limit)
{
    return value < 0 ? 0 : value > limit ? limit : (uint32_t)value;
}

static struct sl_agpu_rect clear_area(const struct sl_agpu_context *context,
                                      const struct sl_agpu_target *target)
{
    const struct sl_agpu_scissor *scissor = &context->scissor;
    if (context->flavour != SL_AGPU_FLAVOUR_D3D9 || !context->rasterizer.scissor_enable ||
        !scissor->is_set) {
        return (struct sl_agpu_rect){0, 0, target->width, target->height};
    }
    if (scissor->width <= 0 || scissor->height <= 0) {
        return (struct sl_agpu_rect){0};
    }
    return (struct sl_agpu_rect){
        .left = clamp(scissor->x, target->width),
        .top = clamp(scissor->y, target->height),
        .right = clamp((int64_t)scissor->x + scissor->width, target->width),
        .bottom = clamp((int64_t)scissor->y + scissor->height, target->height),
    };
}

static void fill_row(uint8_t *row, uint32_t count, unsigned bytes_per_texel, struct fill fill)
{
    for (uint32_t i = 0; i < count; i++, row += bytes_per_texel) {
        uint32_t old = (uint32_t)sl_get_le(row, bytes_per_texel);
        sl_put_le(row, bytes_per_texel, (old & ~fill.mask) | (fill.value & fill.mask));
    }
}

/* Later rows are copies of the first where the fill replaces every bit. */
static void fill_target(struct sl_agpu_run *run, const struct sl_agpu_target *target,
                        struct fill fill)
{
    const struct sl_agpu_texture_layout *layout = &target->storage->layout;
    struct sl_agpu_rect area = clear_area(run->context, target);
    if (area.left >= area.right || area.top >= area.bottom) {
        return;
    }
    sl_agpu_inspect_rect(run, target->storage, target->mip, target->layer, area);
    unsigned bytes_per_texel = target->format->bytes_per_block;
    uint64_t pitch = layout->mips[target->mip].row_bytes;
    uint8_t *first = target->storage->bytes +
                     sl_agpu_texture_stored(layout, target->mip, target->layer) + area.top * pitch +
                     (uint64_t)area.left * bytes_per_texel;
    uint32_t count = area.right - area.left;
    bool replaces = fill.mask == (bytes_per_texel == 2 ? 0xFFFF : UINT32_MAX);
    fill_row(first, count, bytes_per_texel, fill);
    for (uint32_t y = area.top + 1; y < area.bottom; y++) {
        uint8_t *row = first + (y - area.top) * pitch;
        if (replaces) {
            memcpy(row, first, (size_t)count * bytes_per_texel);
        } else {
            fill_row(row, count, bytes_per_texel, fill);
        }
    }
    sl_agpu_work(run, (uint64_t)count * bytes_per_texel * (area.bottom - area.top));
}

/* The targets this clear touches; others become empty. */
static void select_targets(struct sl_agpu_targets *targets, uint32_t flags)
{
    if (!(flags & AEROGPU_CLEAR_COLOR)) {
        memset(targets->color, 0, sizeof(targets->color));
    }
    bool depth = flags & AEROGPU_CLEAR_DEPTH;
    bool stencil = flags & AEROGPU_CLEAR_STENCIL;
    if (targets->depth.storage && targets->depth.format->kind != SL_ABI_FORMAT_DEPTH_STENCIL) {
        stencil = false;
    }
    if (!depth && !stencil) {
        targets->depth = (struct sl_agpu_target){0};
    }
}

static enum sl_agpu_class check_refresh(struct sl_agpu_run *run,
                                        const struct sl_agpu_targets *targets)
{
    enum sl_agpu_class class_ = SL_AGPU_OK;
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS && class_ == SL_AGPU_OK; i++) {
        if (targets->color[i].storage) {
            class_ = sl_agpu_refresh_check(run, targets->color[i].storage);
        }
    }
    if (class_ == SL_AGPU_OK && targets->depth.storage) {
        class_ = sl_agpu_refresh_check(run, targets->depth.storage);
    }
    return class_;
}

enum sl_agpu_class sl_agpu_cmd_clear(struct sl_agpu_run *run, const struct sl_agpu_packet *packet)
{
    static const uint32_t known = AEROGPU_CLEAR_COLOR | AEROGPU_CLEAR_DEPTH | AEROGPU_CLEAR_STENCIL;
    struct aerogpu_cmd_clear cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_targets targets = sl_agpu_resolve_targets(run);
    if (!(cmd.flags & known)) {
        return SL_AGPU_OK;
    }
    if (!targets.any) {
        return run->context->flavour == SL_AGPU_FLAVOUR_D3D9
                   ? sl_agpu_fail(run, SL_AGPU_INCOMPLETE_STATE, "no target is bound")
                   : SL_AGPU_OK;
    }
    select_targets(&targets, cmd.flags);
    enum sl_agpu_class class_ = check_refresh(run, &targets);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        const struct sl_agpu_target *target = &targets.color[i];
        if (target->storage) {
            sl_agpu_refresh(run, target->storage);
            fill_target(run, target, color_fill(run, target->format, &cmd));
        }
    }
    if (targets.depth.storage) {
        sl_agpu_refresh(run, targets.depth.storage);
        fill_target(run, &targets.depth, depth_fill(targets.depth.format, &cmd));
    }
    return SL_AGPU_OK;
}
