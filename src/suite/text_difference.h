/* Where two texts first differ, line by line. */
#ifndef SL_SUITE_TEXT_DIFFERENCE_H
#define SL_SUITE_TEXT_DIFFERENCE_H

#include "base/buf.h"

/*
 * False if the texts are equal. Otherwise appends to out the number of the first line in which they
 * differ, the three lines before it, and that line of both ("-" a, "+" b), which are called by the
 * names given.
 */
bool sl_text_difference(const struct sl_buf *a, const char *a_name, const struct sl_buf *b,
                        const char *b_name, struct sl_buf *out);

#endif
