/*
 * Guest memory behind resources: a device reads it when it is told to, and not again
 * (docs/devices.md, guest-backed resources). Work that has nothing to do is found here, too.
 */
#include "lint/lint_agpu.h"

#include <inttypes.h>
#include <stddef.h>

enum { CHUNK = 4096, WORD = 4 };

/* Marks the words in [start, end) of guest memory that a write changes. */
static void mark_changes(struct sl_lint *lint, struct sl_lint_agpu_storage *storage,
                         const struct sl_mem_event *mem, uint64_t start, uint64_t end)
{
    uint8_t old[CHUNK];
    while (start < end) {
        size_t size = end - start < CHUNK ? (size_t)(end - start) : CHUNK;
        const uint8_t *now = mem->bytes + (start - mem->gpa);
        sl_lint_read(lint, start, old, size);
        for (size_t i = 0; i < size; i++) {
            if (now[i] != old[i]) {
                uint64_t word = (start + i - storage->gpa) / WORD;
                sl_lint_bits_set(&storage->stale, word, word + 1);
                storage->stale_event = lint->event;
            }
        }
        start += size;
    }
}

/* True if the storage has its bits, by now. A pitch can make any number of bytes of few texels. */
static bool has_bits(struct sl_lint *lint, struct sl_lint_agpu_storage *storage)
{
    uint64_t *left = &lint->agpu->objects.bits_left;
    uint64_t count = storage->size / WORD + 1;
    if (storage->stale.words || count > *left) {
        return storage->stale.words;
    }
    if (!sl_lint_bits_init(&storage->stale, count)) {
        sl_lint_out_of_memory(lint);
        return false;
    }
    *left -= count;
    return true;
}

static void write_behind(struct sl_lint *lint, struct sl_lint_agpu_storage *storage,
                         const struct sl_mem_event *mem)
{
    /* What is yet to be read as a whole needs no name. */
    if (!storage->located || storage->fresh || storage->size > UINT64_MAX - storage->gpa ||
        mem->size > UINT64_MAX - mem->gpa) {
        return;
    }
    uint64_t start = mem->gpa > storage->gpa ? mem->gpa : storage->gpa;
    uint64_t mem_end = mem->gpa + mem->size;
    uint64_t storage_end = storage->gpa + storage->size;
    uint64_t end = mem_end < storage_end ? mem_end : storage_end;
    if (start < end && has_bits(lint, storage)) {
        mark_changes(lint, storage, mem, start, end);
    }
}

void sl_lint_agpu_memory_written(struct sl_lint *lint, const struct sl_mem_event *mem)
{
    for (size_t i = 0; i < lint->agpu->objects.watched_count; i++) {
        write_behind(lint, lint->agpu->objects.watched[i], mem);
    }
}

static struct sl_lint_agpu_storage *backed(const struct sl_lint *lint, uint32_t handle)
{
    const struct sl_lint_agpu_object *object = sl_lint_agpu_find(lint, handle);
    return object && object->storage && object->storage->alloc_id ? object->storage : NULL;
}

static void watch(struct sl_lint *lint, struct sl_lint_agpu_storage *storage)
{
    struct sl_lint_agpu_objects *it = &lint->agpu->objects;
    if (!storage->watched && it->watched_count < SL_LINT_AGPU_WATCHED) {
        storage->watched = true;
        storage->index = it->watched_count;
        it->watched[it->watched_count++] = storage;
    }
}

/* The first use after a dirty range, or after creation, reads guest memory through the table. */
static void locate(struct sl_lint *lint, struct sl_lint_agpu_storage *storage, uint32_t handle)
{
    const struct sl_lint_agpu_alloc *alloc = sl_lint_agpu_alloc(lint, storage->alloc_id);
    if (!storage->fresh && !storage->dirty) {
        return;
    }
    if (!alloc) {
        sl_lint_find(lint, SL_LINT_AGPU_ALLOC_MISSING, sl_lint_here(lint, lint->command->gpa),
                     "resource %" PRIu32 " is used and yet to be read from allocation %" PRIu32
                     ", which is not in the table",
                     handle, storage->alloc_id);
        return;
    }
    storage->gpa = alloc->gpa + storage->alloc_offset;
    storage->located = true;
    storage->fresh = false;
    storage->dirty = false;
    watch(lint, storage);
}

/* An allocation may be elsewhere than it was; what changed at the old place is of no interest. */
static void follow(const struct sl_lint *lint, struct sl_lint_agpu_storage *storage)
{
    const struct sl_lint_agpu_alloc *alloc = sl_lint_agpu_alloc(lint, storage->alloc_id);
    if (alloc && storage->located && storage->gpa != alloc->gpa + storage->alloc_offset) {
        storage->gpa = alloc->gpa + storage->alloc_offset;
        sl_lint_bits_clear_all(&storage->stale);
    }
}

static void use(struct sl_lint *lint, uint32_t handle)
{
    struct sl_lint_agpu_storage *storage = backed(lint, handle);
    if (!storage) {
        return;
    }
    follow(lint, storage);
    locate(lint, storage, handle);
    uint64_t word = sl_lint_bits_find(&storage->stale, 0, UINT64_MAX);
    if (word != UINT64_MAX) {
        sl_lint_find(lint, SL_LINT_AGPU_DIRTY_MISSING, sl_lint_here(lint, lint->command->gpa),
                     "bytes %" PRIu64 " to %" PRIu64 " behind resource %" PRIu32
                     " changed, the last in event %" PRIu64 ", and were not named",
                     word * WORD, sl_lint_bits_run(&storage->stale, word) * WORD, handle,
                     storage->stale_event);
        sl_lint_bits_clear_all(&storage->stale);
    }
}

/* Words that a range touches: what is half named is not found fault with. */
static void take_over(struct sl_lint_agpu_storage *storage, uint64_t offset, uint64_t size)
{
    if (size != 0) {
        sl_lint_bits_clear(&storage->stale, offset / WORD, (offset + size - 1) / WORD + 1);
    }
}

static void empty(struct sl_lint *lint, const char *what)
{
    sl_lint_find(lint, SL_LINT_AGPU_EMPTY_WORK, sl_lint_here(lint, lint->command->gpa), "%s", what);
}

static void name_range(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    struct aerogpu_cmd_resource_dirty_range cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    const struct sl_lint_agpu_object *object = sl_lint_agpu_find(lint, cmd.resource_handle);
    struct sl_lint_agpu_storage *storage = object ? object->storage : NULL;
    if (cmd.size_bytes == 0) {
        empty(lint, "the dirty range has 0 bytes");
    }
    if (!storage || cmd.size_bytes > UINT64_MAX - cmd.offset_bytes) {
        return;
    }
    if (storage->alloc_id == 0) {
        sl_lint_find(lint, SL_LINT_AGPU_DIRTY_HOST_OWNED, sl_lint_here(lint, packet->gpa),
                     "resource %" PRIu32 " has no guest memory", cmd.resource_handle);
        return;
    }
    take_over(storage, cmd.offset_bytes, cmd.size_bytes);
    storage->dirty = storage->dirty || cmd.size_bytes != 0;
}

static void upload(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    struct aerogpu_cmd_upload_resource cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_lint_agpu_storage *storage = backed(lint, cmd.resource_handle);
    if (cmd.size_bytes == 0) {
        empty(lint, "the upload has 0 bytes");
    } else if (storage && cmd.size_bytes <= UINT64_MAX - cmd.offset_bytes) {
        take_over(storage, cmd.offset_bytes, cmd.size_bytes);
    }
}

/* What a write-back writes is not the guest's to name. */
static void copy(struct sl_lint *lint, uint32_t dst, uint32_t src, uint32_t flags)
{
    struct sl_lint_agpu_storage *storage = backed(lint, dst);
    use(lint, src);
    use(lint, dst);
    if (storage && (flags & AEROGPU_COPY_FLAG_WRITEBACK_DST) &&
        !sl_lint_agpu_alloc(lint, storage->alloc_id)) {
        sl_lint_find(lint, SL_LINT_AGPU_ALLOC_MISSING, sl_lint_here(lint, lint->command->gpa),
                     "resource %" PRIu32 " is written back to allocation %" PRIu32
                     ", which is not in the table",
                     dst, storage->alloc_id);
    }
}

static void copy_buffer(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    struct aerogpu_cmd_copy_buffer cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.size_bytes == 0) {
        empty(lint, "the copy has 0 bytes");
        return;
    }
    copy(lint, cmd.dst_buffer, cmd.src_buffer, cmd.flags);
}

static void copy_texture(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    struct aerogpu_cmd_copy_texture2d cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.width == 0 || cmd.height == 0) {
        empty(lint, "the copy has no texels");
        return;
    }
    copy(lint, cmd.dst_texture, cmd.src_texture, cmd.flags);
}

/* True if a draw or dispatch has a count of 0 among its first words. */
static bool has_no_work(const struct sl_lint_agpu_packet *packet)
{
    static const struct {
        uint32_t opcode;
        size_t counts;
    } rows[] = {
        {AEROGPU_CMD_DRAW, 2},
        {AEROGPU_CMD_DRAW_INDEXED, 2},
        {AEROGPU_CMD_DISPATCH, 3},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t k = 0; rows[i].opcode == packet->opcode->value && k < rows[i].counts; k++) {
            if (sl_lint_agpu_word(packet, sizeof(struct aerogpu_cmd_hdr) + 4 * k) == 0) {
                return true;
            }
        }
    }
    return false;
}

void sl_lint_agpu_memory_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    switch (packet->opcode->value) {
    case AEROGPU_CMD_RESOURCE_DIRTY_RANGE:
        name_range(lint, packet);
        break;
    case AEROGPU_CMD_UPLOAD_RESOURCE:
        upload(lint, packet);
        break;
    case AEROGPU_CMD_COPY_BUFFER:
        copy_buffer(lint, packet);
        break;
    case AEROGPU_CMD_COPY_TEXTURE2D:
        copy_texture(lint, packet);
        break;
    default:
        if (has_no_work(packet)) {
            empty(lint, "the counts are 0");
        } else {
            sl_lint_agpu_visit_used(lint, packet, use);
        }
        break;
    }
}
