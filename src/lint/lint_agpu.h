/* The AeroGPU walker and its checkers. */
#ifndef SL_LINT_LINT_AGPU_H
#define SL_LINT_LINT_AGPU_H

#include "base/digital_tree.h"
#include "lint/lint_checker.h"
#include "lint/lint_bits.h"

#include <scanlock/aerogpu_abi.h>

/* ---- The walker ---- */

/* One slot of the ring, as it was when the doorbell rang. */
struct sl_lint_agpu_slot {
    uint64_t gpa;
    uint8_t wire[sizeof(struct aerogpu_submit_desc)];
    struct aerogpu_submit_desc desc;
};

/* An entry of the table of the submission that is executing, sorted by id. */
struct sl_lint_agpu_alloc {
    uint32_t id;
    uint32_t flags;
    uint64_t gpa;
    uint64_t size;
    uint64_t place; /* guest address of the entry */
};

struct sl_lint_agpu_table {
    struct sl_lint_agpu_alloc *entries;
    size_t count;
};

/* A packet and what it belongs to. */
struct sl_lint_agpu_packet {
    const struct sl_abi_opcode *opcode; /* NULL = unknown */
    const uint8_t *bytes;
    size_t size;
    uint64_t gpa;
    uint16_t minor; /* of its stream */
    uint32_t context_id;
};

/* A register of the device; all ones while nothing is decoded. Has no effect on the device. */
uint32_t sl_lint_agpu_get(const struct sl_lint *lint, uint32_t reg);
uint64_t sl_lint_agpu_get64(const struct sl_lint *lint, uint32_t reg);
bool sl_lint_agpu_is_decoded(const struct sl_lint *lint);
bool sl_lint_agpu_is_master(const struct sl_lint *lint);
bool sl_lint_agpu_is_enabled(const struct sl_lint *lint); /* the ring */

/* A 32-bit field of a packet; 0 if it does not reach that far. */
uint32_t sl_lint_agpu_word(const struct sl_lint_agpu_packet *packet, size_t offset);

/* The entry with this id, or NULL. */
const struct sl_lint_agpu_alloc *sl_lint_agpu_alloc(const struct sl_lint *lint, uint32_t id);

/* ---- The checkers, in the files named after them ---- */

/* lint_agpu_registers.c: accesses to BAR0. */
struct sl_lint_agpu_registers {
    uint64_t staged_event[2]; /* scanout, cursor: low half written, or SL_LINT_NONE */
};
void sl_lint_agpu_registers_access(struct sl_lint *lint, const struct sl_mmio_event *mmio);
void sl_lint_agpu_registers_ended(struct sl_lint *lint);

/* lint_agpu_interrupts.c */
struct sl_lint_agpu_interrupts {
    uint64_t raised;   /* event since which an enabled cause is pending, or SL_LINT_NONE */
    uint64_t doorbell; /* last one */
};
void sl_lint_agpu_interrupts_access(struct sl_lint *lint, const struct sl_mmio_event *mmio);
void sl_lint_agpu_interrupts_passed(struct sl_lint *lint);
void sl_lint_agpu_interrupts_ended(struct sl_lint *lint);

/* lint_agpu_ring.c: the ring, and the memory that belongs to the device. */
struct sl_lint_agpu_ring {
    uint8_t checked[sizeof(struct aerogpu_ring_header)]; /* header that was last found fault with */
};
void sl_lint_agpu_ring_access(struct sl_lint *lint, const struct sl_mmio_event *mmio);
void sl_lint_agpu_ring_memory(struct sl_lint *lint, const struct sl_mem_event *mem);
void sl_lint_agpu_ring_ended(struct sl_lint *lint);
/* A doorbell with the ring enabled and mastering on; wire is the header. */
void sl_lint_agpu_ring_header(struct sl_lint *lint, uint64_t gpa, const uint8_t *wire);

/* lint_agpu_submission.c: descriptors, allocation tables, stream headers. */
struct sl_lint_agpu_submission {
    uint64_t last_fence;
};
void sl_lint_agpu_submission_check(struct sl_lint *lint, const struct sl_lint_agpu_slot *slot);
/* Sorted by id. Unreadable or damaged tables are empty. False without memory. */
bool sl_lint_agpu_table_load(struct sl_lint *lint, const struct aerogpu_submit_desc *desc,
                             struct sl_lint_agpu_table *table);

/* lint_agpu_packet.c: what the tables say about a packet. */
void sl_lint_agpu_packet_check(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet);

/* lint_agpu_display.c: scanout, cursor and presents. */
struct sl_lint_agpu_image {
    bool on;
    uint32_t width;
    uint32_t height;
    uint32_t format;
    uint32_t pitch;
    uint64_t gpa;
};

struct sl_lint_agpu_display {
    struct sl_lint_agpu_image checked[2]; /* scanout and cursor, as last looked at */
    uint32_t presents;                    /* in the submission that is executing */
    bool failed;                          /* an error was recorded since it began */
};
void sl_lint_agpu_display_setup(struct sl_lint *lint);
void sl_lint_agpu_display_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet);
void sl_lint_agpu_display_submitted(struct sl_lint *lint, const struct aerogpu_submit_desc *desc);

/* lint_agpu_objects.c: handles and what they name. */
struct sl_lint_agpu_storage {
    uint32_t users; /* objects and tokens */
    uint32_t usage_flags;
    uint32_t misused; /* flags already found missing */
    bool is_texture;
    uint32_t row_pitch;
    uint64_t size; /* in guest memory */
    uint32_t alloc_id;
    uint32_t alloc_offset;
    bool fresh;   /* the whole is yet to be read */
    bool located; /* gpa is valid */
    uint64_t gpa;
    bool dirty;   /* a range was named since the last use */
    bool watched; /* guest writes behind it are looked at; index is valid */
    size_t index;
    struct sl_lint_bits stale; /* words changed by the guest and not named; made when one is */
    uint64_t stale_event;
};

/* Storages whose guest memory is watched, and words of it; more are not. */
enum { SL_LINT_AGPU_WATCHED = 4096, SL_LINT_AGPU_WATCHED_WORDS = 1 << 30 };

enum sl_lint_agpu_kind {
    SL_LINT_AGPU_RESOURCE,
    SL_LINT_AGPU_VIEW,
    SL_LINT_AGPU_SHADER,
    SL_LINT_AGPU_LAYOUT,
    SL_LINT_AGPU_SAMPLER,
};

struct sl_lint_agpu_object {
    struct sl_digital_node node; /* by handle */
    enum sl_lint_agpu_kind kind;
    bool live;
    bool alias;                 /* imported */
    uint32_t life;              /* counts the objects that had the handle */
    uint32_t bindings;          /* slots of all contexts that this life is bound to */
    struct sl_lint_place place; /* of creation, or of destruction */
    struct sl_lint_agpu_storage *storage;
};

struct sl_lint_agpu_token {
    struct sl_digital_node node; /* by share token */
    struct sl_lint_place place;  /* of its export */
    struct sl_lint_agpu_storage *storage;
};

struct sl_lint_agpu_objects {
    struct sl_digital_tree handles;
    struct sl_digital_tree tokens;
    struct sl_lint_agpu_storage *watched[SL_LINT_AGPU_WATCHED];
    size_t watched_count;
    uint64_t bits_left;                  /* that storages may still have */
    struct sl_lint_agpu_object *created; /* by the packet that executes, or NULL */
    bool reused;                         /* and what it was before, if it was something */
    struct sl_lint_agpu_object before;
};

void sl_lint_agpu_objects_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet);
/* The device refused the packet, so what it creates does not exist. */
void sl_lint_agpu_objects_refused(struct sl_lint *lint);
void sl_lint_agpu_objects_ended(struct sl_lint *lint);
void sl_lint_agpu_objects_clear(struct sl_lint *lint);
/* The live object under a handle, or NULL. */
struct sl_lint_agpu_object *sl_lint_agpu_find(const struct sl_lint *lint, uint32_t handle);
void sl_lint_agpu_storage_drop(struct sl_lint *lint, struct sl_lint_agpu_storage *storage);

/* lint_agpu_bindings.c: what is bound where, and what that was created for. */
enum { SL_LINT_AGPU_SLOTS = 4096 };

struct sl_lint_agpu_binding {
    uint32_t handle;
    uint32_t life; /* of the object, 0 if there was none */
};

struct sl_lint_agpu_context {
    struct sl_digital_node node; /* by context id */
    struct sl_lint_agpu_binding bound[SL_LINT_AGPU_SLOTS];
};

void sl_lint_agpu_bindings_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet);
void sl_lint_agpu_bindings_clear(struct sl_lint *lint);
bool sl_lint_agpu_has_target(struct sl_lint *lint, uint32_t context_id);
/* Calls visit for each handle that is bound in a context and what the packet uses of it. */
void sl_lint_agpu_visit_used(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                             void (*visit)(struct sl_lint *lint, uint32_t handle));

/* lint_agpu_memory.c: guest memory behind resources. */
void sl_lint_agpu_memory_written(struct sl_lint *lint, const struct sl_mem_event *mem);
void sl_lint_agpu_memory_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet);

struct sl_lint_agpu {
    struct sl_lint_agpu_slot *slots; /* of the last doorbell */
    size_t slot_count;
    size_t next_slot;                     /* whose commands come next */
    const struct sl_lint_agpu_slot *slot; /* whose commands execute, or NULL */
    uint64_t submission;                  /* of the last command, or SL_LINT_NONE */
    uint16_t minor;
    struct sl_lint_agpu_table table;
    bool pending; /* a doorbell waits for bus mastering */
    struct sl_lint_agpu_registers registers;
    struct sl_lint_agpu_interrupts interrupts;
    struct sl_lint_agpu_ring ring;
    struct sl_lint_agpu_submission submissions;
    struct sl_lint_agpu_display display;
    struct sl_lint_agpu_objects objects;
    struct sl_digital_tree contexts;
};

#endif
