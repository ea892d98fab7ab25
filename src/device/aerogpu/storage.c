#include "device/aerogpu/exec.h"

#include <string.h>

struct sl_agpu_storage *sl_agpu_storage_create(struct sl_agpu_exec *exec, uint64_t size)
{
    struct sl_agpu_storage *storage = sl_agpu_alloc(exec, sizeof(*storage));
    if (!storage) {
        return NULL;
    }
    uint8_t *bytes = sl_agpu_alloc(exec, size);
    if (!bytes) {
        sl_agpu_free(exec, storage, sizeof(*storage));
        return NULL;
    }
    storage->bytes = bytes;
    storage->size = size;
    sl_agpu_inspect_created(exec, storage);
    return storage;
}

void sl_agpu_storage_destroy(struct sl_agpu_exec *exec, struct sl_agpu_storage *storage)
{
    if (storage) {
        sl_agpu_inspect_destroyed(exec, storage);
        sl_agpu_dirty_finish(&storage->dirty);
        sl_agpu_dirty_finish(&storage->implicit);
        sl_agpu_free(exec, storage->bytes, storage->size);
        sl_agpu_free(exec, storage, sizeof(*storage));
    }
}

static void write_texture(struct sl_agpu_storage *storage, uint64_t offset, const uint8_t *bytes,
                          uint64_t size)
{
    while (size > 0) {
        struct sl_agpu_texture_run run = sl_agpu_texture_run_at(&storage->layout, offset);
        uint64_t n = run.size < size ? run.size : size;
        if (!run.is_padding) {
            memcpy(storage->bytes + run.stored, bytes, (size_t)n);
        }
        offset += n;
        bytes += n;
        size -= n;
    }
}

void sl_agpu_storage_write(struct sl_agpu_storage *storage, uint64_t offset, const uint8_t *bytes,
                           uint64_t size)
{
    if (storage->is_texture) {
        write_texture(storage, offset, bytes, size);
    } else {
        memcpy(storage->bytes + offset, bytes, (size_t)size);
    }
}
