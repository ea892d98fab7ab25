/* Traces in YAML, docs/yaml-format.md. sl_yaml_open() is in trace_impl.h. */
#ifndef SL_TRACE_YAML_H
#define SL_TRACE_YAML_H

#include "trace/event_list.h"

/*
 * Assembles a trace from memory. path is for reports and for the folder of the files that the
 * trace names; limits may be NULL for the usual ones.
 */
enum sl_status sl_yaml_open_memory(const uint8_t *bytes, size_t size, const char *path,
                                   const struct sl_event_list_limits *limits,
                                   struct sl_trace **trace, struct sl_error *err);

#endif
