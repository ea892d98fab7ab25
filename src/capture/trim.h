/*
 * Trimming: a trace that shows chosen frames of another, and holds what they need.
 *
 * What lies behind the last of them goes, so do the other capture points, notes and attachments.
 * Memory comes down to the bytes that the device reads. Commands that no chosen frame needs (an
 * upload that is overwritten, a draw that nobody sees) are made to do nothing where they stand, so
 * that rings stay as they were; where the trace sets up queues itself (vhost-user), kicks of which
 * nothing is needed are left out altogether. A guest could not tell: the device answers alike.
 */
#ifndef SL_CAPTURE_TRIM_H
#define SL_CAPTURE_TRIM_H

#include <scanlock/replay.h>

/* Tries that are enough for most traces. */
#define SL_TRIM_TRIES 600u

struct sl_trim_options {
    /* Frames of the replay by index or name: "3", "boot..login", "0,4..6". */
    const char *frames;
    uint64_t size_limit_bytes; /* of the result; 0: as many as the trace takes in our encoding */
    uint64_t max_memory_bytes; /* as in struct sl_replay_options */
    uint64_t max_work;
    unsigned thread_count;
    /*
     * Replays at most while looking for kicks and commands that are not needed; long traces get
     * fewer. 0: look for none.
     */
    uint64_t tries_max;
    /* May be NULL: replays done so far of those that there are at most. */
    void (*progress)(void *data, uint64_t done, uint64_t total);
    void *data;
};

struct sl_trim_result {
    uint64_t size_before_bytes;
    uint64_t size_bytes;
    uint64_t events_before;
    uint64_t events;
    size_t frames_before;
    size_t frames;
    size_t kicks; /* that could be left out */
    size_t gone_kicks;
    size_t commands; /* that could be made to do nothing */
    size_t idle_commands;
};

/*
 * Writes the trimmed trace to path, which is of no use on failure. trace is read from its start,
 * many times. Statuses: those of a replay; SL_ERR_USAGE for frames that there are not,
 * SL_ERR_MISMATCH if the trace itself breaks its expectations, or the result would show other
 * frames or be larger.
 */
enum sl_status sl_trim(struct sl_trace *trace, const char *path,
                       const struct sl_trim_options *options, struct sl_trim_result *result,
                       struct sl_error *err);

#endif
