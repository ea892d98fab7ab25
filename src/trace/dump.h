/* Writing any trace as text. */
#ifndef SL_TRACE_DUMP_H
#define SL_TRACE_DUMP_H

#include <scanlock/trace.h>
#include <stdbool.h>
#include <stdio.h>

enum sl_dump_format {
    SL_DUMP_YAML, /* assembles to the same metadata and events, docs/yaml-format.md */
    SL_DUMP_JSON, /* one object per line: metadata, then one per event */
};

struct sl_dump_options {
    enum sl_dump_format format;
    bool shaders; /* list programs behind the packets that create them */
};

/*
 * Writes the whole trace, whatever its position, with what the events mean to the device as
 * comments. Memory is bounded by the guest pages that the trace touches.
 */
enum sl_status sl_trace_dump(struct sl_trace *trace, const struct sl_dump_options *options,
                             FILE *out, struct sl_error *err);

#endif
