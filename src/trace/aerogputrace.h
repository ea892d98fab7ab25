/*
 * The importer of .aerogputrace: the whole file becomes events when it is opened. docs/
 * aerogputrace.md says how.
 */
#ifndef SL_TRACE_AEROGPUTRACE_H
#define SL_TRACE_AEROGPUTRACE_H

#include "trace/aerogputrace_file.h"

#include <scanlock/trace.h>

/* Larger files are SL_ERR_UNSUPPORTED (host.limit). */
#define SL_AEROGPUTRACE_FILE_MAX (UINT64_C(512) << 20)

/* meta.device of files in the toy packet ABI, which can be looked at but not replayed. */
#define SL_AEROGPUTRACE_TOY_DEVICE "aerogpu-toy"

/* The same for a file in memory; bytes are not needed any more afterwards. */
enum sl_status sl_aerogputrace_open_bytes(const uint8_t *bytes, size_t size,
                                          struct sl_trace **trace, struct sl_error *err);

/*
 * Lowers the frames of a file in the order of its table of contents. list is created with the
 * metadata of device and is the caller's, also after a failure (NULL if it was not created).
 */
struct sl_event_list;
enum sl_status sl_agt_lower(const struct sl_agt_file *file, const char *provenance,
                            struct sl_event_list **list, struct sl_error *err);

/* The same for the toy ABI: notes. */
enum sl_status sl_agt_lower_toy(const struct sl_agt_file *file, const char *provenance,
                                struct sl_event_list **list, struct sl_error *err);

#endif
