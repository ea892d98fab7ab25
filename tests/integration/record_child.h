/*
 * `scanlock record` as a process of its own, and what its trace shows when it is replayed.
 */
#ifndef SL_TESTS_RECORD_CHILD_H
#define SL_TESTS_RECORD_CHILD_H

#include "vhost_screen.h"

#include <scanlock/replay.h>
#include <sys/types.h>

struct record_child {
    pid_t pid;
    char folder[64];
    char socket[96];
    char trace[96];
    char log[96];
};

/* Starts it in a folder of its own with further arguments, NULL at their end; args may be NULL. */
void record_child_start(struct record_child *child, const char *const *args);

/* Sends a signal, waits, and returns the exit code; 128 + n if signal n ended it. */
int record_child_stop(struct record_child *child, int number);

/* Waits for it to end on its own. */
int record_child_wait(struct record_child *child);

/* True if it still runs. */
bool record_child_is_alive(struct record_child *child);

/* What it said so far. */
const char *record_child_log(const struct record_child *child);

/* Removes the folder. */
void record_child_finish(struct record_child *child);

/* What a replay of a trace shows. */
struct recorded {
    bool is_truncated;
    unsigned broken; /* expectations */
    char first_broken[256];
    unsigned frames;    /* pictures of all scanouts */
    unsigned responses; /* expectations of them */
    unsigned used;
    unsigned ram_maps;
    unsigned errors;       /* that the device recorded */
    uint64_t memory_bytes; /* of guest memory in the trace */
    struct sl_image last[VHOST_SCANOUTS];
};

/* Replays; fails the test if it does not get to the end. */
void recorded_read(struct recorded *recorded, const char *path);
void recorded_finish(struct recorded *recorded);

/* True if the last frame of a scanout shows what QEMU would. */
bool recorded_shows(const struct recorded *recorded, uint32_t scanout,
                    const struct vhost_picture *picture);

#endif
