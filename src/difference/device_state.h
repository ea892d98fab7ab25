/* What a device is like between two commands, as lines of text that can be compared. */
#ifndef SL_DIFFERENCE_DEVICE_STATE_H
#define SL_DIFFERENCE_DEVICE_STATE_H

#include "base/buf.h"

#include <scanlock/device.h>

/* Appends what is bound to the next command, a line each. */
enum sl_status sl_state_describe(struct sl_target *target, struct sl_buf *out,
                                 struct sl_error *err);

/*
 * Appends a line for the picture of each bound target: name, size and hash of the pixels. Their
 * bytes are taken from *left, until it is 0: then nothing is looked at any more.
 */
enum sl_status sl_state_list_targets(struct sl_target *target, uint64_t *left, struct sl_buf *out,
                                     struct sl_error *err);

/*
 * Appends what a transcript line says of the command before it, or nothing. It is the same however
 * many commands went before: it has no numbers of events, descriptors or packets.
 */
void sl_state_append_answer(struct sl_buf *out, const char *text);

#endif
