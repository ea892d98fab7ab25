#include "aerogpu_rig.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void see(void *data, const struct sl_observation *observation)
{
    struct aerogpu_rig *rig = data;
    if (rig->seen_count < AEROGPU_RIG_SEEN_MAX) {
        struct aerogpu_seen *seen = &rig->seen[rig->seen_count];
        *seen = (struct aerogpu_seen){
            .kind = observation->kind,
            .queue = observation->queue,
            .value = observation->value,
        };
        snprintf(seen->text, sizeof(seen->text), "%s", observation->text);
    }
    rig->seen_count++;
}

void aerogpu_rig_init_bare(struct aerogpu_rig *rig, const struct sl_target_config *base)
{
    struct sl_error err = {0};
    *rig = (struct aerogpu_rig){.observer = {.data = rig, .observe = see}};
    rig->mem = sl_mem_create(0);
    cr_assert_not_null(rig->mem);
    cr_assert_eq(sl_mem_add_region(rig->mem, 0, AEROGPU_RIG_RAM_SIZE, &err), SL_OK);
    struct sl_target_config config = base ? *base : (struct sl_target_config){.profile = ""};
    config.mem = rig->mem;
    config.observer = &rig->observer;
    enum sl_status status = sl_aerogpu_create(&config, &rig->target, &err);
    cr_assert_eq(status, SL_OK, "%s", err.message);
}

static void program_ring(struct aerogpu_rig *rig)
{
    struct sl_buf header = {0};
    sl_buf_u32(&header, 0x474E5241); /* "ARNG" */
    sl_buf_u32(&header, 0x00010004);
    sl_buf_u32(&header, 64 + 64 * AEROGPU_RIG_RING_ENTRIES);
    sl_buf_u32(&header, AEROGPU_RIG_RING_ENTRIES);
    sl_buf_u32(&header, 64);
    sl_buf_append_zeros(&header, 64 - header.size);
    aerogpu_rig_mem_set(rig, AEROGPU_RIG_RING, header.data, header.size);
    sl_buf_finish(&header);
    aerogpu_rig_set64(rig, 0x100, AEROGPU_RIG_RING);
    aerogpu_rig_set(rig, 0x108, 64 + 64 * AEROGPU_RIG_RING_ENTRIES);
    aerogpu_rig_set(rig, 0x10C, 1);
}

void aerogpu_rig_init_with(struct aerogpu_rig *rig, const struct sl_target_config *base)
{
    aerogpu_rig_init_bare(rig, base);
    aerogpu_rig_command(rig, 6);
    program_ring(rig);
}

void aerogpu_rig_init(struct aerogpu_rig *rig)
{
    aerogpu_rig_init_with(rig, NULL);
}

void aerogpu_rig_finish(struct aerogpu_rig *rig)
{
    if (rig->target) {
        rig->target->impl->destroy(rig->target);
    }
    sl_mem_destroy(rig->mem);
    *rig = (struct aerogpu_rig){0};
}

void aerogpu_rig_command(struct aerogpu_rig *rig, uint16_t command)
{
    rig->target->impl->write(rig->target, SL_SPACE_CONFIG, 4, 2, command);
}

uint32_t aerogpu_rig_get(struct aerogpu_rig *rig, uint32_t offset)
{
    return (uint32_t)rig->target->impl->read(rig->target, SL_SPACE_BAR0, offset, 4);
}

uint64_t aerogpu_rig_get64(struct aerogpu_rig *rig, uint32_t offset)
{
    return aerogpu_rig_get(rig, offset) | (uint64_t)aerogpu_rig_get(rig, offset + 4) << 32;
}

void aerogpu_rig_set(struct aerogpu_rig *rig, uint32_t offset, uint32_t value)
{
    rig->target->impl->write(rig->target, SL_SPACE_BAR0, offset, 4, value);
}

void aerogpu_rig_set64(struct aerogpu_rig *rig, uint32_t offset, uint64_t value)
{
    aerogpu_rig_set(rig, offset, (uint32_t)value);
    aerogpu_rig_set(rig, offset + 4, (uint32_t)(value >> 32));
}

uint32_t aerogpu_rig_mem32(struct aerogpu_rig *rig, uint64_t gpa)
{
    uint8_t bytes[4];
    cr_assert_eq(sl_mem_read(rig->mem, gpa, bytes, sizeof(bytes)), SL_MEM_OK);
    return sl_get_le32(bytes);
}

void aerogpu_rig_mem_set(struct aerogpu_rig *rig, uint64_t gpa, const void *bytes, size_t size)
{
    cr_assert_eq(sl_mem_write(rig->mem, gpa, bytes, size), SL_MEM_OK);
}

void aerogpu_rig_mem_set32(struct aerogpu_rig *rig, uint64_t gpa, uint32_t value)
{
    uint8_t bytes[4];
    sl_put_le32(bytes, value);
    aerogpu_rig_mem_set(rig, gpa, bytes, sizeof(bytes));
}

void aerogpu_rig_time(struct aerogpu_rig *rig, uint64_t time_ns, uint32_t count)
{
    const struct sl_vblank_event event = {.count = count, .time_ns = time_ns};
    rig->target->impl->vblank(rig->target, &event);
}

uint64_t aerogpu_rig_fence(struct aerogpu_rig *rig)
{
    return aerogpu_rig_get64(rig, 0x130);
}

uint32_t aerogpu_rig_error(struct aerogpu_rig *rig)
{
    return aerogpu_rig_get(rig, 0x310);
}

uint32_t aerogpu_rig_error_count(struct aerogpu_rig *rig)
{
    return aerogpu_rig_get(rig, 0x31C);
}

static size_t kept(const struct aerogpu_rig *rig)
{
    return rig->seen_count < AEROGPU_RIG_SEEN_MAX ? rig->seen_count : AEROGPU_RIG_SEEN_MAX;
}

const struct aerogpu_seen *aerogpu_rig_seen(const struct aerogpu_rig *rig,
                                            enum sl_observation_kind kind, size_t n)
{
    for (size_t i = 0; i < kept(rig); i++) {
        if (rig->seen[i].kind == kind && n-- == 0) {
            return &rig->seen[i];
        }
    }
    return NULL;
}

size_t aerogpu_rig_seen_count(const struct aerogpu_rig *rig, enum sl_observation_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < kept(rig); i++) {
        count += rig->seen[i].kind == kind;
    }
    return count;
}

void aerogpu_stream_begin(struct sl_buf *stream)
{
    sl_buf_clear(stream);
    sl_buf_u32(stream, 0x444D4341); /* "ACMD" */
    sl_buf_u32(stream, 0x00010004);
    sl_buf_u32(stream, 24);
    sl_buf_append_zeros(stream, 12);
}

void aerogpu_stream_packet_data(struct sl_buf *stream, uint32_t opcode, const uint32_t *words,
                                size_t count, const void *data, size_t size)
{
    size_t padded = (size + 3) / 4 * 4;
    sl_buf_u32(stream, opcode);
    sl_buf_u32(stream, (uint32_t)(8 + 4 * count + padded));
    for (size_t i = 0; i < count; i++) {
        sl_buf_u32(stream, words[i]);
    }
    sl_buf_append(stream, data, size);
    sl_buf_append_zeros(stream, padded - size);
    cr_assert_not(stream->failed);
    sl_put_le32(stream->data + 8, (uint32_t)stream->size);
}

void aerogpu_stream_packet(struct sl_buf *stream, uint32_t opcode, const uint32_t *words,
                           size_t count)
{
    aerogpu_stream_packet_data(stream, opcode, words, count, NULL, 0);
}

void aerogpu_table(struct sl_buf *table, const struct aerogpu_rig_alloc *allocs, size_t count)
{
    sl_buf_clear(table);
    sl_buf_u32(table, 0x434F4C41); /* "ALOC" */
    sl_buf_u32(table, 0x00010004);
    sl_buf_u32(table, (uint32_t)(24 + 32 * count));
    sl_buf_u32(table, (uint32_t)count);
    sl_buf_u32(table, 32);
    sl_buf_u32(table, 0);
    for (size_t i = 0; i < count; i++) {
        sl_buf_u32(table, allocs[i].alloc_id);
        sl_buf_u32(table, allocs[i].flags);
        sl_buf_u64(table, allocs[i].gpa);
        sl_buf_u64(table, allocs[i].size_bytes);
        sl_buf_u64(table, 0);
    }
}

void aerogpu_rig_push(struct aerogpu_rig *rig, const struct aerogpu_rig_desc *desc)
{
    struct sl_buf bytes = {0};
    sl_buf_u32(&bytes, desc->desc_size_bytes);
    sl_buf_u32(&bytes, desc->flags);
    sl_buf_u32(&bytes, desc->context_id);
    sl_buf_u32(&bytes, desc->engine_id);
    sl_buf_u64(&bytes, desc->cmd_gpa);
    sl_buf_u32(&bytes, desc->cmd_size_bytes);
    sl_buf_u32(&bytes, 0);
    sl_buf_u64(&bytes, desc->alloc_table_gpa);
    sl_buf_u32(&bytes, desc->alloc_table_size_bytes);
    sl_buf_u32(&bytes, 0);
    sl_buf_u64(&bytes, desc->signal_fence);
    sl_buf_u64(&bytes, 0);
    cr_assert_eq(bytes.size, 64);
    uint32_t slot = rig->tail % AEROGPU_RIG_RING_ENTRIES;
    aerogpu_rig_mem_set(rig, AEROGPU_RIG_RING + 64 + 64 * slot, bytes.data, bytes.size);
    aerogpu_rig_mem_set32(rig, AEROGPU_RIG_RING + 0x1C, ++rig->tail);
    sl_buf_finish(&bytes);
}

void aerogpu_rig_ring(struct aerogpu_rig *rig)
{
    aerogpu_rig_set(rig, 0x200, 1);
}

void aerogpu_rig_submit(struct aerogpu_rig *rig, const struct sl_buf *stream,
                        const struct sl_buf *table, struct aerogpu_rig_desc desc)
{
    desc.desc_size_bytes = 64;
    if (stream) {
        aerogpu_rig_mem_set(rig, AEROGPU_RIG_STREAM, stream->data, stream->size);
        desc.cmd_gpa = AEROGPU_RIG_STREAM;
        desc.cmd_size_bytes = (uint32_t)stream->size;
    }
    if (table) {
        aerogpu_rig_mem_set(rig, AEROGPU_RIG_TABLE, table->data, table->size);
        desc.alloc_table_gpa = AEROGPU_RIG_TABLE;
        desc.alloc_table_size_bytes = (uint32_t)table->size;
    }
    aerogpu_rig_push(rig, &desc);
    aerogpu_rig_ring(rig);
}

void aerogpu_rig_run(struct aerogpu_rig *rig, const struct sl_buf *stream, uint64_t fence)
{
    aerogpu_rig_submit(rig, stream, NULL, (struct aerogpu_rig_desc){.signal_fence = fence});
}

void aerogpu_rig_scanout(struct aerogpu_rig *rig, uint32_t width, uint32_t height, uint32_t format,
                         uint32_t pitch_bytes, uint64_t gpa)
{
    aerogpu_rig_set(rig, 0x404, width);
    aerogpu_rig_set(rig, 0x408, height);
    aerogpu_rig_set(rig, 0x40C, format);
    aerogpu_rig_set(rig, 0x410, pitch_bytes);
    aerogpu_rig_set64(rig, 0x414, gpa);
    aerogpu_rig_set(rig, 0x400, 1);
}
