/*
 * The recorder's thread: takes blocks out of the queue and feeds the trace writer, outside the
 * lock.
 *
 * It sleeps until a chunk's worth of events waits, somebody waits for room, or the oldest event
 * that is not in the file has waited for FLUSH_NS. Then it empties the queue and, if events are
 * due, ends the chunk. So a busy guest gets full chunks, a quiet one no wake-up per event, and
 * neither loses more than a second when the process is killed.
 */
#include "base/clock.h"
#include "base/status.h"
#include "capture/recorder_impl.h"
#include "trace/slt_writer.h"

#include <time.h>

/* A queue that does not run empty gets the second, longer period before its chunk is cut short. */
#define FLUSH_NS UINT64_C(500000000)
#define FLUSH_BUSY_NS UINT64_C(800000000)

enum { PORTION_MAX = 512 << 10 };

static bool is_due(const struct sl_recorder *rec)
{
    uint64_t period = rec->queue.first ? FLUSH_BUSY_NS : FLUSH_NS;
    return rec->has_unwritten && sl_clock_ns() - rec->oldest_ns >= period;
}

static void sleep_until_due(struct sl_recorder *rec)
{
    if (!rec->has_unwritten) {
        pthread_cond_wait(&rec->work, &rec->mutex);
        return;
    }
    uint64_t due = rec->oldest_ns + FLUSH_NS;
    struct timespec t = {
        .tv_sec = (time_t)(due / 1000000000),
        .tv_nsec = (long)(due % 1000000000),
    };
    pthread_cond_timedwait(&rec->work, &rec->mutex, &t);
}

static bool has_work(const struct sl_recorder *rec)
{
    bool is_awaited = rec->first_ticket != rec->next_ticket;
    return rec->is_ending || rec->is_abandoned || (rec->queue.first && is_awaited) ||
           rec->queue.bytes >= sl_recorder_batch_bytes(rec) ||
           (rec->has_unwritten && sl_clock_ns() - rec->oldest_ns >= FLUSH_NS);
}

static enum sl_status put_event(void *data, const struct sl_event *event, struct sl_error *err)
{
    return sl_trace_writer_put(data, event, err);
}

/* Takes note of what the writer has done, or could not do. */
static void note_progress(struct sl_recorder *rec, enum sl_status status,
                          const struct sl_error *err)
{
    struct sl_slt_progress progress = sl_slt_writer_progress(rec->writer);
    bool filled = progress.is_full && !rec->stats.is_full && status == SL_ERR_UNSUPPORTED;
    rec->stats.trace_bytes = progress.size_bytes;
    rec->stats.written_events = progress.events;
    rec->stats.is_full = progress.is_full;
    if (status != SL_OK && !filled) {
        rec->writer_failed = true;
        sl_recorder_note_failure(rec, status, err);
    }
}

/* How much to take at once: the more, the less the lock changes hands; the less, the sooner room.
 */
static uint64_t portion(const struct sl_recorder *rec)
{
    uint64_t part = rec->limits.max_backlog_bytes / 8;
    return part < PORTION_MAX ? part : PORTION_MAX;
}

/* Writes the oldest blocks, if there are any. Enters and leaves with the mutex held. */
static void write_blocks(struct sl_recorder *rec)
{
    struct sl_event_block *chain =
        sl_event_queue_take(&rec->queue, portion(rec), &rec->writing_bytes);
    if (!chain) {
        return;
    }
    bool writes = !rec->stats.is_full && !rec->writer_failed;
    pthread_mutex_unlock(&rec->mutex);
    struct sl_error err = {0};
    struct sl_event_sink sink = {.data = rec->writer, .put = put_event};
    enum sl_status status = writes ? sl_event_chain_put(chain, &sink, &err) : SL_OK;
    pthread_mutex_lock(&rec->mutex);
    rec->writing_bytes = 0;
    note_progress(rec, status, &err);
    chain = sl_event_queue_recycle(&rec->queue, chain);
    if (rec->first_ticket != rec->next_ticket) {
        pthread_cond_broadcast(&rec->room);
    }
    if (chain) {
        pthread_mutex_unlock(&rec->mutex);
        sl_event_chain_destroy(chain);
        pthread_mutex_lock(&rec->mutex);
    }
}

/* Ends the chunk. Enters and leaves with the mutex held. */
static void flush(struct sl_recorder *rec)
{
    bool writes = !rec->stats.is_full && !rec->writer_failed;
    rec->has_unwritten = rec->queue.first != NULL;
    rec->oldest_ns = sl_clock_ns();
    pthread_mutex_unlock(&rec->mutex);
    struct sl_error err = {0};
    enum sl_status status = writes ? sl_trace_writer_flush(rec->writer, &err) : SL_OK;
    pthread_mutex_lock(&rec->mutex);
    note_progress(rec, status, &err);
}

/* Writes the index. Enters and leaves with the mutex held. */
static void finish(struct sl_recorder *rec)
{
    if (rec->writer_failed) {
        return;
    }
    pthread_mutex_unlock(&rec->mutex);
    struct sl_error err = {0};
    enum sl_status status = sl_trace_writer_finish(rec->writer, &err);
    pthread_mutex_lock(&rec->mutex);
    note_progress(rec, status, &err);
}

void *sl_recorder_thread(void *argument)
{
    struct sl_recorder *rec = argument;
    pthread_mutex_lock(&rec->mutex);
    while (!rec->is_abandoned && !(rec->is_ending && !rec->queue.first)) {
        while (!has_work(rec)) {
            sleep_until_due(rec);
        }
        if (!rec->is_abandoned) {
            write_blocks(rec);
        }
        if (!rec->is_abandoned && is_due(rec)) {
            flush(rec);
        }
    }
    if (rec->is_ending && !rec->is_abandoned) {
        finish(rec);
    }
    pthread_mutex_unlock(&rec->mutex);
    return NULL;
}
