/* Two short texts, line by line: which lines only one of them has. */
#ifndef SL_DIFFERENCE_LINE_DIFFERENCE_H
#define SL_DIFFERENCE_LINE_DIFFERENCE_H

#include "base/buf.h"

#include <scanlock/error.h>

/* Told about each line, without newline, that only side 0 (a) or 1 (b) has, in order. */
typedef void sl_line_difference_tell(void *data, int side, const char *line, size_t size);

enum sl_status sl_line_difference(const struct sl_buf *a, const struct sl_buf *b,
                                  sl_line_difference_tell *tell, void *data, struct sl_error *err);

#endif
