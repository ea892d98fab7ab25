/* The lines that tests/slt_reader.py prints for a trace, from the library's own reader. */
#ifndef SL_TESTS_SLT_LISTING_H
#define SL_TESTS_SLT_LISTING_H

#include "base/buf.h"

/* Appends the listing of the trace in the file. Asserts that all of it can be read. */
void slt_list_file(struct sl_buf *out, const char *path);

#endif
