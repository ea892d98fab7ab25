/*
 * Names of captured frames, which are file names, too. A name is made of letters, digits, '.', '_'
 * and '-' (everything else in what the trace says becomes '_'), does not start with '.', has at
 * most SL_FRAME_NAME_MAX bytes, and is unique in one replay: scanouts above 0 get ".sN", and the
 * second use of a name gets ".2", the third ".3".
 */
#ifndef SL_REPLAY_FRAME_NAMES_H
#define SL_REPLAY_FRAME_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_FRAME_NAME_MAX 120u

struct sl_frame_name_slot;

/* Zeroed is empty. */
struct sl_frame_names {
    struct sl_frame_name_slot *slots;
    size_t slot_count; /* power of two */
    size_t used;
};

void sl_frame_names_finish(struct sl_frame_names *names);

/*
 * Writes the name of the next frame into out. text of size bytes is what the trace calls it, ""
 * stands for "frame". False without memory.
 */
bool sl_frame_names_next(struct sl_frame_names *names, const char *text, size_t size,
                         uint32_t scanout, char out[SL_FRAME_NAME_MAX + 1]);

#endif
