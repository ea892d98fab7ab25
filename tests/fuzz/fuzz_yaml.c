/*
 * Traces in YAML: what assembles is dumped, and what was dumped must assemble to as many events.
 * Small limits keep a fuzzer from spending its time in one large fill.
 */
#include "fuzz.h"
#include "trace/dump.h"
#include "trace/yaml.h"

#include <stdio.h>
#include <stdlib.h>

static const struct sl_event_list_limits limits = {.events = 10000, .bytes = 1 << 20};

/* Metadata and JSON are as much at risk as the events. */
static char *dump(struct sl_trace *trace, enum sl_dump_format format, size_t *size)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, size);
    if (stream) {
        (void)sl_trace_dump(trace, &(const struct sl_dump_options){.format = format}, stream, NULL);
        fclose(stream);
    }
    return text;
}

static void check_round_trip(struct sl_trace *trace)
{
    size_t size = 0;
    struct sl_trace *again = NULL;
    char *text = dump(trace, SL_DUMP_YAML, &size);
    if (text && sl_yaml_open_memory((const uint8_t *)text, size, "fuzz/dump.yaml", NULL, &again,
                                    NULL) != SL_OK) {
        abort();
    }
    if (text && sl_trace_event_count(again) != sl_trace_event_count(trace)) {
        abort();
    }
    sl_trace_close(again);
    free(text);
    free(dump(trace, SL_DUMP_JSON, &size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_trace *trace = NULL;
    if (sl_yaml_open_memory(data, size, "fuzz/trace.yaml", &limits, &trace, NULL) == SL_OK) {
        check_round_trip(trace);
        sl_trace_close(trace);
    }
    return 0;
}
