/* Which fields of one command differ from those of another of the same kind. */
#ifndef SL_DIFFERENCE_FIELD_DIFFERENCE_H
#define SL_DIFFERENCE_FIELD_DIFFERENCE_H

#include "difference/command_closeup.h"

/*
 * Calls tell with the name of each field, as it stands in the commands' texts, whose values
 * differ. Returns the offset of the first byte in which the commands differ.
 */
size_t sl_field_difference(const struct sl_command_text *a, const struct sl_command_text *b,
                           void (*tell)(void *data, const char *name, size_t size), void *data);

#endif
