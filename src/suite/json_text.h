/* Text as a JSON string. */
#ifndef SL_SUITE_JSON_TEXT_H
#define SL_SUITE_JSON_TEXT_H

#include "base/buf.h"

/*
 * Appends text with its quotes. Control characters are escaped; bytes that are not UTF-8 become
 * U+FFFD, so that every JSON reader takes the line.
 */
void sl_json_string(struct sl_buf *out, const char *text);

#endif
