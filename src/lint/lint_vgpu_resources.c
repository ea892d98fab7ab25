/* Resources: what is created, named, shown and destroyed in which order. */
#include "lint/lint_vgpu.h"

#include "abi_virtio_gpu.h"
#include "lint/lint_fields.h"

#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIXEL = 4,
    CREATE_BLOB = 0x10C, /* newer than the oldest supported headers (virtio 1.2, 5.7.6.7) */
    SET_SCANOUT_BLOB = 0x10D,
};

static struct sl_lint_vgpu_resource *find_any(const struct sl_lint *lint, uint32_t id)
{
    /* The node is the first member. */
    return (struct sl_lint_vgpu_resource *)sl_digital_find(&lint->vgpu->resources, id);
}

struct sl_lint_vgpu_resource *sl_lint_vgpu_find(const struct sl_lint *lint, uint32_t id)
{
    struct sl_lint_vgpu_resource *resource = find_any(lint, id);
    return resource && resource->live ? resource : NULL;
}

static uint64_t field(const struct sl_lint_vgpu_request *request, const char *name)
{
    const struct sl_abi_field *found = sl_abi_find_field(request->opcode->layout, name);
    return found ? sl_lint_field(found, request->bytes, request->size) : 0;
}

static bool creates(uint32_t command)
{
    return command == VIRTIO_GPU_CMD_RESOURCE_CREATE_2D ||
           command == VIRTIO_GPU_CMD_RESOURCE_CREATE_3D || command == CREATE_BLOB;
}

static bool sets_scanout(uint32_t command)
{
    return command == VIRTIO_GPU_CMD_SET_SCANOUT || command == SET_SCANOUT_BLOB;
}

/* ---- Before the device executes it ---- */

static void check_creation(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                           uint32_t id)
{
    const struct sl_lint_vgpu_resource *resource = find_any(lint, id);
    struct sl_lint_place here = sl_lint_here(lint, request->gpa);
    if (id == 0) {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_IN_USE, here, "resource 0 means none");
    } else if (resource && resource->live) {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_IN_USE, here,
                     "resource %" PRIu32 " exists since event %" PRIu64, id, resource->place.event);
    } else if (resource) {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_REUSED, here,
                     "resource %" PRIu32 " was destroyed in event %" PRIu64, id,
                     resource->place.event);
    }
}

/* 0 is nothing where something is shown or switched off. */
static bool may_be_none(uint32_t command)
{
    return sets_scanout(command) || command == VIRTIO_GPU_CMD_UPDATE_CURSOR;
}

static void check_named(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                        uint32_t id)
{
    const struct sl_lint_vgpu_resource *resource = find_any(lint, id);
    struct sl_lint_place here = sl_lint_here(lint, request->gpa);
    if ((id == 0 && may_be_none(request->opcode->value)) || (resource && resource->live)) {
        return;
    }
    if (resource) {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_DESTROYED, here,
                     "resource %" PRIu32 " was destroyed in event %" PRIu64, id,
                     resource->place.event);
    } else {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_UNKNOWN, here, "resource %" PRIu32, id);
    }
}

static bool is_shown(const struct sl_lint *lint, uint32_t id)
{
    for (size_t i = 0; id != 0 && i < SL_LINT_VGPU_SCANOUTS; i++) {
        if (lint->vgpu->scanouts[i] == id) {
            return true;
        }
    }
    return false;
}

static void check_shown(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                        uint32_t id)
{
    bool shown = is_shown(lint, id);
    uint32_t command = request->opcode->value;
    struct sl_lint_place here = sl_lint_here(lint, request->gpa);
    if (command == VIRTIO_GPU_CMD_RESOURCE_UNREF && shown) {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_SHOWN, here, "a scanout shows resource %" PRIu32,
                     id);
    }
    if (command == VIRTIO_GPU_CMD_RESOURCE_FLUSH && !shown && sl_lint_vgpu_find(lint, id)) {
        sl_lint_find(lint, SL_LINT_VGPU_FLUSH_HIDDEN, here, "no scanout shows resource %" PRIu32,
                     id);
    }
}

static void check_cursor(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                         uint32_t id)
{
    const struct sl_lint_vgpu_resource *resource = sl_lint_vgpu_find(lint, id);
    uint64_t hot_x = field(request, "hot_x");
    uint64_t hot_y = field(request, "hot_y");
    struct sl_lint_place here = sl_lint_here(lint, request->gpa);
    if (resource && resource->is_image &&
        (resource->width != SL_VIRTIO_GPU_LIMIT_CURSOR_WIDTH ||
         resource->height != SL_VIRTIO_GPU_LIMIT_CURSOR_HEIGHT)) {
        sl_lint_find(lint, SL_LINT_VGPU_CURSOR_SHAPE, here,
                     "resource %" PRIu32 " is %" PRIu32 "x%" PRIu32, id, resource->width,
                     resource->height);
    }
    if (id != 0 &&
        (hot_x >= SL_VIRTIO_GPU_LIMIT_CURSOR_WIDTH || hot_y >= SL_VIRTIO_GPU_LIMIT_CURSOR_HEIGHT)) {
        sl_lint_find(lint, SL_LINT_VGPU_CURSOR_SHAPE, here,
                     "the hot spot is at %" PRIu64 ",%" PRIu64, hot_x, hot_y);
    }
}

void sl_lint_vgpu_resources_check(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    if (!request->opcode || !sl_abi_find_field(request->opcode->layout, "resource_id") ||
        request->opcode->value == VIRTIO_GPU_CMD_MOVE_CURSOR) {
        return;
    }
    uint32_t id = (uint32_t)field(request, "resource_id");
    if (creates(request->opcode->value)) {
        check_creation(lint, request, id);
        return;
    }
    check_named(lint, request, id);
    check_shown(lint, request, id);
    if (request->opcode->value == VIRTIO_GPU_CMD_UPDATE_CURSOR) {
        check_cursor(lint, request, id);
    }
    if (sl_lint_vgpu_find(lint, id)) {
        sl_lint_vgpu_backing_check(lint, request, sl_lint_vgpu_find(lint, id));
    }
}

/* ---- After the device executed it ---- */

static void create(struct sl_lint *lint, const struct sl_lint_vgpu_request *request, uint32_t id)
{
    struct sl_lint_vgpu_resource *resource = find_any(lint, id);
    if (id == 0 || (resource && resource->live)) {
        return;
    }
    if (!resource) {
        resource = calloc(1, sizeof(*resource));
        if (!resource) {
            sl_lint_out_of_memory(lint);
            return;
        }
        resource->node.key = id;
        sl_digital_insert(&lint->vgpu->resources, &resource->node);
    }
    struct sl_digital_node node = resource->node;
    uint64_t width = field(request, "width");
    uint64_t height = field(request, "height");
    bool is_image = request->opcode->value == VIRTIO_GPU_CMD_RESOURCE_CREATE_2D;
    *resource = (struct sl_lint_vgpu_resource){
        .node = node,
        .live = true,
        .is_image = is_image,
        .width = (uint32_t)width,
        .height = (uint32_t)height,
        .size = is_image ? width * PIXEL * height : field(request, "size"),
        .place = sl_lint_here(lint, request->gpa),
    };
}

static void hide(struct sl_lint *lint, uint32_t id)
{
    for (size_t i = 0; i < SL_LINT_VGPU_SCANOUTS; i++) {
        uint32_t *shown = &lint->vgpu->scanouts[i];
        *shown = *shown == id ? 0 : *shown;
    }
}

static void destroy(struct sl_lint *lint, const struct sl_lint_vgpu_request *request, uint32_t id)
{
    struct sl_lint_vgpu_resource *resource = sl_lint_vgpu_find(lint, id);
    if (resource) {
        sl_lint_vgpu_backing_drop(lint, resource);
        resource->live = false;
        resource->place = sl_lint_here(lint, request->gpa);
        hide(lint, id);
    }
}

static void show(struct sl_lint *lint, const struct sl_lint_vgpu_request *request, uint32_t id)
{
    uint64_t scanout = field(request, "scanout_id");
    if (scanout < SL_LINT_VGPU_SCANOUTS) {
        lint->vgpu->scanouts[scanout] = id;
    }
}

void sl_lint_vgpu_resources_apply(struct sl_lint *lint, const struct sl_lint_vgpu_request *request)
{
    if (!request->opcode || request->size < request->opcode->min_size ||
        !sl_abi_find_field(request->opcode->layout, "resource_id")) {
        return;
    }
    uint32_t command = request->opcode->value;
    uint32_t id = (uint32_t)field(request, "resource_id");
    struct sl_lint_vgpu_resource *resource = sl_lint_vgpu_find(lint, id);
    if (creates(command)) {
        create(lint, request, id);
        resource = command == CREATE_BLOB ? sl_lint_vgpu_find(lint, id) : NULL;
    }
    if (resource) {
        sl_lint_vgpu_backing_apply(lint, request, resource);
    }
    if (command == VIRTIO_GPU_CMD_RESOURCE_UNREF) {
        destroy(lint, request, id);
    } else if (sets_scanout(command)) {
        show(lint, request, id);
    }
}

static void find_leak(void *data, struct sl_digital_node *node)
{
    struct sl_lint *lint = data;
    const struct sl_lint_vgpu_resource *resource = (const struct sl_lint_vgpu_resource *)node;
    if (resource->live) {
        sl_lint_find(lint, SL_LINT_VGPU_RESOURCE_LEAKED, resource->place,
                     "resource %" PRIu64 " is never destroyed", node->key);
    }
}

void sl_lint_vgpu_resources_ended(struct sl_lint *lint)
{
    sl_digital_visit(&lint->vgpu->resources, lint, find_leak);
}

void sl_lint_vgpu_resources_clear(struct sl_lint *lint)
{
    struct sl_lint_vgpu *v = lint->vgpu;
    while (v->resources.root) {
        struct sl_lint_vgpu_resource *resource = (struct sl_lint_vgpu_resource *)v->resources.root;
        sl_digital_remove(&v->resources, &resource->node);
        sl_lint_vgpu_backing_drop(lint, resource);
        free(resource);
    }
    memset(v->scanouts, 0, sizeof(v->scanouts));
}
