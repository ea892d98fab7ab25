/* State of the virtio-gpu verbs: the driver, and memory for its requests. */
#ifndef SL_TRACE_YAML_VIRTIO_H
#define SL_TRACE_YAML_VIRTIO_H

#include "guest/virtio_guest.h"
#include "trace/yaml_asm.h"

struct sl_asm_virtio {
    struct sl_virtio_guest guest;                /* layout is NULL before the first start */
    uint64_t queue_room[SL_VIRTIO_GUEST_QUEUES]; /* memory that a queue was given, reused */
    uint64_t queue_room_size[SL_VIRTIO_GUEST_QUEUES];
    uint64_t scratch; /* requests, responses and indirect tables, used round and round */
    uint64_t scratch_size;
    uint64_t scratch_next;
    bool indirect; /* chains go into indirect tables unless they say otherwise */
};

struct sl_asm_virtio *sl_asm_virtio_state(struct sl_asm *a);

/* The driver's queue of a key of item: control, cursor or its number, which is started. */
enum sl_status sl_asm_queue_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                               unsigned fallback, unsigned *queue, struct sl_error *err);

/* Memory for one chain's use. */
enum sl_status sl_asm_scratch(struct sl_asm *a, const yaml_node_t *node, uint64_t size,
                              uint64_t *gpa, struct sl_error *err);

/* The verbs, one file each group. */
enum sl_status sl_asm_run_start(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err);
enum sl_status sl_asm_run_cmd(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                              struct sl_error *err);
enum sl_status sl_asm_run_chain(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err);
enum sl_status sl_asm_run_descriptors(struct sl_asm *a, const yaml_node_t *item,
                                      const yaml_node_t *value, struct sl_error *err);
enum sl_status sl_asm_run_avail(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *value,
                                struct sl_error *err);
enum sl_status sl_asm_run_notify(struct sl_asm *a, const yaml_node_t *item,
                                 const yaml_node_t *value, struct sl_error *err);

#endif
