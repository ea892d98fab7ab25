/*
 * Delta debugging: a range of commands that are not needed becomes idle as a whole; one that does
 * not is cut into halves, and so on down to single commands. Larger ranges come first and, among
 * those of one size, older ones, so that what is skipped when tries run out is little.
 *
 * A try is a pass that compares each answer of the device, each value that the guest reads and each
 * chosen frame with the original's, and ends at the first difference.
 */
#include "base/bytes.h"
#include "base/status.h"
#include "capture/trim_job.h"

#include <stdlib.h>
#include <string.h>

/* Long traces get fewer tries than they may have: so many events are replayed in all. */
enum { TRIES_MIN = 32, EVENTS_MAX = 40000000 };

/* ---- the commands ---- */

static enum sl_status add_command(void *data, uint64_t event, const struct sl_command *command,
                                  struct sl_error *err)
{
    struct sl_trim_job *job = data;
    struct sl_trim_command found;
    if (!sl_trim_can_idle(job, command, &found)) {
        return SL_OK;
    }
    void *commands = job->commands;
    if (!sl_trim_reserve(&commands, &job->command_capacity, job->command_count,
                         sizeof(*job->commands))) {
        return sl_fail_memory(err, 0);
    }
    job->commands = commands;
    found.event = event;
    job->commands[job->command_count++] = found;
    return SL_OK;
}

static enum sl_status add_told(void *data, uint64_t event, const struct sl_event *seen,
                               struct sl_error *err)
{
    struct sl_trim_job *job = data;
    if (seen->type != SL_EVENT_EXPECT || seen->u.expect.kind != SL_OBS_FRAME) {
        return SL_OK;
    }
    void *told = job->told;
    if (!sl_trim_reserve(&told, &job->told_capacity, job->told_count, sizeof(*job->told))) {
        return sl_fail_memory(err, 0);
    }
    job->told = told;
    job->told[job->told_count++] = (struct sl_trim_told){event, seen->u.expect.queue};
    return SL_OK;
}

static enum sl_status note_reset(void *data, uint64_t event, const struct sl_event *original,
                                 struct sl_error *err)
{
    struct sl_trim_job *job = data;
    (void)err;
    if (original->type == SL_EVENT_RESET && event < job->first) {
        job->reset = event;
    }
    return SL_OK;
}

static enum sl_status pass_by(void *data, uint64_t event, const struct sl_event *original,
                              struct sl_error *err)
{
    (void)data;
    (void)event;
    (void)original;
    (void)err;
    return SL_OK;
}

enum sl_status sl_trim_list_commands(struct sl_trim_job *job, struct sl_error *err)
{
    const struct sl_trim_listener listener = {
        .data = job, .command = add_command, .seen = add_told, .passed = note_reset};
    job->everything = true;
    enum sl_status status = sl_trim_pass(job, &listener, err);
    job->everything = false;
    return status;
}

/* ---- what the device answers ---- */

struct answers {
    uint64_t from; /* those to events before are of no interest */
    struct sl_hash128 *hashes;
    size_t count;
    size_t capacity;
    size_t next; /* to compare with, if that is the purpose */
    bool comparing;
    bool differ;
};

static struct sl_hash128 hash_read(uint64_t event, const struct sl_mmio_event *read)
{
    uint8_t bytes[16];
    sl_put_le64(bytes, event);
    sl_put_le64(bytes + 8, read->value);
    return sl_hash128(bytes, sizeof(bytes));
}

static struct sl_hash128 hash_answer(uint64_t event, const struct sl_expect_event *expect)
{
    uint8_t bytes[48];
    struct sl_hash128 payload = sl_hash128(expect->bytes, expect->size);
    sl_put_le64(bytes, event);
    sl_put_le32(bytes + 8, (uint32_t)expect->kind);
    sl_put_le32(bytes + 12, expect->queue);
    sl_put_le64(bytes + 16, expect->head);
    sl_put_le64(bytes + 24, expect->value);
    memcpy(bytes + 32, payload.bytes, sizeof(payload.bytes));
    return sl_hash128(bytes, sizeof(bytes));
}

static enum sl_status compare_answer(void *data, uint64_t event, const struct sl_event *seen,
                                     struct sl_error *err)
{
    struct answers *answers = data;
    if (seen->type == SL_EVENT_MEM || event < answers->from) {
        return SL_OK;
    }
    struct sl_hash128 hash = seen->type == SL_EVENT_MMIO ? hash_read(event, &seen->u.mmio)
                                                         : hash_answer(event, &seen->u.expect);
    if (answers->comparing) {
        answers->differ = answers->next >= answers->count ||
                          !sl_hash128_equal(&hash, &answers->hashes[answers->next++]);
        return answers->differ
                   ? sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE, "the device answers otherwise")
                   : SL_OK;
    }
    void *hashes = answers->hashes;
    if (!sl_trim_reserve(&hashes, &answers->capacity, answers->count, sizeof(hash))) {
        return sl_fail_memory(err, 0);
    }
    answers->hashes = hashes;
    answers->hashes[answers->count++] = hash;
    return SL_OK;
}

/* ---- the search ---- */

struct range {
    size_t first; /* in search.order */
    size_t count;
};

struct search {
    struct sl_trim_job *job;
    struct answers answers;
    size_t *order; /* commands that are not idle yet, as they are tried */
    size_t order_count;
    struct range *ranges; /* a queue */
    size_t range_first;
    size_t range_count;
    size_t range_capacity;
    uint64_t tries;
    uint64_t tries_max;
};

static void set_idle(struct search *search, const struct range *range, bool idle)
{
    for (size_t i = 0; i < range->count; i++) {
        search->job->commands[search->order[range->first + i]].idle = idle;
    }
}

static enum sl_status run_pass(struct search *search, struct sl_error *err)
{
    const struct sl_trim_listener listener = {
        .data = &search->answers, .seen = compare_answer, .passed = pass_by};
    return sl_trim_pass(search->job, &listener, err);
}

/* Whether all is as before with the commands that are idle now. */
static enum sl_status attempt(struct search *search, bool *good, struct sl_error *err)
{
    const struct sl_trim_options *options = search->job->options;
    struct answers *answers = &search->answers;
    search->tries++;
    if (options->progress) {
        options->progress(options->data, search->tries, search->tries_max);
    }
    answers->next = 0;
    answers->comparing = true;
    answers->differ = false;
    enum sl_status status = run_pass(search, err);
    *good = status == SL_OK && answers->next == answers->count;
    return answers->differ ? SL_OK : status;
}

static enum sl_status push(struct search *search, size_t first, size_t count, struct sl_error *err)
{
    void *ranges = search->ranges;
    if (count == 0) {
        return SL_OK;
    }
    if (!sl_trim_reserve(&ranges, &search->range_capacity, search->range_count,
                         sizeof(*search->ranges))) {
        return sl_fail_memory(err, 0);
    }
    search->ranges = ranges;
    search->ranges[search->range_count++] = (struct range){first, count};
    return SL_OK;
}

static enum sl_status try_range(struct search *search, struct range range, bool *any,
                                struct sl_error *err)
{
    bool good;
    set_idle(search, &range, true);
    enum sl_status status = attempt(search, &good, err);
    if (status != SL_OK || good) {
        *any |= good;
        return status;
    }
    set_idle(search, &range, false);
    if (range.count == 1) {
        return SL_OK;
    }
    size_t half = range.count / 2;
    status = push(search, range.first, half, err);
    return status == SL_OK ? push(search, range.first + half, range.count - half, err) : status;
}

/* Commands that others need may be of no use once those are idle: later rounds go backwards. */
static void list_order(struct search *search, bool backwards)
{
    const struct sl_trim_job *job = search->job;
    search->order_count = 0;
    for (size_t i = 0; i < job->command_count; i++) {
        size_t number = backwards ? job->command_count - 1 - i : i;
        const struct sl_trim_command *command = &job->commands[number];
        if (!command->idle && command->event >= job->start && command->event < job->end) {
            search->order[search->order_count++] = number;
        }
    }
}

static enum sl_status run_round(struct search *search, bool backwards, bool *any,
                                struct sl_error *err)
{
    list_order(search, backwards);
    search->range_first = 0;
    search->range_count = 0;
    enum sl_status status = push(search, 0, search->order_count, err);
    while (status == SL_OK && search->range_first < search->range_count &&
           search->tries < search->tries_max) {
        status = try_range(search, search->ranges[search->range_first++], any, err);
    }
    return status;
}

static uint64_t limit_tries(const struct sl_trim_job *job)
{
    uint64_t fitting = EVENTS_MAX / job->end;
    fitting = fitting > TRIES_MIN ? fitting : TRIES_MIN;
    return fitting < job->options->tries_max ? fitting : job->options->tries_max;
}

static enum sl_status run_rounds(struct search *search, struct sl_error *err)
{
    enum sl_status status = SL_OK;
    bool any = true;
    for (int round = 0; status == SL_OK && any && round < sl_trim_rounds(search->job); round++) {
        any = false;
        status = run_round(search, round > 0, &any, err);
    }
    return status;
}

/* A device that was reset is as good as new, unless something was left in guest memory. */
static enum sl_status find_start(struct search *search, bool may_start, struct sl_error *err)
{
    struct sl_trim_job *job = search->job;
    job->start = 0;
    search->answers.count = 0;
    search->answers.comparing = false;
    search->answers.from = may_start ? job->reset : 0;
    enum sl_status status = run_pass(search, err);
    if (status != SL_OK || search->answers.from == 0) {
        return status;
    }
    bool good;
    job->start = job->reset;
    status = attempt(search, &good, err);
    if (status == SL_OK && !good) {
        status = find_start(search, false, err);
    }
    return status;
}

enum sl_status sl_trim_search(struct sl_trim_job *job, bool may_start, struct sl_error *err)
{
    struct search search = {.job = job, .tries_max = limit_tries(job)};
    for (size_t i = 0; i < job->command_count; i++) {
        job->commands[i].idle = false;
    }
    search.order = calloc(job->command_count + 1, sizeof(*search.order));
    enum sl_status status =
        search.order ? find_start(&search, may_start, err) : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = run_rounds(&search, err);
    }
    free(search.order);
    free(search.ranges);
    free(search.answers.hashes);
    return status;
}
