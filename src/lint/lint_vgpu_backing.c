/*
 * Guest memory behind resources. A device sees a change of it when a transfer takes it over; a
 * change that comes between a transfer and its flush is drawn for the next one.
 */
#include "lint/lint_vgpu.h"

#include "abi_virtio_gpu.h"
#include "base/checked.h"

#include <inttypes.h>
#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIXEL = 4,
    CREATE_BLOB = 0x10C, /* newer than the oldest supported headers (virtio 1.2, 5.7.6.7) */
    ENTRIES_MAX = SL_VIRTIO_GPU_LIMIT_BACKING_MAX_ENTRIES,
    CHUNK = 4096,
    FOLLOWED_MAX = 16384, /* entries of all resources together */
};

/* ---- Entries ---- */

/* Those that the request holds. */
static size_t entry_count(const struct sl_lint_vgpu_request *request)
{
    uint64_t stride;
    uint64_t count =
        sl_abi_trailing_count(request->opcode->layout, request->bytes, request->size, &stride);
    size_t start = request->opcode->layout->trailing->offset;
    size_t room =
        request->size > start ? (request->size - start) / SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY->size : 0;
    count = count < room ? count : room;
    return count < ENTRIES_MAX ? (size_t)count : ENTRIES_MAX;
}

/* NULL with *count 0: there are none, or no memory. */
static struct sl_lint_vgpu_entry *
read_entries(struct sl_lint *lint, const struct sl_lint_vgpu_request *request, size_t *count)
{
    uint64_t start = 0;
    const uint8_t *wire = request->bytes + request->opcode->layout->trailing->offset;
    *count = entry_count(request);
    struct sl_lint_vgpu_entry *entries = *count ? calloc(*count, sizeof(*entries)) : NULL;
    if (*count && !entries) {
        sl_lint_out_of_memory(lint);
        *count = 0;
    }
    for (size_t i = 0; i < *count; i++) {
        struct sl_virtio_gpu_mem_entry entry;
        uint32_t size = SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY->size;
        sl_abi_decode(SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY, wire + i * size, size, &entry);
        entries[i] = (struct sl_lint_vgpu_entry){entry.addr, entry.length, start};
        start += entry.length;
    }
    return entries;
}

static int by_gpa(const void *a, const void *b)
{
    const struct sl_lint_vgpu_entry *x = a;
    const struct sl_lint_vgpu_entry *y = b;
    int order = (x->gpa > y->gpa) - (x->gpa < y->gpa);
    return order ? order : (x->start > y->start) - (x->start < y->start);
}

static void check_entries(struct sl_lint *lint, struct sl_lint_vgpu_entry *entries, size_t count,
                          struct sl_lint_place here)
{
    for (size_t i = 0; i < count; i++) {
        if (entries[i].size == 0 || !sl_mem_is_ram(lint->mem, entries[i].gpa, entries[i].size)) {
            sl_lint_find(lint, SL_LINT_VGPU_BACKING_HOLE, here,
                         "entry %zu: 0x%" PRIx64 " + %" PRIu64 " bytes", i, entries[i].gpa,
                         entries[i].size);
        }
    }
    if (count > 1) {
        qsort(entries, count, sizeof(*entries), by_gpa);
    }
    for (size_t i = 1; i < count; i++) {
        if (entries[i].gpa - entries[i - 1].gpa < entries[i - 1].size) {
            sl_lint_find(lint, SL_LINT_VGPU_BACKING_OVERLAP, here,
                         "0x%" PRIx64 " + %" PRIu64 " bytes and 0x%" PRIx64 " + %" PRIu64 " bytes",
                         entries[i - 1].gpa, entries[i - 1].size, entries[i].gpa, entries[i].size);
        }
    }
}

static void check_attach(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                         const struct sl_lint_vgpu_resource *resource)
{
    size_t count;
    uint64_t total = 0;
    struct sl_lint_place here = sl_lint_here(lint, request->gpa);
    struct sl_lint_vgpu_entry *entries = read_entries(lint, request, &count);
    for (size_t i = 0; i < count; i++) {
        total += entries[i].size;
    }
    if (resource->backed) {
        sl_lint_find(lint, SL_LINT_VGPU_BACKING_TWICE, here,
                     "resource %" PRIu64 " has a backing of %zu entries", resource->node.key,
                     resource->entry_count);
    }
    if (total < resource->size) {
        sl_lint_find(lint, SL_LINT_VGPU_BACKING_SHORT, here,
                     "%" PRIu64 " bytes for resource %" PRIu64 ", which has %" PRIu64, total,
                     resource->node.key, resource->size);
    }
    check_entries(lint, entries, count, here);
    free(entries);
}

void sl_lint_vgpu_backing_drop(struct sl_lint *lint, struct sl_lint_vgpu_resource *resource)
{
    lint->vgpu->entry_count -= resource->entry_count;
    free(resource->entries);
    resource->entries = NULL;
    resource->entry_count = 0;
    resource->backed = false;
    sl_lint_bits_finish(&resource->stale);
    sl_lint_bits_finish(&resource->fresh);
}

static void attach(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                   struct sl_lint_vgpu_resource *resource)
{
    if (resource->backed) {
        return;
    }
    resource->entries = read_entries(lint, request, &resource->entry_count);
    resource->backed = resource->entry_count != 0;
    lint->vgpu->entry_count += resource->entry_count;
    resource->twisted = !resource->is_image || lint->vgpu->entry_count > FOLLOWED_MAX;
    if (!resource->twisted) {
        uint64_t pixels = resource->size / PIXEL;
        if (!sl_lint_bits_init(&resource->stale, pixels) ||
            !sl_lint_bits_init(&resource->fresh, pixels)) {
            sl_lint_out_of_memory(lint);
            resource->twisted = true;
        }
    }
    resource->low = UINT64_MAX;
    resource->high = 0;
    for (size_t i = 0; i < resource->entry_count; i++) {
        const struct sl_lint_vgpu_entry *entry = &resource->entries[i];
        uint64_t end = entry->gpa + entry->size;
        resource->twisted |= end < entry->gpa;
        resource->low = entry->gpa < resource->low ? entry->gpa : resource->low;
        resource->high = end > resource->high ? end : resource->high;
    }
}

/* ---- Changes ---- */

static void change(struct sl_lint *lint, struct sl_lint_vgpu_resource *resource,
                   const struct sl_lint_vgpu_entry *entry, const struct sl_mem_event *mem)
{
    uint8_t old[CHUNK];
    uint64_t start = mem->gpa > entry->gpa ? mem->gpa : entry->gpa;
    uint64_t mem_end = mem->gpa + mem->size;
    uint64_t entry_end = entry->gpa + entry->size;
    uint64_t end = mem_end < entry_end ? mem_end : entry_end;
    while (start < end) {
        size_t size = end - start < CHUNK ? (size_t)(end - start) : CHUNK;
        const uint8_t *now = mem->bytes + (start - mem->gpa);
        sl_lint_read(lint, start, old, size);
        for (size_t i = 0; i < size; i++) {
            if (now[i] != old[i]) {
                uint64_t pixel = (entry->start + (start + i - entry->gpa)) / PIXEL;
                sl_lint_bits_set(&resource->fresh, pixel, pixel + 1);
                resource->changed = lint->event;
            }
        }
        start += size;
    }
}

struct write {
    struct sl_lint *lint;
    const struct sl_mem_event *mem;
};

static void write_behind(void *data, struct sl_digital_node *node)
{
    const struct write *write = data;
    struct sl_lint_vgpu_resource *resource = (struct sl_lint_vgpu_resource *)node;
    const struct sl_mem_event *mem = write->mem;
    bool meets = mem->gpa < resource->high && mem->gpa + mem->size > resource->low;
    for (size_t i = 0; meets && !resource->twisted && i < resource->entry_count; i++) {
        change(write->lint, resource, &resource->entries[i], mem);
    }
}

void sl_lint_vgpu_backing_written(struct sl_lint *lint, const struct sl_mem_event *mem)
{
    struct write write = {lint, mem};
    if (mem->size <= UINT64_MAX - mem->gpa) {
        sl_digital_visit(&lint->vgpu->resources, &write, write_behind);
    }
}

/* The first pixel of a row of a rectangle, counted in the image. */
static uint64_t row_of(const struct sl_lint_vgpu_resource *resource,
                       const struct sl_virtio_gpu_rect *r, uint64_t row)
{
    return (r->y + row) * resource->width + r->x;
}

static bool fits(const struct sl_lint_vgpu_resource *resource, const struct sl_virtio_gpu_rect *r)
{
    return (uint64_t)r->x + r->width <= resource->width &&
           (uint64_t)r->y + r->height <= resource->height && r->width != 0 && r->height != 0;
}

/* Bytes of all entries. */
static uint64_t backing_size(const struct sl_lint_vgpu_resource *resource)
{
    const struct sl_lint_vgpu_entry *last =
        resource->entry_count ? &resource->entries[resource->entry_count - 1] : NULL;
    return last ? last->start + last->size : 0;
}

static void check_transfer(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                           const struct sl_lint_vgpu_resource *resource)
{
    struct sl_virtio_gpu_transfer_to_host_2d cmd;
    sl_abi_decode(request->opcode->layout, request->bytes, request->size, &cmd);
    if (!resource->is_image || !fits(resource, &cmd.r)) {
        return;
    }
    uint64_t size = (((uint64_t)cmd.r.height - 1) * resource->width + cmd.r.width) * PIXEL;
    uint64_t total = backing_size(resource);
    if (!sl_range_fits(cmd.offset, size, total)) {
        sl_lint_find(lint, SL_LINT_VGPU_TRANSFER_BEYOND, sl_lint_here(lint, request->gpa),
                     "offset %" PRIu64 " and %" PRIu64
                     " bytes from there; the backing has %" PRIu64,
                     (uint64_t)cmd.offset, size, total);
    }
}

static void transfer(const struct sl_lint_vgpu_request *request,
                     struct sl_lint_vgpu_resource *resource)
{
    struct sl_virtio_gpu_transfer_to_host_2d cmd;
    sl_abi_decode(request->opcode->layout, request->bytes, request->size, &cmd);
    resource->transferred = true;
    if (!fits(resource, &cmd.r)) {
        return;
    }
    resource->twisted |= cmd.offset != row_of(resource, &cmd.r, 0) * PIXEL;
    if (resource->twisted) {
        return;
    }
    sl_lint_bits_move(&resource->stale, &resource->fresh);
    for (uint64_t row = 0; row < cmd.r.height; row++) {
        uint64_t start = row_of(resource, &cmd.r, row);
        sl_lint_bits_clear(&resource->stale, start, start + cmd.r.width);
    }
}

/* The first pixel of the rectangle that is stale, or UINT64_MAX. */
static uint64_t find_stale(const struct sl_lint_vgpu_resource *resource,
                           const struct sl_virtio_gpu_rect *r)
{
    uint64_t found = UINT64_MAX;
    for (uint64_t row = 0; row < r->height && found == UINT64_MAX; row++) {
        uint64_t start = row_of(resource, r, row);
        found = sl_lint_bits_find(&resource->stale, start, start + r->width);
        if (found == UINT64_MAX && !resource->transferred) {
            found = sl_lint_bits_find(&resource->fresh, start, start + r->width);
        }
    }
    return found;
}

static void check_flush(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                        const struct sl_lint_vgpu_resource *resource)
{
    struct sl_virtio_gpu_resource_flush cmd;
    sl_abi_decode(request->opcode->layout, request->bytes, request->size, &cmd);
    if (resource->twisted || !fits(resource, &cmd.r)) {
        return;
    }
    uint64_t pixel = find_stale(resource, &cmd.r);
    if (pixel != UINT64_MAX) {
        sl_lint_find(lint, SL_LINT_VGPU_FLUSH_STALE, sl_lint_here(lint, request->gpa),
                     "pixel %" PRIu64 ",%" PRIu64 " of resource %" PRIu64
                     " is not what guest memory holds; event %" PRIu64 " was the last to change it",
                     pixel % resource->width, pixel / resource->width, resource->node.key,
                     resource->changed);
    }
}

/* ---- Commands ---- */

void sl_lint_vgpu_backing_check(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                                const struct sl_lint_vgpu_resource *resource)
{
    uint32_t command = request->opcode->value;
    bool needs_backing = command == VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D ||
                         command == VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING;
    if (request->size < request->opcode->min_size) {
        return;
    }
    if (needs_backing && !resource->backed) {
        sl_lint_find(lint, SL_LINT_VGPU_BACKING_MISSING, sl_lint_here(lint, request->gpa),
                     "resource %" PRIu64 " has no backing", resource->node.key);
    } else if (command == VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D) {
        check_transfer(lint, request, resource);
    } else if (command == VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING) {
        check_attach(lint, request, resource);
    } else if (command == VIRTIO_GPU_CMD_RESOURCE_FLUSH) {
        check_flush(lint, request, resource);
    }
}

void sl_lint_vgpu_backing_apply(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                                struct sl_lint_vgpu_resource *resource)
{
    switch (request->opcode->value) {
    case CREATE_BLOB:
    case VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING:
        attach(lint, request, resource);
        break;
    case VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING:
        sl_lint_vgpu_backing_drop(lint, resource);
        break;
    case VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D:
        transfer(request, resource);
        break;
    case VIRTIO_GPU_CMD_RESOURCE_FLUSH:
        resource->transferred = false;
        break;
    default:
        break;
    }
}
