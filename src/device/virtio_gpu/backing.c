/* Guest memory behind a resource: a list of entries that make one stream of bytes. */
#include "base/checked.h"
#include "device/virtio_gpu/vgpu.h"

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_SIZE = sizeof(struct sl_virtio_gpu_mem_entry) };

void sl_vgpu_backing_finish(struct sl_vgpu *dev, struct sl_vgpu_backing *backing)
{
    if (backing->runs) {
        sl_vgpu_memory_give(dev, backing->capacity * sizeof(*backing->runs));
    }
    free(backing->runs);
    *backing = (struct sl_vgpu_backing){0};
}

/* Appends an entry, to the run before if it goes on there. */
static void add_entry(struct sl_vgpu_backing *backing, const struct sl_virtio_gpu_mem_entry *entry)
{
    if (backing->count) {
        const struct sl_vgpu_run *last = &backing->runs[backing->count - 1];
        uint64_t end;
        if (sl_add_u64(last->gpa, backing->size - last->start, &end) && end == entry->addr) {
            backing->size += entry->length;
            return;
        }
    }
    backing->runs[backing->count++] =
        (struct sl_vgpu_run){.gpa = entry->addr, .start = backing->size};
    backing->size += entry->length;
}

static bool add_entries(struct sl_vgpu *dev, const uint8_t *bytes, uint32_t count,
                        struct sl_vgpu_backing *backing)
{
    for (uint32_t i = 0; i < count; i++, bytes += ENTRY_SIZE) {
        struct sl_virtio_gpu_mem_entry entry;
        sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY, bytes, ENTRY_SIZE, &entry);
        if (dev->profile->attach_checks &&
            (entry.length == 0 || !sl_mem_is_ram(dev->mem, entry.addr, entry.length))) {
            return false;
        }
        if (entry.length) {
            add_entry(backing, &entry);
        }
    }
    return true;
}

uint32_t sl_vgpu_backing_parse(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                               size_t fixed_size, uint32_t count, uint64_t image_bytes,
                               struct sl_vgpu_backing *backing)
{
    *backing = (struct sl_vgpu_backing){0};
    if (count > SL_VIRTIO_GPU_LIMIT_BACKING_MAX_ENTRIES ||
        request->size - fixed_size < (size_t)count * ENTRY_SIZE) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    if (count == 0) {
        return VIRTIO_GPU_RESP_OK_NODATA;
    }
    size_t room = count * sizeof(*backing->runs);
    if (!sl_vgpu_memory_take(dev, room)) {
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    struct sl_vgpu_backing made = {.runs = malloc(room), .capacity = count};
    if (!made.runs) {
        sl_vgpu_memory_give(dev, room);
        sl_vgpu_fail_memory(dev, room);
        return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
    }
    bool usable = add_entries(dev, request->bytes + fixed_size, count, &made);
    uint32_t answer = usable ? VIRTIO_GPU_RESP_OK_NODATA : VIRTIO_GPU_RESP_ERR_UNSPEC;
    if (usable && dev->profile->attach_covers && made.size < image_bytes) {
        answer = dev->profile->invalid_parameter;
    }
    if (answer != VIRTIO_GPU_RESP_OK_NODATA) {
        sl_vgpu_backing_finish(dev, &made);
        return answer;
    }
    *backing = made;
    return VIRTIO_GPU_RESP_OK_NODATA;
}

/* The run that holds a position below the size, searched from where the last read ended. */
static size_t find_run(const struct sl_vgpu_backing *backing, size_t hint, uint64_t offset)
{
    size_t low = 0;
    size_t high = backing->count;
    if (hint < high && backing->runs[hint].start <= offset) {
        low = hint;
        if (hint + 1 == high || backing->runs[hint + 1].start > offset) {
            return hint;
        }
    }
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (backing->runs[middle].start <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Guest memory that is about to be copied: a piece in place, as far as it reaches. */
struct ahead {
    const uint8_t *bytes; /* NULL = not looked up yet */
    size_t run;
};

/*
 * Scattered pages are where no hardware prefetcher goes: asking for the start of the next one while
 * this one is copied hides most of its latency.
 */
static struct ahead look_ahead(const struct sl_mem *mem, uint64_t gpa, uint64_t size)
{
    enum { LINE = 64, LINES = 8 };
    struct ahead ahead = {0};
    size_t wanted = size < SIZE_MAX ? (size_t)size : SIZE_MAX;
    ahead.bytes = sl_mem_peek(mem, gpa, wanted, &ahead.run);
    for (size_t i = 0; ahead.bytes && i < LINE * LINES && i < ahead.run; i += LINE) {
        __builtin_prefetch(ahead.bytes + i);
    }
    return ahead;
}

/* Copies, or counts, guest memory until a hole. first is what is at gpa, if known. */
static size_t copy_out(const struct sl_mem *mem, struct ahead first, uint64_t gpa, uint8_t *out,
                       size_t size)
{
    size_t done = 0;
    while (done < size) {
        struct ahead piece = first;
        if (!piece.bytes) {
            piece.bytes = sl_mem_peek(mem, gpa + done, size - done, &piece.run);
        }
        if (!piece.bytes) {
            break;
        }
        size_t part = piece.run < size - done ? piece.run : size - done;
        if (out) {
            memcpy(out + done, piece.bytes, part);
        }
        done += part;
        first.bytes = NULL;
    }
    return done;
}

/* Bytes of a run of the backing. */
static uint64_t run_size(const struct sl_vgpu_backing *backing, size_t i)
{
    uint64_t end = i + 1 < backing->count ? backing->runs[i + 1].start : backing->size;
    return end - backing->runs[i].start;
}

size_t sl_vgpu_backing_read(const struct sl_mem *mem, const struct sl_vgpu_backing *backing,
                            struct sl_vgpu_place *place, uint64_t offset, uint8_t *out, size_t size)
{
    size_t done = 0;
    struct ahead ahead = {0};
    if (offset >= backing->size) {
        return 0;
    }
    size_t i = find_run(backing, place->run, offset);
    for (; done < size && i < backing->count; i++) {
        uint64_t into = offset + done - backing->runs[i].start;
        uint64_t left = run_size(backing, i) - into;
        size_t part = left < size - done ? (size_t)left : size - done;
        uint64_t gpa;
        if (!sl_add_u64(backing->runs[i].gpa, into, &gpa) || gpa > UINT64_MAX - part) {
            break;
        }
        place->run = i;
        struct ahead here = ahead;
        ahead = (struct ahead){0};
        if (done + part < size && i + 1 < backing->count) {
            uint64_t next = run_size(backing, i + 1);
            uint64_t wanted = size - done - part;
            ahead = look_ahead(mem, backing->runs[i + 1].gpa, next < wanted ? next : wanted);
        }
        size_t copied = copy_out(mem, here, gpa, out ? out + done : NULL, part);
        done += copied;
        if (copied < part) {
            break;
        }
    }
    return done;
}

uint32_t sl_vgpu_attach_backing(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                                struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_resource_attach_backing cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_ATTACH_BACKING, request->bytes, request->size,
                  &cmd);
    const struct sl_vgpu_profile *profile = dev->profile;
    struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (cmd.nr_entries == 0 && profile->attach_empty != VIRTIO_GPU_RESP_OK_NODATA) {
        return profile->attach_empty;
    }
    if (!resource) {
        return profile->attach_unknown;
    }
    if (resource->backing.runs && !profile->attach_replaces) {
        return VIRTIO_GPU_RESP_ERR_UNSPEC;
    }
    struct sl_vgpu_backing backing;
    uint32_t answer = sl_vgpu_backing_parse(dev, request, sizeof(cmd), cmd.nr_entries,
                                            sl_vgpu_image_bytes(resource), &backing);
    if (answer == VIRTIO_GPU_RESP_OK_NODATA) {
        sl_vgpu_backing_finish(dev, &resource->backing);
        resource->backing = backing;
    }
    return answer;
}

uint32_t sl_vgpu_detach_backing(struct sl_vgpu *dev, const struct sl_vgpu_request *request,
                                struct sl_vgpu_response *response)
{
    (void)response;
    struct sl_virtio_gpu_resource_detach_backing cmd;
    sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_DETACH_BACKING, request->bytes, request->size,
                  &cmd);
    struct sl_vgpu_resource *resource = sl_vgpu_resource_find(dev, cmd.resource_id);
    if (!resource) {
        return dev->profile->detach_unknown;
    }
    if (!resource->backing.runs) {
        return dev->profile->detach_unbacked;
    }
    sl_vgpu_backing_finish(dev, &resource->backing);
    return VIRTIO_GPU_RESP_OK_NODATA;
}
