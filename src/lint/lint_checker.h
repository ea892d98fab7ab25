/*
 * What checkers see and how they tell. One walker per device (lint_agpu_walk.c, lint_vgpu_walk.c)
 * feeds the checkers of its device; a checker is one file with one subject.
 */
#ifndef SL_LINT_LINT_CHECKER_H
#define SL_LINT_LINT_CHECKER_H

#include "abi/abi.h"
#include "lint/lint.h"
#include "memory/memory.h"

struct sl_lint_agpu;
struct sl_lint_vgpu;

/* One run over one trace. */
struct sl_lint {
    const bool *enabled;
    struct sl_lint_report *report;
    const struct sl_trace_meta *meta;
    const struct sl_mem *mem; /* as the guest left it, what the device wrote included */
    struct sl_target *target;
    uint64_t event;                   /* that is happening */
    const struct sl_command *command; /* that is about to execute or executing, or NULL */
    struct sl_command current;        /* what command points to; without bytes and text */
    struct sl_lint_agpu *agpu;        /* one of the two */
    struct sl_lint_vgpu *vgpu;
    enum sl_status status; /* first failure where no status can be returned */
    struct sl_error *err;
};

/* The walker of a device. All members take the struct sl_lint. */
struct sl_lint_walker {
    const char *device;
    bool (*create)(struct sl_lint *lint); /* false without memory */
    void (*destroy)(struct sl_lint *lint);
    void (*arriving)(struct sl_lint *lint, const struct sl_event *event); /* device comes next */
    void (*passed)(struct sl_lint *lint, const struct sl_event *event);
    void (*observed)(struct sl_lint *lint, const struct sl_observation *observation);
    void (*command)(struct sl_lint *lint, const struct sl_command *command);
    void (*executed)(struct sl_lint *lint);
    void (*ended)(struct sl_lint *lint);
};

extern const struct sl_lint_walker sl_lint_agpu_walker;
extern const struct sl_lint_walker sl_lint_vgpu_walker;

/* Where something was found: the event and command that happen now, or ones from before. */
struct sl_lint_place {
    uint64_t event;
    uint64_t command;
    const char *name;
    uint64_t gpa;
};

/* Now, at a guest address or SL_LINT_NONE. */
struct sl_lint_place sl_lint_here(const struct sl_lint *lint, uint64_t gpa);

/* Adds a finding, if its rule is enabled. */
void sl_lint_find(struct sl_lint *lint, enum sl_lint_rule rule, struct sl_lint_place place,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The run cannot go on for lack of memory. */
void sl_lint_out_of_memory(struct sl_lint *lint);

/* Guest memory; false, with zeros in out, where there is no RAM. */
bool sl_lint_read(const struct sl_lint *lint, uint64_t gpa, void *out, size_t size);

/* True if a write of the guest that comes next changes bytes of [gpa, gpa + size). */
bool sl_lint_changes(const struct sl_lint *lint, const struct sl_mem_event *mem, uint64_t gpa,
                     uint64_t size);

/* Little-endian number of guest memory, 0 where there is none. */
uint64_t sl_lint_number(const struct sl_lint *lint, uint64_t gpa, unsigned size);

#endif
