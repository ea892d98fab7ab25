/* Verbs for chains descriptor by descriptor, which may be malformed on purpose. */
#include "trace/yaml_virtio.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { DESCS_MAX = 65536 };

static const struct sl_abi_value flag_values[] = {
    {.name = "VRING_DESC_F_NEXT", .value = SL_VIRTIO_DESC_NEXT},
    {.name = "VRING_DESC_F_WRITE", .value = SL_VIRTIO_DESC_WRITE},
    {.name = "VRING_DESC_F_INDIRECT", .value = SL_VIRTIO_DESC_INDIRECT},
};

static const struct sl_abi_enum flag_names = {
    .name = "descriptor flags",
    .prefix = "VRING_DESC_F_",
    .is_flags = true,
    .values = flag_values,
    .value_count = COUNT(flag_values),
};

/* A descriptor and where it goes. */
struct entry {
    struct sl_virtio_desc desc;
    uint16_t index;
};

static enum sl_status read_flags(struct sl_asm *a, const yaml_node_t *item, uint16_t *flags,
                                 struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, "flags");
    uint64_t all = 0;
    enum sl_status status = SL_OK;
    if (node && node->type != YAML_SEQUENCE_NODE) {
        status = sl_asm_value(a, node, SL_ABI_U16, &flag_names, &all, err);
    } else if (node) {
        for (const yaml_node_item_t *p = node->data.sequence.items.start;
             p < node->data.sequence.items.top && status == SL_OK; p++) {
            uint64_t one = 0;
            status =
                sl_asm_value(a, sl_yaml_node(&a->yaml, *p), SL_ABI_U16, &flag_names, &one, err);
            all |= one;
        }
    }
    *flags = (uint16_t)all;
    return status;
}

/* index and, behind a NEXT flag, next have defaults that make a chain in order. */
static enum sl_status read_entry(struct sl_asm *a, const yaml_node_t *item, uint32_t index,
                                 uint32_t table_size, struct entry *entry, struct sl_error *err)
{
    static const char *const keys[] = {"addr", "len", "flags", "next", "index"};
    uint64_t len = 0;
    uint64_t at = 0;
    uint64_t next = 0;
    *entry = (struct entry){0};
    enum sl_status status = sl_asm_check_keys(a, item, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "addr", UINT64_MAX, 0, &entry->desc.addr, err);
    }
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "len", UINT32_MAX, 0, &len, err);
    }
    if (status == SL_OK) {
        status = read_flags(a, item, &entry->desc.flags, err);
    }
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "index", UINT16_MAX, index, &at, err);
    }
    bool chained = entry->desc.flags & SL_VIRTIO_DESC_NEXT;
    uint64_t following = chained ? (at + 1) % table_size % (UINT16_MAX + 1) : 0;
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "next", UINT16_MAX, following, &next, err);
    }
    entry->desc.len = (uint32_t)len;
    entry->desc.next = (uint16_t)next;
    entry->index = (uint16_t)at;
    return status;
}

/* Writes the entries of a sequence, each at its index; *first is the index of the first one. */
static enum sl_status write_entries(struct sl_asm *a, const yaml_node_t *sequence, uint64_t table,
                                    uint32_t start, uint32_t table_size, uint16_t *first,
                                    struct sl_error *err)
{
    struct sl_asm_virtio *v = sl_asm_virtio_state(a);
    uint32_t index = start;
    bool is_first = true;
    for (const yaml_node_item_t *p = sequence->data.sequence.items.start;
         p < sequence->data.sequence.items.top; p++) {
        struct entry entry;
        enum sl_status status =
            read_entry(a, sl_yaml_node(&a->yaml, *p), index, table_size, &entry, err);
        if (status == SL_OK) {
            uint64_t gpa = table + (uint64_t)entry.index * SL_VIRTIO_DESC_SIZE;
            status = sl_virtio_guest_write_descs(&v->guest, gpa, &entry.desc, 1, err);
        }
        if (status != SL_OK) {
            return status;
        }
        *first = is_first ? entry.index : *first;
        is_first = false;
        index = (entry.index + 1u) % table_size;
    }
    return SL_OK;
}

static enum sl_status check_sequence(struct sl_asm *a, const yaml_node_t *node,
                                     struct sl_error *err)
{
    if (node->type != YAML_SEQUENCE_NODE ||
        node->data.sequence.items.top - node->data.sequence.items.start > DESCS_MAX) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                           "expected a sequence of at most %d descriptors", DESCS_MAX);
    }
    return SL_OK;
}

/* What becomes of a chain once it is written. */
struct offer {
    unsigned queue;
    uint64_t head;
    uint64_t advance;
    bool notify;
};

static enum sl_status read_offer(struct sl_asm *a, const yaml_node_t *item, struct offer *offer,
                                 struct sl_error *err)
{
    static const char *const keys[] = {"chain", "queue", "head", "advance", "notify"};
    enum sl_status status = sl_asm_check_keys(a, item, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = sl_asm_queue_at(a, item, "queue", 0, &offer->queue, err);
    }
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "advance", UINT16_MAX, 1, &offer->advance, err);
    }
    return status == SL_OK ? sl_asm_bool_at(a, item, "notify", true, &offer->notify, err) : status;
}

enum sl_status sl_asm_run_chain(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    struct sl_asm_virtio *v = sl_asm_virtio_state(a);
    struct offer offer = {0};
    enum sl_status status = read_offer(a, item, &offer, err);
    if (status == SL_OK) {
        status = check_sequence(a, value, err);
    }
    if (status != SL_OK) {
        return status;
    }
    struct sl_virtio_queue *q = &v->guest.queues[offer.queue];
    size_t count = (size_t)(value->data.sequence.items.top - value->data.sequence.items.start);
    uint16_t head = q->next_desc;
    status = write_entries(a, value, q->desc, head, q->size, &head, err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "head", UINT16_MAX, head, &offer.head, err);
    }
    q->next_desc = (uint16_t)((q->next_desc + count) % q->size);
    if (status == SL_OK) {
        status = sl_virtio_guest_offer(&v->guest, offer.queue, (uint16_t)offer.head,
                                       (uint16_t)offer.advance, err);
    }
    return status == SL_OK && offer.notify ? sl_virtio_guest_notify(&v->guest, offer.queue, err)
                                           : status;
}

/* A table somewhere in memory, for chains to refer to. */
enum sl_status sl_asm_run_descriptors(struct sl_asm *a, const yaml_node_t *item,
                                      const yaml_node_t *value, struct sl_error *err)
{
    static const char *const keys[] = {"at", "name", "entries"};
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    const yaml_node_t *entries = status == SL_OK ? sl_yaml_get(&a->yaml, value, "entries") : NULL;
    if (status != SL_OK) {
        return status;
    }
    if (!entries) {
        return sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "key 'entries' is missing");
    }
    status = check_sequence(a, entries, err);
    if (status != SL_OK) {
        return status;
    }
    const yaml_node_t *at = sl_yaml_get(&a->yaml, value, "at");
    const yaml_node_t *name = sl_yaml_get(&a->yaml, value, "name");
    size_t count = (size_t)(entries->data.sequence.items.top - entries->data.sequence.items.start);
    uint64_t size = (count ? count : 1) * SL_VIRTIO_DESC_SIZE;
    uint64_t gpa = 0;
    uint16_t first = 0;
    if (!at && !name) {
        return sl_asm_fail(a, value, SL_RULE_YAML_KEY, err, "descriptors need 'at' or 'name'");
    }
    status = at ? sl_asm_number(a, at, UINT64_MAX, &gpa, err)
                : sl_asm_allocate(a, value, size, &gpa, err);
    if (status == SL_OK && name) {
        status = sl_asm_name(a, name, gpa, size, err);
    }
    sl_asm_virtio_state(a)->guest.sink = sl_event_list_sink(a->list);
    return status == SL_OK ? write_entries(a, entries, gpa, 0,
                                           (uint32_t)(size / SL_VIRTIO_DESC_SIZE), &first, err)
                           : status;
}

/* The available ring itself: idx (absolute), flags, used_event, and slots by number. */
enum sl_status sl_asm_run_avail(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    static const char *const keys[] = {"queue", "flags", "slot", "head", "used_event", "idx"};
    struct sl_asm_virtio *v = sl_asm_virtio_state(a);
    unsigned queue = 0;
    uint64_t slot = 0;
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = sl_asm_queue_at(a, value, "queue", 0, &queue, err);
    }
    if (status != SL_OK) {
        return status;
    }
    struct sl_virtio_queue *q = &v->guest.queues[queue];
    status = sl_asm_number_at(a, value, "slot", UINT16_MAX, q->avail_idx % q->size, &slot, err);
    const struct {
        const char *key;
        uint64_t offset;
    } parts[] = {
        {"flags", 0},
        {"head", 4 + 2 * slot},
        {"used_event", 4 + 2 * (uint64_t)q->size},
        {"idx", 2},
    };
    for (size_t i = 0; i < COUNT(parts) && status == SL_OK; i++) {
        uint64_t number = 0;
        const yaml_node_t *node = sl_yaml_get(&a->yaml, value, parts[i].key);
        if (!node) {
            continue;
        }
        status = sl_asm_number(a, node, UINT16_MAX, &number, err);
        if (status == SL_OK) {
            status = sl_virtio_guest_write_avail(&v->guest, queue, parts[i].offset,
                                                 (uint16_t)number, err);
        }
        if (strcmp(parts[i].key, "idx") == 0) {
            q->avail_idx = (uint16_t)number;
        }
    }
    return status;
}
