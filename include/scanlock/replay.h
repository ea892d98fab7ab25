/*
 * Replay: drives a target with a trace and reports frames, transcript and broken expectations.
 *
 * The result is a pure function of the trace and the options below.
 */
#ifndef SCANLOCK_REPLAY_H
#define SCANLOCK_REPLAY_H

#include <scanlock/device.h>
#include <scanlock/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sl_replay_options {
    const char *profile; /* NULL = the trace's own */
    uint32_t default_target_width;
    uint32_t default_target_height;
    uint64_t until_event;      /* stop before this event; UINT64_MAX = run to the end */
    uint64_t until_command;    /* the same with the index of struct sl_command */
    struct sl_texel watched;   /* what the texel callback is about */
    uint64_t max_memory_bytes; /* 0 = default */
    uint64_t max_work;         /* 0 = default; see struct sl_target_config */
    unsigned thread_count;     /* threads that draw; 0 = 1. No result depends on it */
};

/* Called in order; a status other than SL_OK ends the replay with it. Members may be NULL. */
struct sl_replay_callbacks {
    void *data;
    /* One scanout at one capture point. index counts frames from 0; name is unique in the trace. */
    enum sl_status (*frame)(void *data, uint32_t index, const char *name,
                            const struct sl_image *image, struct sl_error *err);
    /* One transcript line without newline. */
    enum sl_status (*line)(void *data, const char *text, struct sl_error *err);
    /* An expectation of the trace did not hold; the replay goes on. */
    enum sl_status (*broken)(void *data, uint64_t event, const char *text, struct sl_error *err);
    /*
     * The device recorded an error, or broke: the guest's doing, or something that this device does
     * not implement. text says which, as in the transcript; the replay goes on.
     */
    enum sl_status (*device_error)(void *data, uint64_t event, const char *text,
                                   struct sl_error *err);

    /*
     * What follows is for finding out why. Asking for it changes no frame and no line. The target
     * is the one that is replayed on: look, do not touch.
     */
    /* Once, before attached: the guest's memory, which lives as long as the target. */
    void (*memory)(void *data, const struct sl_mem *mem);
    /* Once, before the first event. */
    void (*attached)(void *data, struct sl_target *target);
    /* Before each event: guest memory and target are as the events before left them. */
    enum sl_status (*arriving)(void *data, uint64_t event, const struct sl_event *what,
                               struct sl_error *err);
    /* What the guest could observe, as it happens. */
    enum sl_status (*observed)(void *data, uint64_t event,
                               const struct sl_observation *observation, struct sl_error *err);
    /* Before and after a command executes, and what it had for options.watched. */
    enum sl_status (*command)(void *data, uint64_t event, const struct sl_command *command,
                              struct sl_error *err);
    void (*executed)(void *data, uint64_t event);
    void (*texel)(void *data, uint64_t event, const struct sl_texel_write *write);
    /* As in struct sl_inspector. */
    void (*structure)(void *data, uint64_t event, const char *name, const uint8_t *bytes,
                      size_t size);
    /* Which scanout the next frame is of. */
    void (*capturing)(void *data, uint64_t event, uint32_t scanout);
    /* After each event. */
    enum sl_status (*passed)(void *data, uint64_t event, const struct sl_event *what,
                             struct sl_error *err);
    /* The replay ended where it should; next is the command that it stopped before, or NULL. */
    enum sl_status (*ended)(void *data, uint64_t event, const struct sl_command *next,
                            struct sl_target *target, struct sl_error *err);
};

/* Defaults: no profile override, no default target, to the end. */
SL_API void sl_replay_options_defaults(struct sl_replay_options *options);

/*
 * Replays from the trace's current position, which should be its start. The trace is left where the
 * replay ended. Statuses: those of reading, those of the callbacks, UNSUPPORTED and ENVIRONMENT
 * from the target.
 */
SL_API enum sl_status sl_replay_run(struct sl_trace *trace, const struct sl_replay_options *options,
                                    const struct sl_replay_callbacks *callbacks,
                                    struct sl_error *err);

#ifdef __cplusplus
}
#endif
#endif
