/* The id space of the device: one for all kinds of objects and all contexts. */
#include "device/aerogpu/exec.h"

#include <inttypes.h>

struct sl_agpu_object *sl_agpu_find(const struct sl_agpu_exec *exec, uint32_t handle)
{
    /* The node is the first member; handle 0 is never inserted. */
    return (struct sl_agpu_object *)sl_digital_find(&exec->objects, handle);
}

struct sl_agpu_object *sl_agpu_find_kind(const struct sl_agpu_exec *exec, uint32_t handle,
                                         enum sl_agpu_kind kind)
{
    struct sl_agpu_object *object = sl_agpu_find(exec, handle);
    return object && object->kind == kind ? object : NULL;
}

enum sl_agpu_class sl_agpu_check_free_handle(struct sl_agpu_run *run, uint32_t handle)
{
    if (handle == 0) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle 0 names nothing");
    }
    if (sl_agpu_find(run->exec, handle)) {
        return sl_agpu_fail(run, SL_AGPU_HANDLE_IN_USE, "handle %" PRIu32 " is in use", handle);
    }
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_check_bindable(struct sl_agpu_run *run, uint32_t handle)
{
    if (sl_agpu_find_kind(run->exec, handle, SL_AGPU_RESERVED)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE,
                            "handle %" PRIu32 " was destroyed; only aliases are left", handle);
    }
    return SL_AGPU_OK;
}

struct sl_agpu_object *sl_agpu_add(struct sl_agpu_exec *exec, uint32_t handle,
                                   enum sl_agpu_kind kind)
{
    struct sl_agpu_object *object = sl_agpu_alloc(exec, sizeof(*object));
    if (object) {
        object->node.key = handle;
        object->kind = kind;
        sl_digital_insert(&exec->objects, &object->node);
    }
    return object;
}

static void release_object(struct sl_agpu_exec *exec, struct sl_agpu_object *object)
{
    sl_digital_remove(&exec->objects, &object->node);
    sl_agpu_free(exec, object, sizeof(*object));
}

static void destroy_if_unowned(struct sl_agpu_exec *exec, struct sl_agpu_storage *storage)
{
    if (storage->handle_count == 0 && storage->view_count == 0) {
        sl_agpu_storage_destroy(exec, storage);
    }
}

/* The last handle takes the tokens and the reserved number with it; views only keep bytes. */
static void drop_handle(struct sl_agpu_exec *exec, struct sl_agpu_storage *storage)
{
    if (--storage->handle_count > 0) {
        return;
    }
    sl_agpu_tokens_retire(storage);
    struct sl_agpu_object *reserved = sl_agpu_find_kind(exec, storage->original, SL_AGPU_RESERVED);
    if (reserved && reserved->storage == storage) {
        release_object(exec, reserved);
    }
    destroy_if_unowned(exec, storage);
}

static void remove_resource(struct sl_agpu_exec *exec, struct sl_agpu_object *object)
{
    struct sl_agpu_storage *storage = object->storage;
    bool is_original = object->node.key == storage->original;
    if (is_original && storage->handle_count > 1) {
        object->kind = SL_AGPU_RESERVED;
        storage->handle_count--;
        return;
    }
    release_object(exec, object);
    drop_handle(exec, storage);
}

void sl_agpu_remove(struct sl_agpu_exec *exec, struct sl_agpu_object *object)
{
    struct sl_agpu_storage *storage = object->storage;
    switch (object->kind) {
    case SL_AGPU_BUFFER:
    case SL_AGPU_TEXTURE:
        remove_resource(exec, object);
        return;
    case SL_AGPU_VIEW:
        storage->view_count--;
        destroy_if_unowned(exec, storage);
        break;
    case SL_AGPU_SHADER:
        sl_agpu_program_destroy(exec, &object->u.shader);
        break;
    case SL_AGPU_LAYOUT:
        sl_agpu_free(exec, object->u.layout, sizeof(*object->u.layout));
        break;
    case SL_AGPU_SAMPLER:
    case SL_AGPU_RESERVED:
        break;
    }
    release_object(exec, object);
}

enum sl_agpu_class sl_agpu_destroy(struct sl_agpu_run *run, uint32_t handle, enum sl_agpu_kind kind,
                                   const char *what)
{
    struct sl_agpu_object *object = sl_agpu_find(run->exec, handle);
    if (!object || object->kind == SL_AGPU_RESERVED) {
        return SL_AGPU_OK;
    }
    if (object->kind != kind) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no %s", handle, what);
    }
    sl_agpu_remove(run->exec, object);
    sl_agpu_unbind_everywhere(run, handle);
    return SL_AGPU_OK;
}

void sl_agpu_objects_clear(struct sl_agpu_exec *exec)
{
    while (exec->objects.root) {
        struct sl_agpu_object *object = (struct sl_agpu_object *)exec->objects.root;
        if (object->kind == SL_AGPU_RESERVED) {
            release_object(exec, object);
        } else {
            sl_agpu_remove(exec, object);
        }
    }
}
