/* Buffers, textures and views: creation, destruction, dirty ranges, uploads. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/checked.h"

#include <inttypes.h>

enum { BUFFER_SIZE_MAX = INT32_MAX - 3 };

/* What a resource is created from. The storage's own fields are the same, once it exists. */
struct request {
    uint32_t handle;
    enum sl_agpu_kind kind;
    uint32_t usage_flags;
    struct sl_agpu_texture_layout layout;
    uint64_t linear_size;
    uint64_t stored_size;
    uint32_t backing_alloc_id;
    uint32_t backing_offset_bytes;
};

static bool same_description(const struct sl_agpu_storage *storage, const struct request *request)
{
    const struct sl_agpu_texture_layout *a = &storage->layout;
    const struct sl_agpu_texture_layout *b = &request->layout;
    return storage->usage_flags == request->usage_flags && storage->size == request->stored_size &&
           (storage->is_texture || storage->linear_size == request->linear_size) &&
           a->format == b->format && a->width == b->width && a->height == b->height &&
           a->mip_levels == b->mip_levels && a->array_layers == b->array_layers;
}

/* The live original of the same description under this handle, or NULL with *class_ set. */
static struct sl_agpu_storage *
find_rebindable(struct sl_agpu_run *run, const struct request *request, enum sl_agpu_class *class_)
{
    struct sl_agpu_object *object = sl_agpu_find_kind(run->exec, request->handle, request->kind);
    if (object && object->storage->original == request->handle &&
        same_description(object->storage, request)) {
        *class_ = SL_AGPU_OK;
        return object->storage;
    }
    *class_ = sl_agpu_check_free_handle(run, request->handle);
    return NULL;
}

static enum sl_agpu_class check_backing(struct sl_agpu_run *run, const struct request *request)
{
    if (request->backing_alloc_id == 0) {
        return SL_AGPU_OK;
    }
    const struct sl_agpu_storage backing = {
        .backing_alloc_id = request->backing_alloc_id,
        .backing_offset_bytes = request->backing_offset_bytes,
    };
    const struct sl_agpu_alloc *alloc;
    return sl_agpu_backing_check(run, &backing, 0, request->linear_size, &alloc);
}

static struct sl_agpu_storage *make_storage(struct sl_agpu_run *run, const struct request *request)
{
    struct sl_agpu_exec *exec = run->exec;
    struct sl_agpu_storage *storage = sl_agpu_storage_create(exec, request->stored_size);
    if (!storage) {
        return NULL;
    }
    struct sl_agpu_object *object = NULL;
    if (sl_agpu_dirty_reserve(&storage->implicit)) {
        object = sl_agpu_add(exec, request->handle, request->kind);
    }
    if (!object) {
        sl_agpu_storage_destroy(exec, storage);
        return NULL;
    }
    object->storage = storage;
    storage->is_texture = request->kind == SL_AGPU_TEXTURE;
    storage->original = request->handle;
    storage->handle_count = 1;
    storage->usage_flags = request->usage_flags;
    return storage;
}

/* Creation, or rebinding of a live resource to other guest memory: content stays. */
static enum sl_agpu_class create(struct sl_agpu_run *run, const struct request *request)
{
    enum sl_agpu_class class_;
    struct sl_agpu_storage *storage = find_rebindable(run, request, &class_);
    if (class_ == SL_AGPU_OK) {
        class_ = check_backing(run, request);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    bool room = storage ? sl_agpu_dirty_reserve(&storage->implicit)
                        : (storage = make_storage(run, request)) != NULL;
    if (!room) {
        return sl_agpu_fail_host_memory(run, request->stored_size);
    }
    storage->layout = request->layout;
    storage->linear_size = request->linear_size;
    storage->backing_alloc_id = request->backing_alloc_id;
    storage->backing_offset_bytes = request->backing_offset_bytes;
    sl_agpu_dirty_clear(&storage->dirty);
    sl_agpu_dirty_clear(&storage->implicit);
    if (request->backing_alloc_id != 0) {
        sl_agpu_dirty_add(&storage->implicit, 0, request->linear_size);
    }
    return SL_AGPU_OK;
}

/* The upstream D3D11 executor rounds odd sizes up, the D3D9 executor refuses them. */
static bool pads_buffers(const struct sl_agpu_run *run)
{
    return run->exec->config.profile_aero && run->context->flavour != SL_AGPU_FLAVOUR_D3D9;
}

enum sl_agpu_class sl_agpu_cmd_create_buffer(struct sl_agpu_run *run,
                                             const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_create_buffer cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.buffer_handle == 0) {
        return sl_agpu_check_free_handle(run, 0);
    }
    bool pads = pads_buffers(run);
    if (cmd.size_bytes == 0 || (cmd.size_bytes % 4 && !pads) || cmd.size_bytes > BUFFER_SIZE_MAX) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                            "size_bytes %" PRIu64 " is not a multiple of 4 in 4..2^31-4",
                            (uint64_t)cmd.size_bytes);
    }
    const struct request request = {
        .handle = cmd.buffer_handle,
        .kind = SL_AGPU_BUFFER,
        .usage_flags = cmd.usage_flags,
        .linear_size = cmd.size_bytes,
        .stored_size = (cmd.size_bytes + 3) / 4 * 4,
        .backing_alloc_id = cmd.backing_alloc_id,
        .backing_offset_bytes = cmd.backing_offset_bytes,
    };
    return create(run, &request);
}

static uint32_t max_mips(uint32_t width, uint32_t height)
{
    uint32_t extent = width > height ? width : height;
    uint32_t mips = 0;
    while (extent >> mips) {
        mips++;
    }
    return mips;
}

static enum sl_agpu_class check_extent(struct sl_agpu_run *run,
                                       const struct aerogpu_cmd_create_texture2d *cmd)
{
    if (cmd->width == 0 || cmd->height == 0 || cmd->width > AEROGPU_LIMIT_TEXTURE_MAX_EXTENT ||
        cmd->height > AEROGPU_LIMIT_TEXTURE_MAX_EXTENT) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "size %" PRIu32 "x%" PRIu32, cmd->width,
                            cmd->height);
    }
    if (cmd->mip_levels == 0 || cmd->mip_levels > max_mips(cmd->width, cmd->height)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "mip_levels %" PRIu32, cmd->mip_levels);
    }
    if (cmd->array_layers == 0 || cmd->array_layers > AEROGPU_LIMIT_TEXTURE_MAX_LAYERS) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "array_layers %" PRIu32, cmd->array_layers);
    }
    return SL_AGPU_OK;
}

static enum sl_agpu_class check_pitch(struct sl_agpu_run *run, uint32_t row_pitch_bytes,
                                      uint32_t row_bytes, bool backed)
{
    bool too_small = row_pitch_bytes != 0 && row_pitch_bytes < row_bytes;
    bool missing = row_pitch_bytes == 0 && backed;
    if (too_small || missing) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                            "row_pitch_bytes %" PRIu32 " for rows of %" PRIu32 " bytes",
                            row_pitch_bytes, row_bytes);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_create_texture2d(struct sl_agpu_run *run,
                                                const struct sl_agpu_packet *packet)
{
    static const uint32_t target_usage = AEROGPU_RESOURCE_USAGE_RENDER_TARGET |
                                         AEROGPU_RESOURCE_USAGE_DEPTH_STENCIL |
                                         AEROGPU_RESOURCE_USAGE_SCANOUT;
    struct aerogpu_cmd_create_texture2d cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.texture_handle == 0) {
        return sl_agpu_check_free_handle(run, 0);
    }
    const struct sl_abi_format *format = sl_abi_find_format(&sl_abi_aerogpu, cmd.format);
    if (!format) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "format %" PRIu32, cmd.format);
    }
    if (!sl_agpu_is_target_format(format) && (cmd.usage_flags & target_usage)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "a block format cannot be a target");
    }
    enum sl_agpu_class class_ = check_extent(run, &cmd);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    struct request request = {
        .handle = cmd.texture_handle,
        .kind = SL_AGPU_TEXTURE,
        .usage_flags = cmd.usage_flags,
        .layout =
            {
                .format = format,
                .width = cmd.width,
                .height = cmd.height,
                .mip_levels = cmd.mip_levels,
                .array_layers = cmd.array_layers,
            },
        .backing_alloc_id = cmd.backing_alloc_id,
        .backing_offset_bytes = cmd.backing_offset_bytes,
    };
    sl_agpu_texture_layout_init(&request.layout, cmd.row_pitch_bytes);
    class_ = check_pitch(run, cmd.row_pitch_bytes, request.layout.mips[0].row_bytes,
                         cmd.backing_alloc_id != 0);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    request.linear_size = request.layout.layer_size * cmd.array_layers;
    request.stored_size = request.layout.stored_layer_size * cmd.array_layers;
    return create(run, &request);
}

enum sl_agpu_class sl_agpu_cmd_destroy_resource(struct sl_agpu_run *run,
                                                const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_destroy_resource cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_object *object = sl_agpu_find(run->exec, cmd.resource_handle);
    if (!object || object->kind == SL_AGPU_RESERVED) {
        return SL_AGPU_OK;
    }
    if (object->kind != SL_AGPU_BUFFER && object->kind != SL_AGPU_TEXTURE) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no resource",
                            cmd.resource_handle);
    }
    sl_agpu_remove(run->exec, object);
    sl_agpu_unbind_everywhere(run, cmd.resource_handle);
    return SL_AGPU_OK;
}

/* The storage of a buffer or texture, views excluded; NULL after noting BAD_HANDLE. */
static struct sl_agpu_storage *find_resource(struct sl_agpu_run *run, uint32_t handle)
{
    struct sl_agpu_object *object = sl_agpu_find(run->exec, handle);
    if (object && (object->kind == SL_AGPU_BUFFER || object->kind == SL_AGPU_TEXTURE)) {
        return object->storage;
    }
    sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no buffer or texture", handle);
    return NULL;
}

static enum sl_agpu_class check_range(struct sl_agpu_run *run, uint64_t limit, uint64_t offset,
                                      uint64_t size)
{
    if (!sl_range_fits(offset, size, limit)) {
        return sl_agpu_fail(run, SL_AGPU_OUT_OF_BOUNDS,
                            "%" PRIu64 " + %" PRIu64 " of %" PRIu64 " bytes", offset, size, limit);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_resource_dirty_range(struct sl_agpu_run *run,
                                                    const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_resource_dirty_range cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_storage *storage = find_resource(run, cmd.resource_handle);
    if (!storage) {
        return SL_AGPU_BAD_HANDLE;
    }
    if (storage->backing_alloc_id == 0 || cmd.size_bytes == 0) {
        return SL_AGPU_OK;
    }
    const struct sl_agpu_alloc *alloc;
    enum sl_agpu_class class_ =
        check_range(run, storage->linear_size, cmd.offset_bytes, cmd.size_bytes);
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_backing_check(run, storage, cmd.offset_bytes, cmd.size_bytes, &alloc);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    sl_agpu_work(run, storage->dirty.count * sizeof(struct sl_agpu_dirty_range));
    if (!sl_agpu_dirty_reserve(&storage->dirty)) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "more than %u dirty ranges",
                            SL_AGPU_DIRTY_RANGES_MAX);
    }
    sl_agpu_dirty_add(&storage->dirty, cmd.offset_bytes, cmd.size_bytes);
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_upload_resource(struct sl_agpu_run *run,
                                               const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_upload_resource cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_storage *storage = find_resource(run, cmd.resource_handle);
    if (!storage) {
        return SL_AGPU_BAD_HANDLE;
    }
    if (cmd.size_bytes == 0) {
        return SL_AGPU_OK;
    }
    if (!storage->is_texture && (cmd.offset_bytes % 4 || cmd.size_bytes % 4)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "%" PRIu64 " + %" PRIu64 " is not aligned to 4",
                            (uint64_t)cmd.offset_bytes, (uint64_t)cmd.size_bytes);
    }
    uint64_t limit = storage->is_texture ? storage->linear_size : storage->size;
    enum sl_agpu_class class_ = check_range(run, limit, cmd.offset_bytes, cmd.size_bytes);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    if (!sl_agpu_dirty_reserve(&storage->dirty) || !sl_agpu_dirty_reserve(&storage->implicit)) {
        return sl_agpu_fail(run, SL_AGPU_HOST, "more than %u dirty ranges",
                            SL_AGPU_DIRTY_RANGES_MAX);
    }
    sl_agpu_work(run, (storage->dirty.count + storage->implicit.count) *
                          sizeof(struct sl_agpu_dirty_range));
    sl_agpu_dirty_remove(&storage->dirty, cmd.offset_bytes, cmd.size_bytes);
    sl_agpu_dirty_remove(&storage->implicit, cmd.offset_bytes, cmd.size_bytes);
    sl_agpu_inspect_linear(run, storage, cmd.offset_bytes, cmd.size_bytes);
    sl_agpu_storage_write(storage, cmd.offset_bytes, packet->bytes + sizeof(cmd), cmd.size_bytes);
    return SL_AGPU_OK;
}
