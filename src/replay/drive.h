/* A target's front door: the one place where events become calls, for replays and for recorders. */
#ifndef SL_REPLAY_DRIVE_H
#define SL_REPLAY_DRIVE_H

#include "base/hash.h"

#include <scanlock/device.h>

/*
 * Hands the target an event that is about it: MMIO, VRING, NOTIFY, VBLANK, DISPLAY, RESET or
 * FEATURES. A read gives *value. Rule replay.event: the target has no use for such an event.
 */
enum sl_status sl_drive(struct sl_target *target, const struct sl_event *event, uint64_t *value,
                        struct sl_error *err);

/* What there is to see of a captured scanout, as an observation that points to *hash. */
struct sl_observation sl_drive_frame(uint32_t scanout, const struct sl_image *image,
                                     struct sl_hash128 *hash);

/*
 * Whether a capture point tells of a scanout with this image: all that show something, and the
 * first one in any case.
 */
static inline bool sl_drive_tells_frame(uint32_t scanout, const struct sl_image *image)
{
    return scanout == 0 || (image->width != 0 && image->height != 0);
}

#endif
