#include "device/aerogpu/exec.h"

static struct sl_agpu_target subresource(struct sl_agpu_storage *storage,
                                         const struct sl_abi_format *format, uint32_t mip,
                                         uint32_t layer, uint32_t layer_count)
{
    return (struct sl_agpu_target){
        .storage = storage,
        .format = format,
        .mip = mip,
        .layer = layer,
        .layer_count = layer_count,
        .width = storage->layout.mips[mip].width,
        .height = storage->layout.mips[mip].height,
    };
}

struct sl_agpu_target sl_agpu_resolve_target(const struct sl_agpu_exec *exec, uint32_t handle)
{
    const struct sl_agpu_object *object = sl_agpu_find(exec, handle);
    if (object && object->kind == SL_AGPU_TEXTURE) {
        const struct sl_agpu_texture_layout *layout = &object->storage->layout;
        return subresource(object->storage, layout->format, 0, 0, layout->array_layers);
    }
    if (object && object->kind == SL_AGPU_VIEW) {
        const struct sl_agpu_view *view = &object->u.view;
        return subresource(object->storage, view->format, view->base_mip, view->base_layer,
                           view->layer_count);
    }
    return (struct sl_agpu_target){0};
}

/* A handle may name another kind of texture by now than when it was bound. */
static struct sl_agpu_target resolve(const struct sl_agpu_exec *exec, uint32_t handle, bool depth)
{
    struct sl_agpu_target target = sl_agpu_resolve_target(exec, handle);
    if (target.storage && (!sl_agpu_is_target_format(target.format) ||
                           sl_agpu_is_depth_format(target.format) != depth)) {
        return (struct sl_agpu_target){0};
    }
    return target;
}

struct sl_agpu_targets sl_agpu_resolve_targets(const struct sl_agpu_run *run)
{
    const struct sl_agpu_context *context = run->context;
    struct sl_agpu_targets targets = {0};
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        targets.color[i] = resolve(run->exec, context->color[i], false);
        targets.any |= targets.color[i].storage != NULL;
    }
    targets.depth = resolve(run->exec, context->depth, true);
    targets.any |= targets.depth.storage != NULL;
    struct sl_agpu_storage *fallback = run->exec->default_target;
    if (!targets.any && fallback) {
        targets.color[0] = subresource(fallback, fallback->layout.format, 0, 0, 1);
        targets.any = true;
    }
    return targets;
}

bool sl_agpu_default_target_create(struct sl_agpu_exec *exec)
{
    uint32_t width = exec->config.default_target_width;
    uint32_t height = exec->config.default_target_height;
    if (width == 0 || height == 0) {
        return true;
    }
    struct sl_agpu_texture_layout layout = {
        .format = sl_abi_find_format(&sl_abi_aerogpu, AEROGPU_FORMAT_R8G8B8A8_UNORM),
        .width = width,
        .height = height,
        .mip_levels = 1,
        .array_layers = 1,
    };
    sl_agpu_texture_layout_init(&layout, 0);
    struct sl_agpu_storage *storage = sl_agpu_storage_create(exec, layout.stored_layer_size);
    if (!storage) {
        return false;
    }
    storage->is_texture = true;
    storage->layout = layout;
    storage->linear_size = layout.layer_size;
    exec->default_target = storage;
    return true;
}

bool sl_agpu_is_depth_format(const struct sl_abi_format *format)
{
    return format->kind == SL_ABI_FORMAT_DEPTH || format->kind == SL_ABI_FORMAT_DEPTH_STENCIL;
}

bool sl_agpu_is_target_format(const struct sl_abi_format *format)
{
    return format->kind != SL_ABI_FORMAT_BLOCK;
}
