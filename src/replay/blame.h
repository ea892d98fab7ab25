/*
 * Where a pixel of a frame comes from. Every question replays the trace from its start: once to
 * find the frame, once for how the shown pixel came about, once for each surface behind it.
 */
#ifndef SL_REPLAY_BLAME_H
#define SL_REPLAY_BLAME_H

#include "base/buf.h"
#include "replay/frame_names.h"

#include <scanlock/replay.h>

/* Copies from surface to surface are followed so far. */
#define SL_BLAME_SURFACES_MAX 16u

struct sl_blame_frame {
    uint64_t event;
    uint32_t index;
    uint32_t scanout;
    uint32_t width;
    uint32_t height;
    char name[SL_FRAME_NAME_MAX + 1];
    uint8_t rgba[4]; /* of the pixel, if it is inside */
    struct sl_pixel_source source;
};

/* What was executing: the command, if in_command, or the event itself, which what describes. */
struct sl_blame_place {
    uint64_t event;
    bool in_command;
    struct sl_command command;
    const char *what;
};

struct sl_blame_callbacks {
    void *data;
    /* The frame that was asked for. */
    void (*frame)(void *data, const struct sl_blame_frame *frame);
    /* The shown pixel changed, or its bytes in guest memory were written. */
    void (*shown)(void *data, const struct sl_blame_place *place, const uint8_t before[4],
                  const uint8_t after[4]);
    /* What follows is about this surface, up to the command that took the texel from it. */
    void (*surface)(void *data, const struct sl_texel *texel, uint32_t handle, uint64_t command);
    void (*write)(void *data, const struct sl_blame_place *place,
                  const struct sl_texel_write *write);
};

/*
 * frame is an index or a name. SL_ERR_USAGE, with *err set, if there is no such frame or pixel;
 * otherwise the statuses of sl_replay_run().
 */
enum sl_status sl_blame(struct sl_trace *trace, const struct sl_replay_options *options,
                        const char *frame, uint32_t x, uint32_t y,
                        const struct sl_blame_callbacks *callbacks, struct sl_error *err);

#endif
