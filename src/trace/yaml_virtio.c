/* virtio-gpu in YAML: start, notify, registers, and memory for the driver. */
#include "trace/yaml_virtio.h"

#include "abi_virtio_gpu.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BIT(n) (UINT64_C(1) << (n))

enum {
    SCRATCH_MAX = 512 << 10,
    SCRATCH_ALIGN = 64,
    QUEUE_CURSOR = 1,
};

struct sl_asm_virtio *sl_asm_virtio_state(struct sl_asm *a)
{
    return a->state;
}

static void *create_state(void)
{
    return calloc(1, sizeof(struct sl_asm_virtio));
}

static void destroy_state(void *state)
{
    free(state);
}

enum sl_status sl_asm_scratch(struct sl_asm *a, const yaml_node_t *node, uint64_t size,
                              uint64_t *gpa, struct sl_error *err)
{
    struct sl_asm_virtio *v = a->state;
    if (v->scratch_size == 0) {
        uint64_t quarter = (a->heap_end - a->heap) / 4;
        uint64_t wanted = quarter < SCRATCH_MAX ? quarter : SCRATCH_MAX;
        enum sl_status status = sl_asm_allocate(a, node, wanted, &v->scratch, err);
        if (status != SL_OK) {
            return status;
        }
        v->scratch_size = wanted;
    }
    bool wraps = size > v->scratch_size - v->scratch_next;
    bool in_use = v->guest.queues[0].unnotified + v->guest.queues[1].unnotified > 0;
    if (size > v->scratch_size || (wraps && in_use)) {
        return sl_asm_allocate(a, node, size, gpa, err);
    }
    if (wraps) {
        v->scratch_next = 0;
    }
    *gpa = v->scratch + v->scratch_next;
    v->scratch_next += size + (-size & (SCRATCH_ALIGN - 1));
    if (v->scratch_next > v->scratch_size) {
        v->scratch_next = v->scratch_size;
    }
    return SL_OK;
}

/* ---- start ---- */

static enum sl_status read_layout(struct sl_asm *a, const yaml_node_t *value,
                                  const struct sl_virtio_layout **layout, struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, value, "transport");
    const char *text = node ? sl_yaml_scalar(node) : "pci";
    *layout = text ? sl_virtio_find_layout(text) : NULL;
    return *layout ? SL_OK
                   : sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                                 "expected the transport pci, aero or vring");
}

/* A sequence of names or numbers, or one of NAME|NAME. */
static enum sl_status read_features(struct sl_asm *a, const yaml_node_t *value, uint64_t *features,
                                    struct sl_error *err)
{
    const struct sl_abi_enum *names = SL_ENUM_VIRTIO_GPU_FEATURE;
    const yaml_node_t *node = sl_yaml_get(&a->yaml, value, "features");
    *features = BIT(VIRTIO_F_VERSION_1) | BIT(1); /* VIRTIO_GPU_F_EDID */
    if (!node) {
        return SL_OK;
    }
    if (node->type != YAML_SEQUENCE_NODE) {
        return sl_asm_value(a, node, SL_ABI_U64, names, features, err);
    }
    *features = 0;
    enum sl_status status = SL_OK;
    for (const yaml_node_item_t *p = node->data.sequence.items.start;
         p < node->data.sequence.items.top && status == SL_OK; p++) {
        uint64_t one = 0;
        status = sl_asm_value(a, sl_yaml_node(&a->yaml, *p), SL_ABI_U64, names, &one, err);
        *features |= one;
    }
    return status;
}

static enum sl_status read_flags(struct sl_asm *a, const yaml_node_t *value,
                                 struct sl_virtio_start *start, struct sl_error *err)
{
    struct sl_asm_virtio *v = a->state;
    bool event_idx = false;
    enum sl_status status = read_features(a, value, &start->features, err);
    if (status == SL_OK) {
        status = sl_asm_bool_at(a, value, "indirect", false, &v->indirect, err);
    }
    if (status == SL_OK) {
        status = sl_asm_bool_at(a, value, "event_idx", false, &event_idx, err);
    }
    if (status == SL_OK) {
        status = sl_asm_bool_at(a, value, "msix", false, &start->msix, err);
    }
    if (status == SL_OK && start->msix && !start->layout->has_msix) {
        status = sl_asm_fail(a, value, SL_RULE_YAML_VALUE, err, "transport %s has no MSI-X",
                             start->layout->name);
    }
    start->features |= v->indirect ? BIT(VIRTIO_RING_F_INDIRECT_DESC) : 0;
    start->features |= event_idx ? BIT(VIRTIO_RING_F_EVENT_IDX) : 0;
    return status;
}

/* The size of a queue, and memory for it, from an earlier start if there is enough. */
static enum sl_status read_queue(struct sl_asm *a, const yaml_node_t *value, unsigned index,
                                 struct sl_virtio_start *start, struct sl_error *err)
{
    static const char *const keys[] = {"queue0", "queue1"};
    static const uint16_t sizes[] = {SL_VIRTIO_GPU_LIMIT_CONTROL_QUEUE_SIZE,
                                     SL_VIRTIO_GPU_LIMIT_CURSOR_QUEUE_SIZE};
    struct sl_asm_virtio *v = a->state;
    uint64_t size = 0;
    enum sl_status status = sl_asm_number_at(a, value, keys[index], SL_VIRTIO_GUEST_QUEUE_MAX,
                                             sizes[index], &size, err);
    start->queue_size[index] = (uint16_t)size;
    uint64_t room = sl_virtio_queue_bytes((uint16_t)size);
    if (status == SL_OK && size > 0 && room > v->queue_room_size[index]) {
        status = sl_asm_allocate(a, value, room, &v->queue_room[index], err);
        v->queue_room_size[index] = status == SL_OK ? room : 0;
    }
    start->queue_gpa[index] = v->queue_room[index];
    return status;
}

/* queue0_desc and the like for raw accesses to the rings. */
static enum sl_status name_queue(struct sl_asm *a, unsigned index, struct sl_error *err)
{
    const struct sl_virtio_queue *q = &sl_asm_virtio_state(a)->guest.queues[index];
    const struct {
        const char *part;
        uint64_t gpa;
        uint64_t size;
    } parts[] = {
        {"desc", q->desc, q->avail - q->desc},
        {"avail", q->avail, 6 + 2 * (uint64_t)q->size},
        {"used", q->used, 6 + 8 * (uint64_t)q->size},
    };
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < COUNT(parts) && status == SL_OK; i++) {
        char name[32];
        snprintf(name, sizeof(name), "queue%u_%s", index, parts[i].part);
        status = sl_asm_define(a, name, parts[i].gpa, parts[i].size, err);
    }
    return status;
}

enum sl_status sl_asm_run_start(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err)
{
    static const char *const keys[] = {"transport", "features", "indirect", "event_idx",
                                       "msix",      "queue0",   "queue1"};
    struct sl_asm_virtio *v = a->state;
    struct sl_virtio_start start = {0};
    (void)item;
    enum sl_status status = sl_asm_check_keys(a, value, keys, COUNT(keys), err);
    if (status == SL_OK) {
        status = read_layout(a, value, &start.layout, err);
    }
    if (status == SL_OK) {
        status = read_flags(a, value, &start, err);
    }
    for (unsigned i = 0; i < SL_VIRTIO_GUEST_QUEUES && status == SL_OK; i++) {
        status = read_queue(a, value, i, &start, err);
    }
    if (status != SL_OK) {
        return status;
    }
    v->guest.sink = sl_event_list_sink(a->list);
    status = sl_virtio_guest_start(&v->guest, &start, err);
    for (unsigned i = 0; i < SL_VIRTIO_GUEST_QUEUES && status == SL_OK; i++) {
        status = name_queue(a, i, err);
    }
    return status;
}

/* ---- Queues ---- */

static enum sl_status read_queue_number(struct sl_asm *a, const yaml_node_t *node, uint64_t max,
                                        unsigned *queue, struct sl_error *err)
{
    const char *text = sl_yaml_scalar(node);
    uint64_t number = 0;
    enum sl_status status = SL_OK;
    if (text && strcmp(text, "cursor") == 0) {
        number = QUEUE_CURSOR;
    } else if (!text || strcmp(text, "control") != 0) {
        status = sl_asm_number(a, node, max, &number, err);
    }
    *queue = (unsigned)number;
    return status;
}

enum sl_status sl_asm_queue_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                               unsigned fallback, unsigned *queue, struct sl_error *err)
{
    const struct sl_asm_virtio *v = a->state;
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, key);
    *queue = fallback;
    enum sl_status status =
        node ? read_queue_number(a, node, SL_VIRTIO_GUEST_QUEUES - 1, queue, err) : SL_OK;
    if (status == SL_OK && v->guest.queues[*queue].size == 0) {
        status = sl_asm_fail(a, item, SL_RULE_YAML_QUEUE, err, "queue %u is not started", *queue);
    }
    return status;
}

enum sl_status sl_asm_run_notify(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err)
{
    struct sl_asm_virtio *v = a->state;
    unsigned queue = 0;
    (void)item;
    enum sl_status status = read_queue_number(a, value, UINT16_MAX, &queue, err);
    if (status == SL_OK && !v->guest.layout) {
        status = sl_asm_fail(a, value, SL_RULE_YAML_QUEUE, err, "the driver is not started");
    }
    return status == SL_OK ? sl_virtio_guest_notify(&v->guest, queue, err) : status;
}

/* ---- Registers ---- */

/* Fields of the device's configuration by their names, common registers by theirs, and ISR. */
static bool find_register(struct sl_asm *a, const char *name, struct sl_asm_register *out)
{
    const struct sl_virtio_layout *layout = sl_asm_virtio_state(a)->guest.layout;
    if (!layout || layout->is_vring) {
        layout = sl_virtio_find_layout("pci");
    }
    const struct sl_abi_register *common = sl_abi_find_register_name(&sl_abi_virtio_gpu, name);
    const struct sl_abi_field *field = sl_abi_find_field(SL_LAYOUT_VIRTIO_GPU_CONFIG, name);
    *out = (struct sl_asm_register){.space = layout->space};
    if (common) {
        out->offset = layout->common + common->offset;
        out->size = (uint8_t)common->width_bytes;
        out->names = common->names;
    } else if (field) {
        out->offset = layout->device + field->offset;
        out->size = (uint8_t)sl_abi_type_size(field->type, NULL);
        out->names = field->names;
    } else if (strcmp(name, "ISR") == 0) {
        out->offset = layout->isr;
        out->size = 1;
    } else {
        return false;
    }
    return true;
}

static const struct sl_asm_verb verbs[] = {
    {"start", false, sl_asm_run_start}, {"cmd", true, sl_asm_run_cmd},
    {"chain", true, sl_asm_run_chain},  {"descriptors", false, sl_asm_run_descriptors},
    {"avail", false, sl_asm_run_avail}, {"notify", false, sl_asm_run_notify},
};

const struct sl_asm_device sl_asm_virtio_gpu = {
    .abi = &sl_abi_virtio_gpu,
    .verbs = verbs,
    .verb_count = COUNT(verbs),
    .create = create_state,
    .destroy = destroy_state,
    .find_register = find_register,
};
