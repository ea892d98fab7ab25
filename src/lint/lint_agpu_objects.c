/* Handles: what is created, named and destroyed in which order. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>

/* The handle that a packet creates, destroys or only names first is behind its header. */
enum {
    FIRST_HANDLE = sizeof(struct aerogpu_cmd_hdr),
    IMPORT_TOKEN = offsetof(struct aerogpu_cmd_import_shared_surface, share_token),
};

static const char *const kind_names[] = {
    [SL_LINT_AGPU_RESOURCE] = "resource", [SL_LINT_AGPU_VIEW] = "texture view",
    [SL_LINT_AGPU_SHADER] = "shader",     [SL_LINT_AGPU_LAYOUT] = "input layout",
    [SL_LINT_AGPU_SAMPLER] = "sampler",
};

static const struct lifecycle {
    uint32_t opcode;
    enum sl_lint_agpu_kind kind;
    bool destroys;
} lifecycles[] = {
    {AEROGPU_CMD_CREATE_BUFFER, SL_LINT_AGPU_RESOURCE, false},
    {AEROGPU_CMD_CREATE_TEXTURE2D, SL_LINT_AGPU_RESOURCE, false},
    {AEROGPU_CMD_IMPORT_SHARED_SURFACE, SL_LINT_AGPU_RESOURCE, false},
    {AEROGPU_CMD_CREATE_TEXTURE_VIEW, SL_LINT_AGPU_VIEW, false},
    {AEROGPU_CMD_CREATE_SHADER_DXBC, SL_LINT_AGPU_SHADER, false},
    {AEROGPU_CMD_CREATE_INPUT_LAYOUT, SL_LINT_AGPU_LAYOUT, false},
    {AEROGPU_CMD_CREATE_SAMPLER, SL_LINT_AGPU_SAMPLER, false},
    {AEROGPU_CMD_DESTROY_RESOURCE, SL_LINT_AGPU_RESOURCE, true},
    {AEROGPU_CMD_DESTROY_TEXTURE_VIEW, SL_LINT_AGPU_VIEW, true},
    {AEROGPU_CMD_DESTROY_SHADER, SL_LINT_AGPU_SHADER, true},
    {AEROGPU_CMD_DESTROY_INPUT_LAYOUT, SL_LINT_AGPU_LAYOUT, true},
    {AEROGPU_CMD_DESTROY_SAMPLER, SL_LINT_AGPU_SAMPLER, true},
};

static const struct lifecycle *find_lifecycle(uint32_t opcode)
{
    for (size_t i = 0; i < sizeof(lifecycles) / sizeof(lifecycles[0]); i++) {
        if (lifecycles[i].opcode == opcode) {
            return &lifecycles[i];
        }
    }
    return NULL;
}

static struct sl_lint_agpu_object *find_any(const struct sl_lint *lint, uint32_t handle)
{
    /* The node is the first member. */
    return (struct sl_lint_agpu_object *)sl_digital_find(&lint->agpu->objects.handles, handle);
}

struct sl_lint_agpu_object *sl_lint_agpu_find(const struct sl_lint *lint, uint32_t handle)
{
    struct sl_lint_agpu_object *object = find_any(lint, handle);
    return object && object->live ? object : NULL;
}

/* ---- Storages ---- */

static struct sl_lint_agpu_token *find_token(const struct sl_lint *lint, uint64_t token)
{
    return (struct sl_lint_agpu_token *)sl_digital_find(&lint->agpu->objects.tokens, token);
}

static void forget_changes(struct sl_lint *lint, struct sl_lint_agpu_storage *storage)
{
    lint->agpu->objects.bits_left += storage->stale.count;
    sl_lint_bits_finish(&storage->stale);
}

void sl_lint_agpu_storage_drop(struct sl_lint *lint, struct sl_lint_agpu_storage *storage)
{
    struct sl_lint_agpu_objects *it = &lint->agpu->objects;
    if (!storage || --storage->users != 0) {
        return;
    }
    if (storage->watched) {
        it->watched[storage->index] = it->watched[--it->watched_count];
        it->watched[storage->index]->index = storage->index;
    }
    forget_changes(lint, storage);
    free(storage);
}

static struct sl_lint_agpu_storage *make_storage(struct sl_lint *lint)
{
    struct sl_lint_agpu_storage *storage = calloc(1, sizeof(*storage));
    if (!storage) {
        sl_lint_out_of_memory(lint);
        return NULL;
    }
    storage->users = 1;
    return storage;
}

static void describe_buffer(struct sl_lint_agpu_storage *storage,
                            const struct sl_lint_agpu_packet *packet)
{
    struct aerogpu_cmd_create_buffer cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    storage->usage_flags = cmd.usage_flags;
    storage->size = cmd.size_bytes;
    storage->alloc_id = cmd.backing_alloc_id;
    storage->alloc_offset = cmd.backing_offset_bytes;
}

/* Bytes of all mips and layers in guest memory: docs/devices.md, layout of textures. */
static uint64_t texture_size(const struct aerogpu_cmd_create_texture2d *cmd,
                             const struct sl_abi_format *format)
{
    uint64_t size = 0;
    for (uint32_t mip = 0; mip < cmd->mip_levels && mip < 32; mip++) {
        uint32_t width = cmd->width >> mip ? cmd->width >> mip : 1;
        uint32_t height = cmd->height >> mip ? cmd->height >> mip : 1;
        uint64_t columns = ((uint64_t)width + format->block_width - 1) / format->block_width;
        uint64_t rows = ((uint64_t)height + format->block_height - 1) / format->block_height;
        uint64_t pitch = mip == 0 && cmd->row_pitch_bytes ? cmd->row_pitch_bytes
                                                          : columns * format->bytes_per_block;
        size += pitch * rows;
    }
    return size * (cmd->array_layers & 0xFFFF);
}

static void describe_texture(struct sl_lint *lint, struct sl_lint_agpu_storage *storage,
                             const struct sl_lint_agpu_packet *packet)
{
    struct aerogpu_cmd_create_texture2d cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    const struct sl_abi_format *format = sl_abi_find_format(&sl_abi_aerogpu, cmd.format);
    storage->is_texture = true;
    storage->usage_flags = cmd.usage_flags;
    storage->size = format && cmd.width <= AEROGPU_LIMIT_TEXTURE_MAX_EXTENT &&
                            cmd.height <= AEROGPU_LIMIT_TEXTURE_MAX_EXTENT
                        ? texture_size(&cmd, format)
                        : 0;
    storage->alloc_id = cmd.backing_alloc_id;
    storage->alloc_offset = cmd.backing_offset_bytes;
    if (format && cmd.row_pitch_bytes % format->bytes_per_block != 0) {
        sl_lint_find(lint, SL_LINT_AGPU_MISALIGNED, sl_lint_here(lint, packet->gpa),
                     "row_pitch_bytes %" PRIu32 " is no multiple of %u", cmd.row_pitch_bytes,
                     format->bytes_per_block);
    }
}

/* The guest memory that a packet of creation names is to be read before the first use. */
static void back(struct sl_lint *lint, struct sl_lint_agpu_storage *storage)
{
    const struct sl_lint_agpu_alloc *alloc = sl_lint_agpu_alloc(lint, storage->alloc_id);
    storage->fresh = storage->alloc_id != 0;
    storage->located = storage->fresh && alloc;
    storage->gpa = alloc ? alloc->gpa + storage->alloc_offset : 0;
    storage->dirty = false;
    forget_changes(lint, storage);
    if (storage->fresh && !alloc) {
        sl_lint_find(lint, SL_LINT_AGPU_ALLOC_MISSING, sl_lint_here(lint, SL_LINT_NONE),
                     "backing_alloc_id %" PRIu32 " is not in the table", storage->alloc_id);
    }
}

static struct sl_lint_agpu_storage *storage_of(struct sl_lint *lint,
                                               const struct sl_lint_agpu_packet *packet)
{
    struct sl_lint_agpu_storage *storage = NULL;
    struct sl_lint_agpu_object *texture;
    const struct sl_lint_agpu_token *token;
    switch (packet->opcode->value) {
    case AEROGPU_CMD_CREATE_BUFFER:
    case AEROGPU_CMD_CREATE_TEXTURE2D:
        return make_storage(lint);
    case AEROGPU_CMD_CREATE_TEXTURE_VIEW:
        texture = sl_lint_agpu_find(
            lint, sl_lint_agpu_word(
                      packet, offsetof(struct aerogpu_cmd_create_texture_view, texture_handle)));
        storage = texture ? texture->storage : NULL;
        break;
    case AEROGPU_CMD_IMPORT_SHARED_SURFACE:
        token = find_token(lint, sl_get_le64(packet->bytes + IMPORT_TOKEN));
        storage = token ? token->storage : NULL;
        break;
    default:
        break;
    }
    if (storage) {
        storage->users++;
    }
    return storage;
}

static void describe(struct sl_lint *lint, struct sl_lint_agpu_storage *storage,
                     const struct sl_lint_agpu_packet *packet)
{
    if (packet->opcode->value == AEROGPU_CMD_CREATE_BUFFER) {
        describe_buffer(storage, packet);
        back(lint, storage);
    } else if (packet->opcode->value == AEROGPU_CMD_CREATE_TEXTURE2D) {
        describe_texture(lint, storage, packet);
        back(lint, storage);
    }
}

/* ---- Handles ---- */

static bool is_rebind(const struct sl_lint_agpu_object *object,
                      const struct sl_lint_agpu_packet *packet)
{
    const struct sl_lint_agpu_storage *storage = object->storage;
    if (!storage) {
        return false;
    }
    return packet->opcode->value ==
           (storage->is_texture ? AEROGPU_CMD_CREATE_TEXTURE2D : AEROGPU_CMD_CREATE_BUFFER);
}

/* An alias may be imported again. */
static bool is_same_import(const struct sl_lint *lint, const struct sl_lint_agpu_object *object,
                           const struct sl_lint_agpu_packet *packet)
{
    if (packet->opcode->value != AEROGPU_CMD_IMPORT_SHARED_SURFACE || !object->alias) {
        return false;
    }
    const struct sl_lint_agpu_token *token =
        find_token(lint, sl_get_le64(packet->bytes + IMPORT_TOKEN));
    return token && token->storage == object->storage;
}

static void create(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                   enum sl_lint_agpu_kind kind, uint32_t handle)
{
    struct sl_lint_agpu_object *object = find_any(lint, handle);
    if (object && object->live) {
        if (is_rebind(object, packet)) {
            describe(lint, object->storage, packet);
            return;
        }
        if (is_same_import(lint, object, packet)) {
            return;
        }
        sl_lint_find(lint, SL_LINT_AGPU_HANDLE_IN_USE,
                     sl_lint_here(lint, packet->gpa + FIRST_HANDLE),
                     "handle %" PRIu32 " names a %s since event %" PRIu64, handle,
                     kind_names[object->kind], object->place.event);
        return;
    }
    if (object) {
        sl_lint_find(lint, SL_LINT_AGPU_HANDLE_REUSED,
                     sl_lint_here(lint, packet->gpa + FIRST_HANDLE),
                     "handle %" PRIu32 " named a %s that event %" PRIu64 " destroyed", handle,
                     kind_names[object->kind], object->place.event);
    } else {
        object = calloc(1, sizeof(*object));
        if (!object) {
            sl_lint_out_of_memory(lint);
            return;
        }
        object->node.key = handle;
        sl_digital_insert(&lint->agpu->objects.handles, &object->node);
    }
    lint->agpu->objects.reused = object->place.name != NULL;
    lint->agpu->objects.before = *object;
    object->kind = kind;
    object->live = true;
    object->life++;
    object->bindings = 0;
    object->alias = packet->opcode->value == AEROGPU_CMD_IMPORT_SHARED_SURFACE;
    object->place = sl_lint_here(lint, packet->gpa);
    object->storage = storage_of(lint, packet);
    if (object->storage) {
        describe(lint, object->storage, packet);
    }
    lint->agpu->objects.created = object;
}

static void bury(struct sl_lint *lint, struct sl_lint_agpu_object *object)
{
    object->live = false;
    sl_lint_agpu_storage_drop(lint, object->storage);
    object->storage = NULL;
}

static void destroy(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                    enum sl_lint_agpu_kind kind, uint32_t handle)
{
    struct sl_lint_agpu_object *object = find_any(lint, handle);
    struct sl_lint_place here = sl_lint_here(lint, packet->gpa + FIRST_HANDLE);
    if (!object || !object->live) {
        sl_lint_find(lint, SL_LINT_AGPU_DESTROY_UNKNOWN, here, "handle %" PRIu32 " names nothing%s",
                     handle, object ? "; it was destroyed before" : "");
        return;
    }
    if (object->kind != kind) {
        return; /* the device refuses that */
    }
    if (object->bindings != 0) {
        sl_lint_find(lint, SL_LINT_AGPU_DESTROY_BOUND, here, "the %s %" PRIu32 " is bound",
                     kind_names[kind], handle);
    }
    bury(lint, object);
    object->place = here;
}

static void check_named(struct sl_lint *lint, uint32_t handle, uint64_t gpa, const char *field)
{
    const struct sl_lint_agpu_object *object = handle ? find_any(lint, handle) : NULL;
    if (handle == 0 || (object && object->live)) {
        return;
    }
    if (object) {
        sl_lint_find(lint, SL_LINT_AGPU_HANDLE_DESTROYED, sl_lint_here(lint, gpa),
                     "%s is %" PRIu32 ", which event %" PRIu64 " destroyed", field, handle,
                     object->place.event);
    } else {
        sl_lint_find(lint, SL_LINT_AGPU_HANDLE_UNKNOWN, sl_lint_here(lint, gpa),
                     "%s is %" PRIu32 ", which nothing created", field, handle);
    }
}

/* Slots at and above color_count are ignored. */
static uint32_t used_elements(const struct sl_lint_agpu_packet *packet,
                              const struct sl_abi_field *field)
{
    uint32_t count = field->count;
    if (packet->opcode->value == AEROGPU_CMD_SET_RENDER_TARGETS && count > 1) {
        uint32_t used =
            sl_lint_agpu_word(packet, offsetof(struct aerogpu_cmd_set_render_targets, color_count));
        count = used < count ? used : count;
    }
    return count;
}

static void check_field(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                        const struct sl_abi_field *field, uint64_t start)
{
    uint32_t count = used_elements(packet, field);
    for (uint32_t i = 0; field->type == SL_ABI_HANDLE && i < count; i++) {
        uint64_t offset = start + field->offset + 4 * (uint64_t)i;
        if (packet->size >= field->present_if_size_ge) {
            check_named(lint, sl_lint_agpu_word(packet, (size_t)offset), packet->gpa + offset,
                        field->name);
        }
    }
}

static void check_trailing(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    const struct sl_abi_trailing *trailing = packet->opcode->layout->trailing;
    uint64_t stride;
    if (!trailing || (trailing->type != SL_ABI_HANDLE && trailing->type != SL_ABI_STRUCT)) {
        return;
    }
    uint64_t count =
        sl_abi_trailing_count(packet->opcode->layout, packet->bytes, packet->size, &stride);
    for (uint64_t i = 0; i < count && i <= packet->size / 4; i++) {
        uint64_t start = trailing->offset + i * stride;
        if (trailing->type == SL_ABI_HANDLE) {
            check_named(lint, sl_lint_agpu_word(packet, (size_t)start), packet->gpa + start,
                        trailing->name);
            continue;
        }
        for (size_t k = 0; k < trailing->of->field_count; k++) {
            check_field(lint, packet, &trailing->of->fields[k], start);
        }
    }
}

static void check_names(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                        bool first_too)
{
    const struct sl_abi_struct *layout = packet->opcode->layout;
    for (size_t i = 0; i < layout->field_count; i++) {
        if (first_too || layout->fields[i].offset != FIRST_HANDLE) {
            check_field(lint, packet, &layout->fields[i], 0);
        }
    }
    check_trailing(lint, packet);
}

/* ---- Shared surfaces ---- */

static void export_surface(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    uint64_t key = sl_get_le64(packet->bytes +
                               offsetof(struct aerogpu_cmd_export_shared_surface, share_token));
    const struct sl_lint_agpu_object *object =
        sl_lint_agpu_find(lint, sl_lint_agpu_word(packet, FIRST_HANDLE));
    struct sl_digital_tree *tokens = &lint->agpu->objects.tokens;
    if (!object || !object->storage || !object->storage->is_texture || key == 0 ||
        sl_digital_find(tokens, key)) {
        return;
    }
    struct sl_lint_agpu_token *token = calloc(1, sizeof(*token));
    if (!token) {
        sl_lint_out_of_memory(lint);
        return;
    }
    token->node.key = key;
    token->place = sl_lint_here(lint, packet->gpa);
    token->storage = object->storage;
    token->storage->users++;
    sl_digital_insert(tokens, &token->node);
}

static void drop_token(struct sl_lint *lint, struct sl_lint_agpu_token *token)
{
    if (token) {
        sl_digital_remove(&lint->agpu->objects.tokens, &token->node);
        sl_lint_agpu_storage_drop(lint, token->storage);
        free(token);
    }
}

static void release_surface(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    uint64_t key = sl_get_le64(packet->bytes +
                               offsetof(struct aerogpu_cmd_release_shared_surface, share_token));
    struct sl_lint_agpu_token *token = find_token(lint, key);
    if (!token) {
        sl_lint_find(lint, SL_LINT_AGPU_TOKEN_UNKNOWN, sl_lint_here(lint, packet->gpa),
                     "share_token 0x%" PRIx64, key);
    }
    drop_token(lint, token);
}

void sl_lint_agpu_objects_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    const struct lifecycle *life = find_lifecycle(packet->opcode->value);
    uint32_t handle = sl_lint_agpu_word(packet, FIRST_HANDLE);
    lint->agpu->objects.created = NULL;
    check_names(lint, packet, !life);
    if (life && life->destroys) {
        destroy(lint, packet, life->kind, handle);
    } else if (life && handle != 0) {
        create(lint, packet, life->kind, handle);
    } else if (packet->opcode->value == AEROGPU_CMD_EXPORT_SHARED_SURFACE) {
        export_surface(lint, packet);
    } else if (packet->opcode->value == AEROGPU_CMD_RELEASE_SHARED_SURFACE) {
        release_surface(lint, packet);
    }
}

void sl_lint_agpu_objects_refused(struct sl_lint *lint)
{
    struct sl_lint_agpu_object *object = lint->agpu->objects.created;
    lint->agpu->objects.created = NULL;
    if (!object) {
        return;
    }
    sl_lint_agpu_storage_drop(lint, object->storage);
    object->storage = NULL;
    object->live = false;
    if (lint->agpu->objects.reused) {
        object->kind = lint->agpu->objects.before.kind;
        object->place = lint->agpu->objects.before.place;
    } else {
        sl_digital_remove(&lint->agpu->objects.handles, &object->node);
        free(object);
    }
}

static void find_kept_token(void *data, struct sl_digital_node *node)
{
    struct sl_lint *lint = data;
    const struct sl_lint_agpu_token *token = (const struct sl_lint_agpu_token *)node;
    sl_lint_find(lint, SL_LINT_AGPU_TOKEN_LEAKED, token->place,
                 "share_token 0x%" PRIx64 " is never released", node->key);
}

static void find_leak(void *data, struct sl_digital_node *node)
{
    struct sl_lint *lint = data;
    const struct sl_lint_agpu_object *object = (const struct sl_lint_agpu_object *)node;
    if (object->live) {
        sl_lint_find(lint, SL_LINT_AGPU_HANDLE_LEAKED, object->place,
                     "the %s %" PRIu64 " is never destroyed", kind_names[object->kind], node->key);
    }
}

void sl_lint_agpu_objects_ended(struct sl_lint *lint)
{
    sl_digital_visit(&lint->agpu->objects.handles, lint, find_leak);
    sl_digital_visit(&lint->agpu->objects.tokens, lint, find_kept_token);
}

void sl_lint_agpu_objects_clear(struct sl_lint *lint)
{
    struct sl_lint_agpu_objects *it = &lint->agpu->objects;
    it->created = NULL;
    while (it->tokens.root) {
        drop_token(lint, (struct sl_lint_agpu_token *)it->tokens.root);
    }
    while (it->handles.root) {
        struct sl_lint_agpu_object *object = (struct sl_lint_agpu_object *)it->handles.root;
        sl_digital_remove(&it->handles, &object->node);
        sl_lint_agpu_storage_drop(lint, object->storage);
        free(object);
    }
}
