/* What the files of the recorder share. */
#ifndef SL_CAPTURE_RECORDER_IMPL_H
#define SL_CAPTURE_RECORDER_IMPL_H

#include "capture/event_queue.h"

#include <scanlock/record.h>
#include <scanlock/trace.h>

#include <pthread.h>

#define SL_RECORDER_BACKLOG_DEFAULT (UINT64_C(256) << 20)

/* A recorder that was opened without metadata collects it here until its first event. */
struct sl_recorder_setup {
    char *device;
    char *profile;
    char *producer;
    char *provenance;
    uint32_t abi_version;
    struct sl_ram_region *ram;
    size_t ram_count;
    struct sl_recorder_option *options; /* in the order of calls */
    size_t option_count;
};

struct sl_recorder_option {
    char *name;
    char *value;
};

enum sl_recorder_state {
    SL_RECORDER_SETUP,   /* file open, nothing written */
    SL_RECORDER_RUNNING, /* the thread runs */
    SL_RECORDER_ENDED,   /* finish was called */
};

struct sl_recorder {
    char *path;
    int fd; /* until the writer takes it; -1 then */
    struct sl_recorder_limits limits;
    struct sl_recorder_setup setup;

    pthread_mutex_t mutex; /* guards all below but the writer */
    pthread_cond_t work;   /* the thread waits for it */
    pthread_cond_t room;   /* callers of put wait for it */
    enum sl_recorder_state state;
    pthread_t thread;
    bool has_thread;
    bool is_ending;    /* write what is left and the index */
    bool is_abandoned; /* write nothing more */
    bool writer_failed;

    struct sl_event_queue queue;
    uint64_t writing_bytes; /* of the blocks in the thread's hands, a part of the backlog */
    bool has_unwritten;     /* events are in the queue or in the writer's chunk */
    uint64_t oldest_ns;     /* when the first of them was taken */

    /* Callers that wait hold tickets and go in their order. */
    uint64_t next_ticket;
    uint64_t first_ticket;

    struct sl_recorder_stats stats;
    enum sl_status status; /* the first failure */
    struct sl_error failure;
    char failure_text[SL_ERROR_FILE_MAX + SL_ERROR_MESSAGE_MAX + 64];

    struct sl_trace_writer *writer; /* the thread's alone while it runs */
};

/* A recorder with its file open, in state SETUP; path and limits are copied. */
enum sl_status sl_recorder_allocate(const char *path, const struct sl_recorder_limits *limits,
                                    struct sl_recorder **rec, struct sl_error *err);

/* Opens the file. */
enum sl_status sl_recorder_open_file(struct sl_recorder *rec, struct sl_error *err);

/* Writes the header and starts the thread; with the mutex held, or before anybody else knows rec.
 */
enum sl_status sl_recorder_start(struct sl_recorder *rec, const struct sl_trace_meta *meta,
                                 struct sl_error *err);

/* The same with the metadata collected. */
enum sl_status sl_recorder_start_collected(struct sl_recorder *rec, struct sl_error *err);
void sl_recorder_setup_finish(struct sl_recorder_setup *setup);

/*
 * Ends the recording for the reason in *err, unless it has ended for another before; returns the
 * first. With the mutex held.
 */
enum sl_status sl_recorder_note_failure(struct sl_recorder *rec, enum sl_status status,
                                        const struct sl_error *err);

/* The body of the thread. argument is the recorder. */
void *sl_recorder_thread(void *argument);

static inline uint64_t sl_recorder_backlog(const struct sl_recorder *rec)
{
    return rec->queue.bytes + rec->writing_bytes;
}

/* From how much on the thread is woken: a chunk's worth, or less where little may wait. */
uint64_t sl_recorder_batch_bytes(const struct sl_recorder *rec);

#endif
