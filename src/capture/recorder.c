/*
 * The recorder's calls: taking events, waiting for room, beginning and end. What its thread does is
 * in recorder_thread.c.
 */
#include "base/clock.h"
#include "base/status.h"
#include "capture/recorder_impl.h"
#include "trace/slt_event.h"
#include "trace/slt_meta.h"
#include "trace/slt_page_table.h"
#include "trace/slt_writer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Beginning */

/* A condition whose timeouts no change of the wall clock disturbs. */
static bool init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes)) {
        return false;
    }
    bool done = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return done;
}

static bool init_sync(struct sl_recorder *rec)
{
    if (pthread_mutex_init(&rec->mutex, NULL)) {
        return false;
    }
    if (!init_condition(&rec->work)) {
        pthread_mutex_destroy(&rec->mutex);
        return false;
    }
    if (!init_condition(&rec->room)) {
        pthread_cond_destroy(&rec->work);
        pthread_mutex_destroy(&rec->mutex);
        return false;
    }
    return true;
}

enum sl_status sl_recorder_allocate(const char *path, const struct sl_recorder_limits *limits,
                                    struct sl_recorder **out, struct sl_error *err)
{
    *out = NULL;
    struct sl_recorder *rec = calloc(1, sizeof(*rec));
    if (!rec) {
        return sl_fail_memory(err, sizeof(*rec));
    }
    rec->fd = -1;
    rec->path = strdup(path);
    if (!rec->path || !init_sync(rec)) {
        free(rec->path);
        free(rec);
        return sl_fail_memory(err, 0);
    }
    if (limits) {
        rec->limits = *limits;
    }
    *out = rec;
    return SL_OK;
}

enum sl_status sl_recorder_open_file(struct sl_recorder *rec, struct sl_error *err)
{
    rec->fd = open(rec->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return rec->fd < 0 ? sl_fail_errno(err, rec->path, "create") : SL_OK;
}

/* Signals are the business of the emulator's own threads. */
static enum sl_status start_thread(struct sl_recorder *rec, struct sl_error *err)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(&rec->thread, NULL, sl_recorder_thread, rec);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    rec->has_thread = code == 0;
    return code == 0 ? SL_OK
                     : sl_fail(err, SL_ERR_ENVIRONMENT, SL_RULE_HOST_LIMIT,
                               "cannot start a thread: %s", strerror(code));
}

enum sl_status sl_recorder_start(struct sl_recorder *rec, const struct sl_trace_meta *meta,
                                 struct sl_error *err)
{
    int fd = rec->fd;
    rec->fd = -1;
    rec->state = SL_RECORDER_RUNNING;
    if (rec->limits.max_backlog_bytes == 0) {
        rec->limits.max_backlog_bytes = SL_RECORDER_BACKLOG_DEFAULT;
    }
    enum sl_status status =
        sl_slt_writer_create(fd, rec->path, SL_SLT_PAGE_TABLE_LIMIT, meta, &rec->writer, err);
    if (status == SL_OK && rec->limits.max_trace_bytes) {
        status = sl_slt_writer_set_limit(rec->writer, rec->limits.max_trace_bytes, err);
    }
    if (status == SL_OK) {
        rec->stats.trace_bytes = sl_slt_writer_progress(rec->writer).size_bytes;
        status = start_thread(rec, err);
    }
    return status;
}

enum sl_status sl_recorder_create(const char *path, const struct sl_trace_meta *meta,
                                  const struct sl_recorder_limits *limits, struct sl_recorder **out,
                                  struct sl_error *err)
{
    *out = NULL;
    enum sl_status status = sl_slt_meta_check(meta, SL_ERR_USAGE, err);
    struct sl_recorder *rec = NULL;
    if (status == SL_OK) {
        status = sl_recorder_allocate(path, limits, &rec, err);
    }
    if (status == SL_OK) {
        status = sl_recorder_open_file(rec, err);
    }
    if (status == SL_OK) {
        pthread_mutex_lock(&rec->mutex);
        status = sl_recorder_start(rec, meta, err);
        pthread_mutex_unlock(&rec->mutex);
    }
    if (status != SL_OK) {
        sl_recorder_destroy(rec);
        return status;
    }
    *out = rec;
    return SL_OK;
}

/* Failure */

enum sl_status sl_recorder_note_failure(struct sl_recorder *rec, enum sl_status status,
                                        const struct sl_error *err)
{
    if (rec->status == SL_OK) {
        rec->status = status;
        rec->failure = *err;
        sl_error_set_file(&rec->failure, rec->path);
        sl_error_format(&rec->failure, rec->failure_text, sizeof(rec->failure_text));
        pthread_cond_broadcast(&rec->room);
    }
    return rec->status;
}

/* The first failure for the caller's report. */
static enum sl_status report(const struct sl_recorder *rec, struct sl_error *err)
{
    if (rec->status != SL_OK && err) {
        *err = rec->failure;
    }
    return rec->status;
}

const char *sl_recorder_error(struct sl_recorder *rec)
{
    pthread_mutex_lock(&rec->mutex);
    const char *text = rec->status == SL_OK ? NULL : rec->failure_text;
    pthread_mutex_unlock(&rec->mutex);
    return text;
}

/* Taking events */

uint64_t sl_recorder_batch_bytes(const struct sl_recorder *rec)
{
    uint64_t half = rec->limits.max_backlog_bytes / 2;
    return half < SL_SLT_CHUNK_TARGET ? half : SL_SLT_CHUNK_TARGET;
}

static bool has_room(const struct sl_recorder *rec, size_t need)
{
    uint64_t backlog = sl_recorder_backlog(rec);
    uint64_t limit = rec->limits.max_backlog_bytes;
    return backlog == 0 || (need <= limit && backlog <= limit - need);
}

/* Waits for its turn and for room; in vain if the recording fails meanwhile. */
static void wait_for_room(struct sl_recorder *rec, size_t need)
{
    if (rec->first_ticket == rec->next_ticket && has_room(rec, need)) {
        return;
    }
    uint64_t start = sl_clock_ns();
    uint64_t ticket = rec->next_ticket++;
    rec->stats.waits++;
    pthread_cond_signal(&rec->work);
    while (rec->status == SL_OK && (rec->first_ticket != ticket || !has_room(rec, need))) {
        pthread_cond_wait(&rec->room, &rec->mutex);
    }
    rec->first_ticket++;
    pthread_cond_broadcast(&rec->room);
    rec->stats.wait_ns += sl_clock_ns() - start;
}

/* The thread sleeps while nothing is due; what may change that is said to it. */
static void wake_thread(struct sl_recorder *rec, uint64_t before)
{
    uint64_t batch = sl_recorder_batch_bytes(rec);
    if (!rec->has_unwritten) {
        rec->has_unwritten = true;
        rec->oldest_ns = sl_clock_ns();
        pthread_cond_signal(&rec->work);
    } else if ((before < batch && rec->queue.bytes >= batch) ||
               rec->first_ticket != rec->next_ticket) {
        pthread_cond_signal(&rec->work);
    }
}

/* Takes the block, or a copy of the event if there is none. */
static enum sl_status enqueue(struct sl_recorder *rec, const struct sl_event *event,
                              struct sl_event_block **block, struct sl_error *err)
{
    uint64_t before = rec->queue.bytes;
    if (*block) {
        sl_event_queue_add_block(&rec->queue, *block);
        *block = NULL;
    } else if (!sl_event_queue_add(&rec->queue, event)) {
        return sl_fail_memory(err, 0);
    }
    rec->stats.events++;
    rec->stats.frames += event->type == SL_EVENT_FRAME;
    rec->stats.payload_bytes += sl_slt_event_payload(event).size;
    uint64_t backlog = sl_recorder_backlog(rec);
    if (backlog > rec->stats.peak_backlog_bytes) {
        rec->stats.peak_backlog_bytes = backlog;
    }
    wake_thread(rec, before);
    return SL_OK;
}

/* With the mutex held. */
static enum sl_status take_event(struct sl_recorder *rec, const struct sl_event *event,
                                 struct sl_event_block **block, struct sl_error *err)
{
    wait_for_room(rec, sl_event_queue_need(event));
    if (rec->status != SL_OK || rec->stats.is_full) {
        return rec->status;
    }
    return enqueue(rec, event, block, err);
}

/* What every event needs first: a recording that goes on. */
static enum sl_status check_running(struct sl_recorder *rec, struct sl_error *err)
{
    if (rec->status == SL_OK && rec->state == SL_RECORDER_SETUP) {
        struct sl_error own = {0};
        enum sl_status status = sl_recorder_start_collected(rec, &own);
        if (status != SL_OK) {
            sl_recorder_note_failure(rec, status, &own);
        }
    }
    if (rec->status != SL_OK) {
        return report(rec, err);
    }
    return rec->state == SL_RECORDER_ENDED
               ? sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "the recording is finished")
               : SL_OK;
}

/* Being full is no failure: the recording is as long as it was meant to be. */
static enum sl_status check_full(const struct sl_recorder *rec, struct sl_error *err)
{
    return rec->stats.is_full ? sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                                        "the trace is full, its limit is %" PRIu64 " bytes",
                                        rec->limits.max_trace_bytes)
                              : SL_OK;
}

/* A caller in another language may well pass NULL. */
static bool points_nowhere(const struct sl_event *event)
{
    struct sl_slt_payload payload = sl_slt_event_payload(event);
    return (payload.size > 0 && !payload.bytes) ||
           (event->type == SL_EVENT_ATTACH && event->u.text.text_size > 0 && !event->u.text.text) ||
           (event->type == SL_EVENT_RAM && event->u.ram.count > 0 && !event->u.ram.regions);
}

/* A copy of a large event, made before anybody else has to wait for that. */
static enum sl_status prepare_block(struct sl_recorder *rec, const struct sl_event *event,
                                    struct sl_event_block **block, struct sl_error *err)
{
    size_t need = sl_event_queue_need(event);
    pthread_mutex_lock(&rec->mutex);
    struct sl_event_block *spare = sl_event_queue_take_spare(&rec->queue, need);
    pthread_mutex_unlock(&rec->mutex);
    *block = sl_event_block_fill(spare, event);
    return *block ? SL_OK : sl_fail_memory(err, need);
}

static enum sl_status prepare(struct sl_recorder *rec, const struct sl_event *event,
                              struct sl_event_block **block, struct sl_error *err)
{
    if (points_nowhere(event)) {
        return sl_fail(err, SL_ERR_USAGE, SL_RULE_NONE, "event with bytes at NULL");
    }
    enum sl_status status = sl_slt_event_check(event, SL_ERR_USAGE, err);
    if (status == SL_OK && sl_event_queue_need(event) > SL_EVENT_SMALL) {
        status = prepare_block(rec, event, block, err);
    }
    return status;
}

enum sl_status sl_recorder_put(struct sl_recorder *rec, const struct sl_event *event,
                               struct sl_error *err)
{
    struct sl_error own = {0};
    struct sl_event_block *block = NULL;
    enum sl_status prepared = prepare(rec, event, &block, &own);
    pthread_mutex_lock(&rec->mutex);
    enum sl_status status = check_running(rec, err);
    if (status == SL_OK) {
        status = prepared == SL_OK ? take_event(rec, event, &block, &own) : prepared;
        if (status != SL_OK) {
            sl_error_set_event(&own, rec->stats.events);
            sl_recorder_note_failure(rec, status, &own);
            status = report(rec, err);
        } else {
            status = check_full(rec, err);
        }
    }
    pthread_mutex_unlock(&rec->mutex);
    sl_event_chain_destroy(block);
    return status;
}

/* Looking */

bool sl_recorder_is_full(struct sl_recorder *rec)
{
    pthread_mutex_lock(&rec->mutex);
    bool is_full = rec->stats.is_full;
    pthread_mutex_unlock(&rec->mutex);
    return is_full;
}

uint64_t sl_recorder_backlog_bytes(struct sl_recorder *rec)
{
    pthread_mutex_lock(&rec->mutex);
    uint64_t bytes = sl_recorder_backlog(rec);
    pthread_mutex_unlock(&rec->mutex);
    return bytes;
}

void sl_recorder_get_stats(struct sl_recorder *rec, struct sl_recorder_stats *stats)
{
    pthread_mutex_lock(&rec->mutex);
    *stats = rec->stats;
    stats->backlog_bytes = sl_recorder_backlog(rec);
    pthread_mutex_unlock(&rec->mutex);
}

/* End */

static void join_thread(struct sl_recorder *rec, bool *reason)
{
    pthread_mutex_lock(&rec->mutex);
    *reason = true;
    pthread_cond_signal(&rec->work);
    pthread_mutex_unlock(&rec->mutex);
    if (rec->has_thread) {
        pthread_join(rec->thread, NULL);
        rec->has_thread = false;
    }
}

enum sl_status sl_recorder_finish(struct sl_recorder *rec, struct sl_error *err)
{
    pthread_mutex_lock(&rec->mutex);
    if (rec->state != SL_RECORDER_ENDED) {
        check_running(rec, NULL);
    }
    rec->state = SL_RECORDER_ENDED;
    pthread_mutex_unlock(&rec->mutex);
    join_thread(rec, &rec->is_ending);
    return report(rec, err);
}

void sl_recorder_destroy(struct sl_recorder *rec)
{
    if (!rec) {
        return;
    }
    join_thread(rec, &rec->is_abandoned);
    if (rec->fd >= 0) {
        close(rec->fd);
    }
    sl_trace_writer_destroy(rec->writer);
    sl_event_queue_finish(&rec->queue);
    sl_recorder_setup_finish(&rec->setup);
    pthread_cond_destroy(&rec->room);
    pthread_cond_destroy(&rec->work);
    pthread_mutex_destroy(&rec->mutex);
    free(rec->path);
    free(rec);
}
