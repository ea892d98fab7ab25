/* What a guest can make the host allocate, in bytes, against the limit of the configuration. */
#include "device/aerogpu/exec.h"

#include <inttypes.h>
#include <stdlib.h>

bool sl_agpu_reserve(struct sl_agpu_exec *exec, uint64_t size)
{
    if (size > exec->config.max_memory_bytes - exec->memory_used || size > SIZE_MAX) {
        return false;
    }
    exec->memory_used += size;
    return true;
}

void sl_agpu_release(struct sl_agpu_exec *exec, uint64_t size)
{
    exec->memory_used -= size;
}

void *sl_agpu_alloc(struct sl_agpu_exec *exec, uint64_t size)
{
    if (!sl_agpu_reserve(exec, size)) {
        return NULL;
    }
    void *bytes = calloc(1, size ? (size_t)size : 1);
    if (!bytes) {
        sl_agpu_release(exec, size);
    }
    return bytes;
}

void sl_agpu_free(struct sl_agpu_exec *exec, void *bytes, uint64_t size)
{
    if (bytes) {
        sl_agpu_release(exec, size);
        free(bytes);
    }
}

enum sl_agpu_class sl_agpu_fail_host_memory(struct sl_agpu_run *run, uint64_t size)
{
    const struct sl_agpu_exec *exec = run->exec;
    if (size > exec->config.max_memory_bytes - exec->memory_used) {
        return sl_agpu_fail(run, SL_AGPU_HOST,
                            "%" PRIu64 " bytes pass the memory limit of %" PRIu64, size,
                            exec->config.max_memory_bytes);
    }
    return sl_agpu_fail(run, SL_AGPU_HOST, "no memory for %" PRIu64 " bytes", size);
}
