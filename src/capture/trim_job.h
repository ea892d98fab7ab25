/* What the parts of trim.c share. */
#ifndef SL_CAPTURE_TRIM_JOB_H
#define SL_CAPTURE_TRIM_JOB_H

#include "base/hash.h"
#include "capture/trim.h"
#include "replay/frame_names.h"
#include "replay/replay_impl.h"

/* A frame of the original, and whether its capture point stays. */
struct sl_trim_frame {
    uint64_t event;
    uint32_t width;
    uint32_t height;
    struct sl_hash128 hash;
    char name[SL_FRAME_NAME_MAX + 1];
    bool chosen;
};

/* One answer of the original's device: what there may be an expectation of. */
struct sl_trim_told {
    uint64_t event;
    enum sl_observation_kind kind;
    uint32_t queue;
};

/* A command that can be made to do nothing: bytes of guest memory, good for one event. */
struct sl_trim_command {
    uint64_t event;
    uint64_t gpa;
    uint32_t size;
    bool idle;
};

/*
 * A notification of a queue that a VRING event set up, and where the queue was before. It can be
 * left out with all that the guest submitted by it: the queue is then set up anew, further on.
 */
struct sl_trim_kick {
    uint64_t event;
    uint16_t base;
    uint16_t used;
    bool gone;
};

struct sl_trim_job {
    struct sl_trace *trace;
    const struct sl_trim_options *options;
    const struct sl_target_maker *maker;
    struct sl_trim_frame *frames; /* in order */
    size_t frame_count;
    size_t frame_capacity;
    struct sl_trim_told *told; /* in order */
    size_t told_count;
    size_t told_capacity;
    struct sl_trim_kick *kicks; /* in order */
    size_t kick_count;
    size_t kick_capacity;
    struct sl_trim_command *commands; /* in order */
    size_t command_count;
    size_t command_capacity;
    uint64_t first;  /* chosen capture point */
    uint64_t reset;  /* the last one before that, or 0 */
    uint64_t start;  /* of the events before, only memory and displays stay: 0, or the reset */
    bool everything; /* while the original is listed: nothing is left out */
    uint64_t end;    /* events from here on are behind the last chosen capture point */
};

/* ---- Which frames (trim_frames.c) ---- */

/* Replays the original and lists its frames. */
enum sl_status sl_trim_list_frames(struct sl_trim_job *job, struct sl_error *err);

/* Chooses, and sets the end. SL_ERR_USAGE if there is no such frame. */
enum sl_status sl_trim_choose(struct sl_trim_job *job, struct sl_error *err);

/* Whether the capture point at this event stays. */
bool sl_trim_is_chosen(const struct sl_trim_job *job, uint64_t event);

/* Replays the trace at path: SL_ERR_MISMATCH unless it shows the chosen frames and nothing else. */
enum sl_status sl_trim_verify(const struct sl_trim_job *job, const char *path,
                              struct sl_error *err);

/* ---- One run over the original (trim_pass.c) ---- */

/* Called in order; a status other than SL_OK ends the pass with it. */
struct sl_trim_listener {
    void *data;
    /* A command is about to run. Optional. */
    enum sl_status (*command)(void *data, uint64_t event, const struct sl_command *command,
                              struct sl_error *err);
    /*
     * MEM: bytes that the device reads now and did not know. EXPECT: what it answered. MMIO: a read
     * and what it gave. VRING: a queue is set up behind kicks that are gone.
     */
    enum sl_status (*seen)(void *data, uint64_t event, const struct sl_event *seen,
                           struct sl_error *err);
    /* A kick that can be left out. Optional. */
    enum sl_status (*kick)(void *data, const struct sl_trim_kick *kick, struct sl_error *err);
    /* Then the event of the original, which may have been one that is no longer replayed. */
    enum sl_status (*passed)(void *data, uint64_t event, const struct sl_event *original,
                             struct sl_error *err);
};

/* Idle commands do nothing; what is gone or not wanted is left out, unless job->everything. */
enum sl_status sl_trim_pass(const struct sl_trim_job *job, const struct sl_trim_listener *listener,
                            struct sl_error *err);

/* Whether an event of this type at this place reaches the device, or its memory. */
bool sl_trim_is_replayed(const struct sl_trim_job *job, uint64_t event, enum sl_event_type type);

/* The first kick that is not before this event. */
size_t sl_trim_find_kick(const struct sl_trim_job *job, uint64_t event);

/* ---- Commands that do nothing (trim_idle.c) ---- */

/* Whether the command can be made to do nothing, and where it stands. */
bool sl_trim_can_idle(const struct sl_trim_job *job, const struct sl_command *command,
                      struct sl_trim_command *out);

/*
 * How often to try: a packet may be of no use once others are idle, transfers have nothing to do
 * with each other.
 */
int sl_trim_rounds(const struct sl_trim_job *job);

/* Makes bytes, those of the command, the same in length that do nothing. */
void sl_trim_make_idle(const struct sl_trim_job *job, uint8_t *bytes, size_t size);

/* ---- Which commands (trim_search.c) ---- */

/* Lists commands, kicks and what the device tells; finds the reset. After choosing. */
enum sl_status sl_trim_list_commands(struct sl_trim_job *job, struct sl_error *err);

/*
 * Leaves out kicks and makes commands idle, as many as it can without any change in what the device
 * answers to the rest, or shows. Starts at the reset if nothing changes by that, else at 0.
 */
enum sl_status sl_trim_search(struct sl_trim_job *job, struct sl_error *err);

/* ---- The result (trim_output.c) ---- */

/* Writes what stays; verbatim: memory as the original has it, and all commands as they were. */
enum sl_status sl_trim_write(const struct sl_trim_job *job, const char *path, bool verbatim,
                             uint64_t *size_bytes, uint64_t *events, struct sl_error *err);

/* Bytes of the whole original in our encoding. */
enum sl_status sl_trim_measure(const struct sl_trim_job *job, uint64_t *size_bytes,
                               struct sl_error *err);

#endif
