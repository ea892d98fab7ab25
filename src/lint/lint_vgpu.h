/* The virtio-gpu walker and its checkers. */
#ifndef SL_LINT_LINT_VGPU_H
#define SL_LINT_LINT_VGPU_H

#include "base/digital_tree.h"
#include "lint/lint_checker.h"
#include "lint/lint_bits.h"

#define SL_LINT_VGPU_QUEUES 2u
#define SL_LINT_VGPU_SCANOUTS 16u

/* ---- Queues and chains ---- */

struct sl_lint_vgpu_queue {
    uint32_t size; /* 0 = off */
    uint64_t desc;
    uint64_t avail;
    uint64_t used;
    uint16_t next; /* available index looked at next */
};

/* A chain that a notification offered. */
struct sl_lint_vgpu_chain {
    uint32_t queue;
    uint32_t head;
    uint64_t readable;
    uint64_t writable;
    uint64_t gpa; /* of the first byte that the device reads */
};

/* A request as the device is about to execute it. */
struct sl_lint_vgpu_request {
    const struct sl_abi_opcode *opcode; /* NULL = no command */
    uint32_t queue;
    const uint8_t *bytes;
    size_t size;
    uint64_t gpa;                           /* or SL_LINT_NONE where it does not lie in one piece */
    const struct sl_lint_vgpu_chain *chain; /* or NULL */
};

/* ---- Backings ---- */

struct sl_lint_vgpu_entry {
    uint64_t gpa;
    uint64_t size;
    uint64_t start; /* in the backing */
};

struct sl_lint_vgpu_resource {
    struct sl_digital_node node; /* by id */
    bool live;
    bool is_image; /* 2D: width, height and four bytes per pixel */
    uint32_t width;
    uint32_t height;
    uint64_t size;              /* bytes that a backing should have */
    struct sl_lint_place place; /* of creation, or of destruction */
    struct sl_lint_vgpu_entry *entries;
    size_t entry_count;
    bool backed;
    bool transferred; /* since the last flush */
    bool twisted;     /* changes are not followed: a transfer read another place than the
                       * pixels' own, or too much is followed already */
    uint64_t low;     /* all entries are in [low, high) */
    uint64_t high;
    struct sl_lint_bits stale; /* pixels changed before the last transfer and not taken over */
    struct sl_lint_bits fresh; /* changed since */
    uint64_t changed;          /* event of the last change */
};

struct sl_lint_vgpu {
    struct sl_lint_vgpu_queue queues[SL_LINT_VGPU_QUEUES];
    bool direct; /* queues were set up by events of their own */
    bool told;   /* accepted comes from an event of its own */
    uint64_t accepted;
    uint64_t offered;
    uint64_t offered_known; /* bits of offered that were seen */
    bool features_ok_read;
    uint64_t last_fence;
    struct sl_lint_vgpu_chain *chains; /* of the event that happens */
    size_t chain_count;
    size_t chain_capacity;
    size_t next_chain;
    uint64_t raised; /* event since which the interrupt line is high, or SL_LINT_NONE */
    uint64_t notified;
    struct sl_buf request; /* copy of the one that executes */
    bool refused;
    struct sl_digital_tree resources;
    size_t entry_count;                       /* of all resources */
    uint32_t scanouts[SL_LINT_VGPU_SCANOUTS]; /* what they show, 0 = nothing */
};

/* True if the guest and the device agreed on a feature bit. */
bool sl_lint_vgpu_has(const struct sl_lint *lint, unsigned bit);

/* lint_vgpu_registers.c: virtio-pci registers. True if the access is a notification. */
bool sl_lint_vgpu_registers_access(struct sl_lint *lint, const struct sl_mmio_event *mmio,
                                   uint32_t *queue);
/* True if the device was reset. */
bool sl_lint_vgpu_registers_passed(struct sl_lint *lint, const struct sl_mmio_event *mmio);
/* Bits of the device status; 0 for queues without registers. */
uint8_t sl_lint_vgpu_status(const struct sl_lint *lint);

/* lint_vgpu_queue.c: set-up and available rings. */
void sl_lint_vgpu_queue_check(struct sl_lint *lint, uint32_t queue);
void sl_lint_vgpu_queue_notified(struct sl_lint *lint, uint32_t queue);
void sl_lint_vgpu_queue_written(struct sl_lint *lint, const struct sl_mem_event *mem);
void sl_lint_vgpu_queue_ended(struct sl_lint *lint);

/* lint_vgpu_chain.c: descriptors of one chain. False if the device will not execute it. */
bool sl_lint_vgpu_chain_check(struct sl_lint *lint, const struct sl_lint_vgpu_queue *queue,
                              struct sl_lint_vgpu_chain *chain);

/* lint_vgpu_request.c: what the tables and the chain say about a request. */
void sl_lint_vgpu_request_check(struct sl_lint *lint, const struct sl_lint_vgpu_request *request);

/* lint_vgpu_resources.c: resources and what shows them. */
void sl_lint_vgpu_resources_check(struct sl_lint *lint, const struct sl_lint_vgpu_request *request);
/* The request was executed, and not refused. */
void sl_lint_vgpu_resources_apply(struct sl_lint *lint, const struct sl_lint_vgpu_request *request);
void sl_lint_vgpu_resources_ended(struct sl_lint *lint);
void sl_lint_vgpu_resources_clear(struct sl_lint *lint);
struct sl_lint_vgpu_resource *sl_lint_vgpu_find(const struct sl_lint *lint, uint32_t id);

/* lint_vgpu_backing.c: guest memory behind resources. */
void sl_lint_vgpu_backing_check(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                                const struct sl_lint_vgpu_resource *resource);
void sl_lint_vgpu_backing_apply(struct sl_lint *lint, const struct sl_lint_vgpu_request *request,
                                struct sl_lint_vgpu_resource *resource);
void sl_lint_vgpu_backing_drop(struct sl_lint *lint, struct sl_lint_vgpu_resource *resource);
void sl_lint_vgpu_backing_written(struct sl_lint *lint, const struct sl_mem_event *mem);

#endif
