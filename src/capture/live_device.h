/*
 * The virtio-gpu of a guest that runs now: the device core on the guest's memory, what it shows on
 * the front end's screens, and the recorder that keeps it all. Whoever talks to the front end calls
 * this; nothing here waits for anybody.
 */
#ifndef SL_CAPTURE_LIVE_DEVICE_H
#define SL_CAPTURE_LIVE_DEVICE_H

#include "capture/gpu_screen.h"
#include "capture/guest_map.h"

#include <scanlock/record.h>

enum { SL_LIVE_CONTROL_QUEUE, SL_LIVE_CURSOR_QUEUE, SL_LIVE_QUEUES };

struct sl_live_config {
    const char *path; /* of the trace */
    const char *profile;
    const char *provenance;
    const struct sl_option *options; /* of the device, sorted by name; they go into the trace */
    size_t option_count;
    uint32_t scanouts;
    bool asks_front_end;        /* for the sizes of the displays; else the options have them */
    bool frames_marked_only;    /* no capture point at each flush */
    uint64_t until_frames;      /* 0 = no end */
    uint64_t max_trace_bytes;   /* 0 = no limit */
    uint64_t max_memory_bytes;  /* of guest memory read, and of resources; 0 = 4 GiB each */
    uint64_t max_backlog_bytes; /* 0 = the recorder's default */
};

struct sl_live_stats {
    struct sl_recorder_stats recorder;
    uint64_t commands;      /* chains answered */
    uint64_t fetched_bytes; /* that the device read of the guest */
    uint64_t throttled;     /* times that queues were left alone because the disk was behind */
};

struct sl_live;

enum sl_status sl_live_create(const struct sl_live_config *config, struct sl_live **live,
                              struct sl_error *err);

/* Completes the trace. The device must still be destroyed. */
enum sl_status sl_live_finish(struct sl_live *live, struct sl_error *err);
void sl_live_destroy(struct sl_live *live);

void sl_live_get_stats(struct sl_live *live, struct sl_live_stats *stats);

/* True once the trace has what it was to have: frames, bytes. */
bool sl_live_is_done(struct sl_live *live);

/* True once the trace takes no more bytes. Events are refused then, which is no failure. */
bool sl_live_is_full(struct sl_live *live);

struct sl_gpu_screen *sl_live_screen(struct sl_live *live);
struct sl_guest_map *sl_live_map(struct sl_live *live);

/* The guest's RAM is another one now: what sl_live_map() says. */
enum sl_status sl_live_memory_changed(struct sl_live *live, struct sl_error *err);

/* What the driver accepted, before its queues start. */
void sl_live_set_features(struct sl_live *live, uint64_t features);

/* The next start of a queue is that of a driver that knows of nothing: all state goes. */
void sl_live_expect_reset(struct sl_live *live);

/* Addresses are guest physical. */
enum sl_status sl_live_start_queue(struct sl_live *live, const struct sl_vring_event *vring,
                                   struct sl_error *err);

/* *base is the index of the next chain. Nothing happens to a queue that does not run. */
enum sl_status sl_live_stop_queue(struct sl_live *live, uint32_t queue, uint16_t *base,
                                  struct sl_error *err);

enum sl_live_outcome {
    SL_LIVE_IDLE,      /* nothing is left to do */
    SL_LIVE_MORE,      /* call again soon */
    SL_LIVE_WAITING,   /* for the front end's displays: call again once they are there */
    SL_LIVE_THROTTLED, /* the recorder is behind: call again in a moment */
    SL_LIVE_STUCK,     /* the ring is malformed: nothing more until the queue starts again */
    SL_LIVE_FAILED,
};

/* Serves what the driver made available, a bounded part of it. *interrupt: tell the driver. */
enum sl_live_outcome sl_live_serve(struct sl_live *live, uint32_t queue, bool *interrupt,
                                   struct sl_error *err);

/* True if these are the rings of a queue that runs. */
bool sl_live_queue_is_at(const struct sl_live *live, const struct sl_vring_event *vring);

/* True once the recording cannot go on; whatever failed said so. */
bool sl_live_is_broken(const struct sl_live *live);

/* Whether the last SL_LIVE_WAITING still holds. */
bool sl_live_is_waiting(const struct sl_live *live);

/* Gives up waiting for the front end's displays: the ones known must do. */
void sl_live_stop_waiting(struct sl_live *live);

/* A capture point of this name. */
enum sl_status sl_live_mark(struct sl_live *live, const char *name, struct sl_error *err);

enum sl_status sl_live_note(struct sl_live *live, const char *text, struct sl_error *err);

#endif
