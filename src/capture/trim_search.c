/*
 * Delta debugging: a range of commands that are not needed becomes idle as a whole; one that does
 * not is cut into halves, and so on down to single commands. Larger ranges come first and, among
 * those of one size, older ones, so that what is skipped when tries run out is little.
 *
 * A try is a pass that compares each answer of the device, each value that the guest reads and each
 * chosen frame with the original's, and ends at the first difference.
 */
#include "base/array.h"
#include "base/bytes.h"
#include "base/status.h"
#include "capture/trim_job.h"

#include <stdlib.h>
#include <string.h>

/* Long traces get fewer tries than they may have: so many events are replayed in all. */
enum { TRIES_MIN = 32, EVENTS_MAX = 40000000 };

enum { KICK_ROUNDS = 2 };

/* ---- the commands ---- */

static enum sl_status add_command(void *data, uint64_t event, const struct sl_command *command,
                                  struct sl_error *err)
{
    struct sl_trim_job *job = data;
    struct sl_trim_command found;
    if (!sl_trim_can_idle(job, command, &found)) {
        return SL_OK;
    }
    void *commands = sl_array_grow(job->commands, &job->command_capacity, job->command_count,
                                   sizeof(*job->commands));
    if (!commands) {
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
    if (seen->type != SL_EVENT_EXPECT) {
        return SL_OK;
    }
    void *told = sl_array_grow(job->told, &job->told_capacity, job->told_count, sizeof(*job->told));
    if (!told) {
        return sl_fail_memory(err, 0);
    }
    job->told = told;
    job->told[job->told_count++] =
        (struct sl_trim_told){event, seen->u.expect.kind, seen->u.expect.queue};
    return SL_OK;
}

static enum sl_status add_kick(void *data, const struct sl_trim_kick *kick, struct sl_error *err)
{
    struct sl_trim_job *job = data;
    void *kicks =
        sl_array_grow(job->kicks, &job->kick_capacity, job->kick_count, sizeof(*job->kicks));
    if (!kicks) {
        return sl_fail_memory(err, 0);
    }
    job->kicks = kicks;
    job->kicks[job->kick_count++] = *kick;
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

enum sl_status sl_trim_list_commands(struct sl_trim_job *job, struct sl_error *err)
{
    const struct sl_trim_listener listener = {.data = job,
                                              .command = add_command,
                                              .seen = add_told,
                                              .kick = add_kick,
                                              .passed = note_reset};
    job->everything = true;
    enum sl_status status = sl_trim_pass(job, &listener, err);
    job->everything = false;
    return status;
}

/* ---- what the device answers ---- */

struct answer {
    uint64_t event;
    struct sl_hash128 hash;
};

struct answers {
    const struct sl_trim_job *job;
    uint64_t from; /* those to events before are of no interest */
    struct answer *all;
    size_t count;
    size_t capacity;
    size_t next; /* to compare with, if that is the purpose */
    bool comparing;
    bool differ;
    uint64_t events; /* replayed so far, in all passes */
};

static struct sl_hash128 hash_read(const struct sl_mmio_event *read)
{
    uint8_t bytes[8];
    sl_put_le64(bytes, read->value);
    return sl_hash128(bytes, sizeof(bytes));
}

static struct sl_hash128 hash_answer(const struct sl_expect_event *expect)
{
    uint8_t bytes[40];
    struct sl_hash128 payload = sl_hash128(expect->bytes, expect->size);
    sl_put_le32(bytes, (uint32_t)expect->kind);
    sl_put_le32(bytes + 4, expect->queue);
    sl_put_le64(bytes + 8, expect->head);
    sl_put_le64(bytes + 16, expect->value);
    memcpy(bytes + 24, payload.bytes, sizeof(payload.bytes));
    return sl_hash128(bytes, sizeof(bytes));
}

/* Answers to kicks that are gone do not come. */
static void skip_gone(struct answers *answers)
{
    const struct sl_trim_job *job = answers->job;
    for (; answers->next < answers->count; answers->next++) {
        uint64_t event = answers->all[answers->next].event;
        size_t kick = sl_trim_find_kick(job, event);
        if (kick == job->kick_count || job->kicks[kick].event != event || !job->kicks[kick].gone) {
            return;
        }
    }
}

static enum sl_status compare(struct answers *answers, const struct answer *answer,
                              struct sl_error *err)
{
    skip_gone(answers);
    const struct answer *wanted =
        answers->next < answers->count ? &answers->all[answers->next++] : NULL;
    answers->differ = !wanted || wanted->event != answer->event ||
                      !sl_hash128_equal(&wanted->hash, &answer->hash);
    return answers->differ
               ? sl_fail(err, SL_ERR_MISMATCH, SL_RULE_NONE, "the device answers otherwise")
               : SL_OK;
}

static enum sl_status on_answer(void *data, uint64_t event, const struct sl_event *seen,
                                struct sl_error *err)
{
    struct answers *answers = data;
    if (seen->type == SL_EVENT_MEM || seen->type == SL_EVENT_VRING || event < answers->from) {
        return SL_OK;
    }
    const struct answer answer = {
        .event = event,
        .hash =
            seen->type == SL_EVENT_MMIO ? hash_read(&seen->u.mmio) : hash_answer(&seen->u.expect),
    };
    if (answers->comparing) {
        return compare(answers, &answer, err);
    }
    void *all =
        sl_array_grow(answers->all, &answers->capacity, answers->count, sizeof(*answers->all));
    if (!all) {
        return sl_fail_memory(err, 0);
    }
    answers->all = all;
    answers->all[answers->count++] = answer;
    return SL_OK;
}

static enum sl_status count_event(void *data, uint64_t event, const struct sl_event *original,
                                  struct sl_error *err)
{
    (void)event;
    (void)original;
    (void)err;
    ((struct answers *)data)->events++;
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
    bool **order; /* flags of what is left, as it is tried */
    size_t order_count;
    struct range *ranges; /* a queue */
    size_t range_first;
    size_t range_count;
    size_t range_capacity;
    uint64_t tries;
    uint64_t tries_max; /* up to the end of the part of the search that runs */
};

static void set_flags(struct search *search, const struct range *range, bool value)
{
    for (size_t i = 0; i < range->count; i++) {
        *search->order[range->first + i] = value;
    }
}

static enum sl_status run_pass(struct search *search, struct sl_error *err)
{
    const struct sl_trim_listener listener = {
        .data = &search->answers, .seen = on_answer, .passed = count_event};
    return sl_trim_pass(search->job, &listener, err);
}

/* Whether all is as before with what is idle or gone now. */
static enum sl_status attempt(struct search *search, bool *good, struct sl_error *err)
{
    const struct sl_trim_options *options = search->job->options;
    struct answers *answers = &search->answers;
    search->tries++;
    if (options->progress) {
        options->progress(options->data, search->tries, options->tries_max);
    }
    answers->next = 0;
    answers->comparing = true;
    answers->differ = false;
    enum sl_status status = run_pass(search, err);
    skip_gone(answers);
    *good = status == SL_OK && answers->next == answers->count;
    return answers->differ ? SL_OK : status;
}

static bool may_try(const struct search *search)
{
    return search->tries < search->tries_max &&
           (search->tries < TRIES_MIN || search->answers.events < EVENTS_MAX);
}

static enum sl_status push(struct search *search, size_t first, size_t count, struct sl_error *err)
{
    if (count == 0) {
        return SL_OK;
    }
    void *ranges = sl_array_grow(search->ranges, &search->range_capacity, search->range_count,
                                 sizeof(*search->ranges));
    if (!ranges) {
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
    set_flags(search, &range, true);
    enum sl_status status = attempt(search, &good, err);
    if (status != SL_OK || good) {
        *any |= good;
        return status;
    }
    set_flags(search, &range, false);
    if (range.count == 1) {
        return SL_OK;
    }
    size_t half = range.count / 2;
    status = push(search, range.first, half, err);
    return status == SL_OK ? push(search, range.first + half, range.count - half, err) : status;
}

/* What others need may be of no use once those are gone: later rounds go backwards. */
static void list_kicks(struct search *search, bool backwards)
{
    const struct sl_trim_job *job = search->job;
    search->order_count = 0;
    for (size_t i = 0; i < job->kick_count; i++) {
        struct sl_trim_kick *kick = &job->kicks[backwards ? job->kick_count - 1 - i : i];
        if (!kick->gone && kick->event >= job->start && kick->event < job->end) {
            search->order[search->order_count++] = &kick->gone;
        }
    }
}

static void list_commands(struct search *search, bool backwards)
{
    const struct sl_trim_job *job = search->job;
    search->order_count = 0;
    for (size_t i = 0; i < job->command_count; i++) {
        struct sl_trim_command *command =
            &job->commands[backwards ? job->command_count - 1 - i : i];
        size_t kick = sl_trim_find_kick(job, command->event);
        bool gone = kick < job->kick_count && job->kicks[kick].event == command->event &&
                    job->kicks[kick].gone;
        if (!command->idle && !gone && command->event >= job->start && command->event < job->end) {
            search->order[search->order_count++] = &command->idle;
        }
    }
}

static enum sl_status run_round(struct search *search, bool *any, struct sl_error *err)
{
    search->range_first = 0;
    search->range_count = 0;
    enum sl_status status = push(search, 0, search->order_count, err);
    while (status == SL_OK && search->range_first < search->range_count && may_try(search)) {
        status = try_range(search, search->ranges[search->range_first++], any, err);
    }
    return status;
}

static enum sl_status run_rounds(struct search *search, int rounds,
                                 void (*list)(struct search *search, bool backwards),
                                 struct sl_error *err)
{
    enum sl_status status = SL_OK;
    bool any = true;
    for (int round = 0; status == SL_OK && any && round < rounds; round++) {
        any = false;
        list(search, round > 0);
        status = run_round(search, &any, err);
    }
    return status;
}

/* A device that was reset is as good as new, unless something was left in guest memory. */
static enum sl_status find_start(struct search *search, uint64_t from, struct sl_error *err)
{
    struct sl_trim_job *job = search->job;
    bool good = true;
    job->start = 0;
    search->answers.count = 0;
    search->answers.comparing = false;
    search->answers.from = from;
    enum sl_status status = run_pass(search, err);
    if (status == SL_OK && from > 0) {
        job->start = from;
        status = attempt(search, &good, err);
    }
    return status == SL_OK && !good ? find_start(search, 0, err) : status;
}

/* Kicks first, as whatever goes with them need not be idle; but not with all the tries. */
static enum sl_status run(struct search *search, struct sl_error *err)
{
    struct sl_trim_job *job = search->job;
    enum sl_status status = find_start(search, job->reset, err);
    search->tries_max = job->options->tries_max / 3 * 2;
    if (status == SL_OK) {
        status = run_rounds(search, KICK_ROUNDS, list_kicks, err);
    }
    search->tries_max = job->options->tries_max;
    if (status == SL_OK) {
        status = run_rounds(search, sl_trim_rounds(job), list_commands, err);
    }
    return status;
}

enum sl_status sl_trim_search(struct sl_trim_job *job, struct sl_error *err)
{
    struct search search = {.job = job, .answers.job = job};
    size_t most = job->command_count > job->kick_count ? job->command_count : job->kick_count;
    search.order = calloc(most + 1, sizeof(*search.order));
    enum sl_status status = search.order ? run(&search, err) : sl_fail_memory(err, 0);
    free(search.order);
    free(search.ranges);
    free(search.answers.all);
    return status;
}
