#include "base/array.h"
#include "lint/lint.h"

#include "base/bytes.h"
#include "base/status.h"
#include "lint/lint_checker.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest text of a finding; more is cut off. */
enum { TEXT_MAX = 512, CHUNK = 1024 };

static const struct sl_lint_walker *const walkers[] = {&sl_lint_agpu_walker, &sl_lint_vgpu_walker};

void sl_lint_report_finish(struct sl_lint_report *report)
{
    free(report->findings);
    sl_buf_finish(&report->texts);
    *report = (struct sl_lint_report){0};
}

const char *sl_lint_finding_text(const struct sl_lint_report *report,
                                 const struct sl_lint_finding *finding)
{
    return (const char *)report->texts.data + finding->text;
}

void sl_lint_out_of_memory(struct sl_lint *lint)
{
    if (lint->status == SL_OK) {
        lint->status = sl_fail_memory(lint->err, 0);
    }
}

struct sl_lint_place sl_lint_here(const struct sl_lint *lint, uint64_t gpa)
{
    return (struct sl_lint_place){
        .event = lint->event,
        .command = lint->command ? lint->command->index : SL_LINT_NONE,
        .name = lint->command ? lint->command->name : "",
        .gpa = gpa,
    };
}

static struct sl_lint_finding *add_finding(struct sl_lint_report *report)
{
    struct sl_lint_finding *grown = sl_array_grow(report->findings, &report->finding_capacity,
                                                  report->finding_count, sizeof(*grown));
    if (!grown) {
        return NULL;
    }
    report->findings = grown;
    return &report->findings[report->finding_count++];
}

void sl_lint_find(struct sl_lint *lint, enum sl_lint_rule rule, struct sl_lint_place place,
                  const char *format, ...)
{
    struct sl_lint_report *report = lint->report;
    if (!lint->enabled[rule] || report->counts[rule]++ >= SL_LINT_KEPT_MAX) {
        return;
    }
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *p = text; *p; p++) {
        *p = *p < 0x20 || *p > 0x7E ? '?' : *p;
    }
    size_t start = report->texts.size;
    sl_buf_append(&report->texts, text, strlen(text) + 1);
    struct sl_lint_finding *finding = report->texts.failed ? NULL : add_finding(report);
    if (!finding) {
        sl_lint_out_of_memory(lint);
        return;
    }
    *finding = (struct sl_lint_finding){
        .rule = rule,
        .event = place.event,
        .command = place.command,
        .name = place.name,
        .gpa = place.gpa,
        .text = start,
    };
}

bool sl_lint_read(const struct sl_lint *lint, uint64_t gpa, void *out, size_t size)
{
    bool good = sl_mem_read(lint->mem, gpa, out, size) == SL_MEM_OK;
    if (!good) {
        memset(out, 0, size);
    }
    return good;
}

bool sl_lint_changes(const struct sl_lint *lint, const struct sl_mem_event *mem, uint64_t gpa,
                     uint64_t size)
{
    uint8_t old[CHUNK];
    if (size > UINT64_MAX - gpa || mem->size > UINT64_MAX - mem->gpa) {
        return false;
    }
    uint64_t start = mem->gpa > gpa ? mem->gpa : gpa;
    uint64_t end = mem->gpa + mem->size < gpa + size ? mem->gpa + mem->size : gpa + size;
    while (start < end) {
        size_t part = end - start < CHUNK ? (size_t)(end - start) : CHUNK;
        sl_lint_read(lint, start, old, part);
        if (memcmp(old, mem->bytes + (start - mem->gpa), part) != 0) {
            return true;
        }
        start += part;
    }
    return false;
}

uint64_t sl_lint_number(const struct sl_lint *lint, uint64_t gpa, unsigned size)
{
    uint8_t bytes[8];
    sl_lint_read(lint, gpa, bytes, size);
    return sl_get_le(bytes, size);
}

/* ---- Callbacks of the replay ---- */

struct run {
    struct sl_lint lint;
    const struct sl_lint_walker *walker;
};

static void on_memory(void *data, const struct sl_mem *mem)
{
    struct run *run = data;
    run->lint.mem = mem;
}

static void on_attached(void *data, struct sl_target *target)
{
    struct run *run = data;
    run->lint.target = target;
}

static enum sl_status on_arriving(void *data, uint64_t event, const struct sl_event *what,
                                  struct sl_error *err)
{
    struct run *run = data;
    (void)err;
    run->lint.event = event;
    run->walker->arriving(&run->lint, what);
    return run->lint.status;
}

static enum sl_status on_passed(void *data, uint64_t event, const struct sl_event *what,
                                struct sl_error *err)
{
    struct run *run = data;
    (void)event;
    (void)err;
    run->walker->passed(&run->lint, what);
    return run->lint.status;
}

static enum sl_status on_observed(void *data, uint64_t event,
                                  const struct sl_observation *observation, struct sl_error *err)
{
    struct run *run = data;
    (void)event;
    (void)err;
    run->walker->observed(&run->lint, observation);
    return run->lint.status;
}

static enum sl_status on_command(void *data, uint64_t event, const struct sl_command *command,
                                 struct sl_error *err)
{
    struct run *run = data;
    (void)event;
    (void)err;
    run->lint.current = *command;
    run->lint.current.bytes = NULL;
    run->lint.current.text = "";
    run->lint.command = &run->lint.current;
    run->walker->command(&run->lint, command);
    return run->lint.status;
}

static void on_executed(void *data, uint64_t event)
{
    struct run *run = data;
    (void)event;
    run->walker->executed(&run->lint);
    run->lint.command = NULL;
}

static enum sl_status on_ended(void *data, uint64_t event, const struct sl_command *next,
                               struct sl_target *target, struct sl_error *err)
{
    struct run *run = data;
    (void)next;
    (void)target;
    (void)err;
    run->lint.event = event;
    run->lint.command = NULL;
    run->walker->ended(&run->lint);
    return run->lint.status;
}

/* By event, then command; what is of no command comes first, else what was found first. */
static int compare(const void *a, const void *b)
{
    const struct sl_lint_finding *x = a;
    const struct sl_lint_finding *y = b;
    uint64_t left = x->command + 1; /* SL_LINT_NONE becomes 0 */
    uint64_t right = y->command + 1;
    if (x->event != y->event) {
        return x->event < y->event ? -1 : 1;
    }
    if (left != right) {
        return left < right ? -1 : 1;
    }
    return x->text < y->text ? -1 : x->text > y->text;
}

static const struct sl_lint_walker *find_walker(const char *device)
{
    for (size_t i = 0; i < sizeof(walkers) / sizeof(walkers[0]); i++) {
        if (strcmp(walkers[i]->device, device) == 0) {
            return walkers[i];
        }
    }
    return NULL;
}

enum sl_status sl_lint_run(struct sl_trace *trace, const struct sl_replay_options *options,
                           const bool enabled[SL_LINT_RULE_COUNT], struct sl_lint_report *report,
                           struct sl_error *err)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    struct run run = {
        .lint = {.enabled = enabled, .report = report, .meta = meta, .err = err},
        .walker = find_walker(meta->device),
    };
    const struct sl_replay_callbacks none = {0};
    if (!run.walker) {
        /* Says what it says of every device that nobody knows. */
        return sl_replay_run(trace, options, &none, err);
    }
    const struct sl_replay_callbacks callbacks = {
        .data = &run,
        .memory = on_memory,
        .attached = on_attached,
        .arriving = on_arriving,
        .observed = on_observed,
        .command = on_command,
        .executed = on_executed,
        .passed = on_passed,
        .ended = on_ended,
    };
    enum sl_status status = SL_OK;
    if (run.walker->create(&run.lint)) {
        status = sl_replay_run(trace, options, &callbacks, err);
    } else {
        status = sl_fail_memory(err, 0);
    }
    run.walker->destroy(&run.lint);
    if (report->finding_count > 1) {
        qsort(report->findings, report->finding_count, sizeof(*report->findings), compare);
    }
    return status;
}
