/* Traces in YAML for tests. */
#ifndef SL_TESTS_YAML_FIXTURE_H
#define SL_TESTS_YAML_FIXTURE_H

#include "base/buf.h"

#include <scanlock/trace.h>

/*
 * Opens a trace for a device from the text of its events, indented by nothing. Line 1 is
 * "scanlock: 1"; the events begin at line 4. The test fails if it does not open.
 */
struct sl_trace *yaml_open(const char *device, const char *events);

/* Opens a whole file; the status is the caller's to judge. */
enum sl_status yaml_try(const char *text, struct sl_trace **trace, struct sl_error *err);

/* The bytes of the memory event number index, from 0 among memory events, as hexadecimal text. */
const char *yaml_memory(struct sl_trace *trace, size_t index, struct sl_buf *hex);

/* All events one per line, for instance "mem 0x1000 0011", "write bar4+0x14 1 = 0x0". */
const char *yaml_listing(struct sl_trace *trace, struct sl_buf *text);

/* Fails the test unless both traces have the same metadata and events. */
void yaml_assert_same(struct sl_trace *a, struct sl_trace *b);

#endif
