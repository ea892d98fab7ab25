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

/* Something that a capture point told of one scanout, shown or not. */
struct sl_trim_told {
    uint64_t event;
    uint32_t scanout;
};

/* A command that can be made to do nothing: bytes of guest memory, good for one event. */
struct sl_trim_command {
    uint64_t event;
    uint64_t gpa;
    uint32_t size;
    bool idle;
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
    struct sl_trim_command *commands; /* in order */
    size_t command_count;
    size_t command_capacity;
    uint64_t end; /* events from here on are behind the last chosen capture point */
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
    /* MEM: bytes that the device reads now and did not know. EXPECT: what it answered. */
    enum sl_status (*seen)(void *data, uint64_t event, const struct sl_event *seen,
                           struct sl_error *err);
    /* Then the event of the original, which may have been one that is no longer replayed. */
    enum sl_status (*passed)(void *data, uint64_t event, const struct sl_event *original,
                             struct sl_error *err);
};

/* Idle commands do nothing; capture points that are not chosen are left out, if any is. */
enum sl_status sl_trim_pass(const struct sl_trim_job *job, const struct sl_trim_listener *listener,
                            struct sl_error *err);

/* ---- Commands that do nothing (trim_idle.c) ---- */

/* Whether the command can be made to do nothing, and where it stands. */
bool sl_trim_can_idle(const struct sl_trim_job *job, const struct sl_command *command,
                      struct sl_trim_command *out);

/* Makes bytes, those of the command, the same in length that do nothing. */
void sl_trim_make_idle(const struct sl_trim_job *job, uint8_t *bytes, size_t size);

/* ---- Which commands (trim_search.c) ---- */

/* Lists the commands, and what the device tells of capture points. */
enum sl_status sl_trim_list_commands(struct sl_trim_job *job, struct sl_error *err);

/* Makes as many idle as it can without any change in what the device answers or shows. */
enum sl_status sl_trim_search(struct sl_trim_job *job, struct sl_error *err);

/* ---- The result (trim_output.c) ---- */

/* Writes what stays; verbatim: memory as the original has it, and all commands as they were. */
enum sl_status sl_trim_write(const struct sl_trim_job *job, const char *path, bool verbatim,
                             uint64_t *size_bytes, uint64_t *events, struct sl_error *err);

/* Bytes of the whole original in our encoding. */
enum sl_status sl_trim_measure(const struct sl_trim_job *job, uint64_t *size_bytes,
                               struct sl_error *err);

/* Room for one more element in an array of count; false without memory. */
bool sl_trim_reserve(void **array, size_t *capacity, size_t count, size_t element);

#endif
