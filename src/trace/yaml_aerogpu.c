/* Verbs of AeroGPU traces: the driver's start, submissions, the doorbell and the ring header. */
#include "trace/yaml_asm.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "guest/aerogpu_guest.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    RING_ENTRIES = 8,
    RING_ENTRIES_MAX = 1 << 16,
    RING_STRIDE_MAX = 4096,
    FENCE_PAGE = 4096,
    HDR = sizeof(struct aerogpu_cmd_hdr),
};

struct state {
    struct sl_agpu_guest guest;
    bool started;
};

static void *create(void)
{
    return calloc(1, sizeof(struct state));
}

static bool find_register(struct sl_asm *a, const char *name, struct sl_asm_register *out)
{
    const struct sl_abi_register *reg = sl_abi_find_register_name(a->device->abi, name);
    if (reg) {
        *out = (struct sl_asm_register){
            .space = SL_SPACE_BAR0,
            .offset = reg->offset,
            .size = (uint8_t)reg->width_bytes,
            .names = reg->names,
        };
    }
    return reg != NULL;
}

/* The driver, or NULL after complaining that it was not started. */
static struct sl_agpu_guest *get_guest(struct sl_asm *a, const yaml_node_t *node,
                                       struct sl_error *err)
{
    struct state *state = a->state;
    if (!state->started) {
        sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "'start' must come first");
        return NULL;
    }
    return &state->guest;
}

/*
 * Appends a struct with defaults (wire form) under the fields that item, a mapping or NULL, gives.
 * keys lists the other keys that item may have.
 */
static enum sl_status put_override(struct sl_asm *a, const struct sl_abi_struct *layout,
                                   const yaml_node_t *item, const uint8_t *defaults,
                                   const char *const *keys, size_t key_count, struct sl_buf *out,
                                   struct sl_error *err)
{
    size_t base = out->size;
    if (!item) {
        sl_buf_append(out, defaults, layout->size);
        return out->failed ? sl_fail_memory(err, layout->size) : SL_OK;
    }
    enum sl_status status = sl_asm_struct(a, layout, item, keys, key_count, out, err);
    for (size_t i = 0; i < layout->field_count && status == SL_OK; i++) {
        const struct sl_abi_field *field = &layout->fields[i];
        if (!sl_yaml_get(&a->yaml, item, field->name)) {
            memcpy(out->data + base + field->offset, defaults + field->offset,
                   (size_t)sl_abi_type_size(field->type, field->of) * field->count);
        }
    }
    return status;
}

/* true, or an address; absent or false is no page. */
static enum sl_status read_fence_page(struct sl_asm *a, const yaml_node_t *value, uint64_t *gpa,
                                      struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, value, "fence_page");
    const char *text = node ? sl_yaml_scalar(node) : NULL;
    *gpa = 0;
    if (!node || (text && strcmp(text, "false") == 0)) {
        return SL_OK;
    }
    if (!text || strcmp(text, "true") != 0) {
        return sl_asm_number(a, node, UINT64_MAX, gpa, err);
    }
    enum sl_status status = sl_asm_allocate(a, node, FENCE_PAGE, gpa, err);
    return status == SL_OK ? sl_asm_define(a, "fence_page", *gpa, FENCE_PAGE, err) : status;
}

static enum sl_status read_ring_shape(struct sl_asm *a, const yaml_node_t *value,
                                      struct sl_agpu_guest_start *start, struct sl_error *err)
{
    uint64_t entries = 0;
    uint64_t stride = 0;
    enum sl_status status =
        sl_asm_number_at(a, value, "ring_entries", RING_ENTRIES_MAX, RING_ENTRIES, &entries, err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, value, "ring_stride", RING_STRIDE_MAX,
                                  sizeof(struct aerogpu_submit_desc), &stride, err);
    }
    if (status != SL_OK) {
        return status;
    }
    if (entries == 0 || (entries & (entries - 1)) || stride < sizeof(struct aerogpu_submit_desc)) {
        return sl_asm_fail(a, value, SL_RULE_YAML_VALUE, err,
                           "a ring has a power of two of entries of at least %zu bytes",
                           sizeof(struct aerogpu_submit_desc));
    }
    start->entry_count = (uint32_t)entries;
    start->entry_stride_bytes = (uint32_t)stride;
    uint64_t size = sl_agpu_guest_ring_bytes(start->entry_count, start->entry_stride_bytes);
    status = sl_asm_allocate(a, value, size, &start->ring_gpa, err);
    return status == SL_OK ? sl_asm_define(a, "ring", start->ring_gpa, size, err) : status;
}

static enum sl_status run_start(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    static const char *const keys[] = {"ring_entries", "ring_stride", "fence_page", "irq"};
    struct state *state = a->state;
    struct sl_agpu_guest_start start = {0};
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = read_ring_shape(a, value, &start, err);
    }
    if (status == SL_OK) {
        status = read_fence_page(a, value, &start.fence_gpa, err);
    }
    const yaml_node_t *irq = sl_yaml_get(&a->yaml, value, "irq");
    uint64_t mask = 0;
    if (status == SL_OK && irq) {
        status = sl_asm_value(a, irq, SL_ABI_U32, SL_ENUM_AEROGPU_IRQ, &mask, err);
    }
    if (status != SL_OK) {
        return status;
    }
    start.irq_enable = (uint32_t)mask;
    state->guest.sink = sl_event_list_sink(a->list);
    state->started = true;
    return sl_agpu_guest_start(&state->guest, &start, err);
}

/*
 * True if the fields of a packet say what this field of its header is. hdr may be a mapping or a
 * sequence; a packet that is nothing but a header has the field itself.
 */
static bool gives_header_field(struct sl_asm *a, const struct sl_abi_opcode *opcode,
                               const yaml_node_t *value, size_t index)
{
    const struct sl_abi_struct *layout = SL_LAYOUT_AEROGPU_CMD_HDR;
    const yaml_node_t *hdr = opcode->layout == layout ? value : sl_yaml_get(&a->yaml, value, "hdr");
    if (hdr && hdr->type == YAML_SEQUENCE_NODE) {
        return (size_t)(hdr->data.sequence.items.top - hdr->data.sequence.items.start) > index;
    }
    return hdr && sl_yaml_get(&a->yaml, hdr, layout->fields[index].name);
}

/* A packet by name: its fields. The header follows unless it is given. */
static enum sl_status put_packet(struct sl_asm *a, const struct sl_abi_opcode *opcode,
                                 const yaml_node_t *value, struct sl_buf *out, struct sl_error *err)
{
    enum { OPCODE, SIZE };
    size_t base = out->size;
    enum sl_status status = sl_asm_struct(a, opcode->layout, value, NULL, 0, out, err);
    if (status != SL_OK) {
        return status;
    }
    if (!gives_header_field(a, opcode, value, OPCODE)) {
        sl_put_le32(out->data + base, opcode->value);
    }
    if (!gives_header_field(a, opcode, value, SIZE)) {
        sl_put_le32(out->data + base + offsetof(struct aerogpu_cmd_hdr, size_bytes),
                    (uint32_t)(out->size - base));
    }
    return SL_OK;
}

/* A packet of any opcode with any bytes behind its header. */
static enum sl_status put_unknown(struct sl_asm *a, const yaml_node_t *value, struct sl_buf *out,
                                  struct sl_error *err)
{
    static const char *const keys[] = {"opcode", "payload", "size_bytes"};
    uint64_t opcode = 0;
    uint64_t size = 0;
    struct sl_buf payload = {0};
    const yaml_node_t *bytes = sl_yaml_get(&a->yaml, value, "payload");
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, value, "opcode", UINT32_MAX, 0, &opcode, err);
    }
    if (status == SL_OK && bytes) {
        status = sl_asm_hex(a, bytes, &payload, err);
    }
    if (status == SL_OK) {
        status =
            sl_asm_number_at(a, value, "size_bytes", UINT32_MAX, HDR + payload.size, &size, err);
    }
    if (status == SL_OK) {
        sl_buf_u32(out, (uint32_t)opcode);
        sl_buf_u32(out, (uint32_t)size);
        sl_buf_append(out, payload.data, payload.size);
        status = out->failed || payload.failed ? sl_fail_memory(err, 0) : SL_OK;
    }
    sl_buf_finish(&payload);
    return status;
}

static enum sl_status put_stream_item(struct sl_asm *a, const yaml_node_t *item, struct sl_buf *out,
                                      struct sl_error *err)
{
    const yaml_node_pair_t *pair =
        item->type == YAML_MAPPING_NODE ? item->data.mapping.pairs.start : NULL;
    if (!pair || item->data.mapping.pairs.top - pair != 1) {
        return sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "a packet is 'NAME: {fields}'");
    }
    const yaml_node_t *key = sl_yaml_node(&a->yaml, pair->key);
    const yaml_node_t *value = sl_yaml_node(&a->yaml, pair->value);
    const char *name = sl_yaml_scalar(key);
    if (name && strcmp(name, "raw") == 0) {
        return sl_asm_hex(a, value, out, err);
    }
    if (name && strcmp(name, "packet") == 0) {
        return put_unknown(a, value, out, err);
    }
    const struct sl_abi_opcode *opcode =
        name ? sl_abi_find_opcode_name(&sl_abi_aerogpu, name) : NULL;
    if (!opcode) {
        return sl_asm_fail(a, key, SL_RULE_YAML_VALUE, err, "no packet is named '%.80s'",
                           name ? name : "?");
    }
    return put_packet(a, opcode, value, out, err);
}

static enum sl_status put_stream(struct sl_asm *a, const yaml_node_t *stream,
                                 const yaml_node_t *header, struct sl_buf *out,
                                 struct sl_error *err)
{
    uint8_t defaults[sizeof(struct aerogpu_cmd_stream_header)];
    const struct aerogpu_cmd_stream_header host = {
        .magic = AEROGPU_CMD_STREAM_MAGIC,
        .abi_version = AEROGPU_ABI_VERSION_U32,
    };
    sl_abi_encode(SL_LAYOUT_AEROGPU_CMD_STREAM_HEADER, &host, defaults);
    enum sl_status status =
        put_override(a, SL_LAYOUT_AEROGPU_CMD_STREAM_HEADER, header, defaults, NULL, 0, out, err);
    if (status == SL_OK && stream->type != YAML_SEQUENCE_NODE) {
        status = sl_asm_fail(a, stream, SL_RULE_YAML_VALUE, err, "a stream is a list of packets");
    }
    for (const yaml_node_item_t *p = stream->data.sequence.items.start;
         status == SL_OK && p < stream->data.sequence.items.top; p++) {
        status = put_stream_item(a, sl_yaml_node(&a->yaml, *p), out, err);
        if (status == SL_OK) {
            status = sl_asm_check_room(a, out->size, err);
        }
    }
    if (status == SL_OK && !(header && sl_yaml_get(&a->yaml, header, "size_bytes"))) {
        sl_put_le32(out->data + offsetof(struct aerogpu_cmd_stream_header, size_bytes),
                    (uint32_t)out->size);
    }
    return status;
}

/* Entries after a header; bytes between the entry struct and a larger stride are 0. */
static enum sl_status put_table(struct sl_asm *a, const yaml_node_t *allocs,
                                const yaml_node_t *header, struct sl_buf *out, struct sl_error *err)
{
    uint8_t defaults[sizeof(struct aerogpu_alloc_table_header)];
    size_t count =
        allocs->type == YAML_SEQUENCE_NODE
            ? (size_t)(allocs->data.sequence.items.top - allocs->data.sequence.items.start)
            : 0;
    if (allocs->type != YAML_SEQUENCE_NODE) {
        return sl_asm_fail(a, allocs, SL_RULE_YAML_VALUE, err, "'allocs' is a list of entries");
    }
    uint64_t stride = 0;
    enum sl_status status =
        sl_asm_number_at(a, header ? header : allocs, "entry_stride_bytes", UINT32_MAX,
                         sizeof(struct aerogpu_alloc_entry), &stride, err);
    const struct aerogpu_alloc_table_header host = {
        .magic = AEROGPU_ALLOC_TABLE_MAGIC,
        .abi_version = AEROGPU_ABI_VERSION_U32,
        .entry_count = (uint32_t)count,
        .entry_stride_bytes = (uint32_t)stride,
    };
    sl_abi_encode(SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, &host, defaults);
    if (status == SL_OK) {
        status = put_override(a, SL_LAYOUT_AEROGPU_ALLOC_TABLE_HEADER, header, defaults, NULL, 0,
                              out, err);
    }
    for (size_t i = 0; i < count && status == SL_OK; i++) {
        size_t base = out->size;
        status = sl_asm_struct(a, SL_LAYOUT_AEROGPU_ALLOC_ENTRY,
                               sl_yaml_node(&a->yaml, allocs->data.sequence.items.start[i]), NULL,
                               0, out, err);
        if (status == SL_OK && stride > out->size - base && stride <= RING_STRIDE_MAX) {
            sl_buf_append_zeros(out, (size_t)stride - (out->size - base));
        }
        if (status == SL_OK) {
            status = sl_asm_check_room(a, out->size, err);
        }
    }
    if (status == SL_OK && out->failed) {
        status = sl_fail_memory(err, 0);
    }
    if (status == SL_OK && !(header && sl_yaml_get(&a->yaml, header, "size_bytes"))) {
        sl_put_le32(out->data + offsetof(struct aerogpu_alloc_table_header, size_bytes),
                    (uint32_t)out->size);
    }
    return status;
}

/* Puts bytes into memory of their own. */
static enum sl_status place(struct sl_asm *a, const yaml_node_t *node, const struct sl_buf *bytes,
                            uint64_t *gpa, struct sl_error *err)
{
    enum sl_status status = sl_asm_allocate(a, node, bytes->size, gpa, err);
    return status == SL_OK ? sl_asm_put_memory(a, node, *gpa, bytes->data, bytes->size, err)
                           : status;
}

/* Stream and table go to memory, and into the descriptor as what it says by default. */
static enum sl_status place_parts(struct sl_asm *a, const yaml_node_t *value,
                                  struct aerogpu_submit_desc *desc, struct sl_error *err)
{
    struct sl_buf bytes = {0};
    uint64_t gpa = 0;
    enum sl_status status = SL_OK;
    const yaml_node_t *stream = sl_yaml_get(&a->yaml, value, "stream");
    if (stream) {
        status = put_stream(a, stream, sl_yaml_get(&a->yaml, value, "stream_header"), &bytes, err);
        if (status == SL_OK) {
            status = place(a, stream, &bytes, &gpa, err);
        }
        desc->cmd_gpa = gpa;
        desc->cmd_size_bytes = (uint32_t)bytes.size;
        sl_buf_clear(&bytes);
    }
    const yaml_node_t *allocs = sl_yaml_get(&a->yaml, value, "allocs");
    if (allocs && status == SL_OK) {
        status = put_table(a, allocs, sl_yaml_get(&a->yaml, value, "table"), &bytes, err);
        if (status == SL_OK) {
            status = place(a, allocs, &bytes, &gpa, err);
        }
        desc->alloc_table_gpa = gpa;
        desc->alloc_table_size_bytes = (uint32_t)bytes.size;
    }
    sl_buf_finish(&bytes);
    return status;
}

static enum sl_status run_submit(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"stream", "stream_header", "allocs", "table", "doorbell"};
    struct sl_agpu_guest *guest = get_guest(a, item, err);
    if (!guest) {
        return SL_ERR_DAMAGED;
    }
    struct aerogpu_submit_desc desc = {.desc_size_bytes = sizeof(desc)};
    uint8_t defaults[sizeof(desc)];
    struct sl_buf wire = {0};
    bool ring = true;
    enum sl_status status = place_parts(a, value, &desc, err);
    sl_abi_encode(SL_LAYOUT_AEROGPU_SUBMIT_DESC, &desc, defaults);
    if (status == SL_OK) {
        status = put_override(a, SL_LAYOUT_AEROGPU_SUBMIT_DESC, value, defaults, keys, COUNT(keys),
                              &wire, err);
    }
    if (status == SL_OK) {
        status = sl_asm_bool_at(a, value, "doorbell", true, &ring, err);
    }
    if (status == SL_OK) {
        status = sl_agpu_guest_push(guest, wire.data, err);
    }
    if (status == SL_OK && ring) {
        status = sl_agpu_guest_doorbell(guest, err);
    }
    sl_buf_finish(&wire);
    return status;
}

static enum sl_status run_doorbell(struct sl_asm *a, const yaml_node_t *item,
                                   const yaml_node_t *value, struct sl_error *err)
{
    struct sl_agpu_guest *guest = get_guest(a, item, err);
    if (!guest) {
        return SL_ERR_DAMAGED;
    }
    enum sl_status status = sl_asm_check_keys(a, value, NULL, 0, err);
    return status == SL_OK ? sl_agpu_guest_doorbell(guest, err) : status;
}

/* Rewrites the ring header. tail also moves the driver's own. */
static enum sl_status run_ring(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                               struct sl_error *err)
{
    struct sl_agpu_guest *guest = get_guest(a, item, err);
    if (!guest) {
        return SL_ERR_DAMAGED;
    }
    struct aerogpu_ring_header header = sl_agpu_guest_ring_header(guest);
    uint8_t defaults[sizeof(header)];
    struct sl_buf wire = {0};
    sl_abi_encode(SL_LAYOUT_AEROGPU_RING_HEADER, &header, defaults);
    enum sl_status status =
        put_override(a, SL_LAYOUT_AEROGPU_RING_HEADER, value, defaults, NULL, 0, &wire, err);
    if (status == SL_OK) {
        guest->tail = sl_get_le32(wire.data + offsetof(struct aerogpu_ring_header, tail));
        status = sl_asm_put_memory(a, value, guest->ring_gpa, wire.data, sizeof(header), err);
    }
    sl_buf_finish(&wire);
    return status;
}

static const struct sl_asm_verb verbs[] = {
    {"start", false, run_start},
    {"submit", false, run_submit},
    {"doorbell", false, run_doorbell},
    {"ring", false, run_ring},
};

const struct sl_asm_device sl_asm_aerogpu = {
    .abi = &sl_abi_aerogpu,
    .verbs = verbs,
    .verb_count = COUNT(verbs),
    .create = create,
    .destroy = free,
    .find_register = find_register,
};
