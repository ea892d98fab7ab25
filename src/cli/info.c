#include "cli/verbs.h"

#include "base/status.h"

#include <inttypes.h>

static const char *const formats[] = {
    [SL_TRACE_SLT] = "slt",
    [SL_TRACE_YAML] = "yaml",
    [SL_TRACE_AEROGPUTRACE] = "aerogputrace",
};

/* What a file says about itself reaches a terminal without its control characters. */
static void print_line(const char *name, const char *value)
{
    printf("%-11s ", name);
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        putchar(c < 0x20 || c == 0x7F ? '?' : c);
    }
    putchar('\n');
}

static void print_text(struct sl_trace *trace)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    printf("format      %s%s\n", formats[sl_trace_get_format(trace)],
           sl_trace_is_truncated(trace) ? ", cut off" : "");
    print_line("device", meta->device);
    printf("abi         %" PRIu32 ".%" PRIu32 "\n", meta->abi_version >> 16,
           meta->abi_version & 0xFFFF);
    print_line("profile", meta->profile[0] ? meta->profile : "(the device's default)");
    print_line("producer", meta->producer[0] ? meta->producer : "(none)");
    print_line("provenance", meta->provenance[0] ? meta->provenance : "(none)");
    for (size_t i = 0; i < meta->ram_count; i++) {
        printf("ram         0x%" PRIx64 " + 0x%" PRIx64 "\n", meta->ram[i].gpa, meta->ram[i].size);
    }
    for (size_t i = 0; i < meta->option_count; i++) {
        print_line("option", meta->options[i].name);
        print_line("", meta->options[i].value);
    }
    printf("events      %" PRIu64 "\n", sl_trace_event_count(trace));
    const struct sl_trace_frame *frames;
    size_t count = sl_trace_frames(trace, &frames);
    for (size_t i = 0; i < count; i++) {
        printf("event %-6" PRIu64, frames[i].event);
        print_line("frame", frames[i].name);
    }
}

static void print_field(const char *name, const char *value)
{
    printf(", \"%s\": ", name);
    sl_cli_print_json_string(stdout, value);
}

static void print_json(struct sl_trace *trace)
{
    const struct sl_trace_meta *meta = sl_trace_get_meta(trace);
    printf("{\"format\": \"%s\", \"truncated\": %s", formats[sl_trace_get_format(trace)],
           sl_trace_is_truncated(trace) ? "true" : "false");
    print_field("device", meta->device);
    printf(", \"abi_version\": %" PRIu32, meta->abi_version);
    print_field("profile", meta->profile);
    print_field("producer", meta->producer);
    print_field("provenance", meta->provenance);
    printf(", \"ram\": [");
    for (size_t i = 0; i < meta->ram_count; i++) {
        printf("%s{\"gpa\": %" PRIu64 ", \"size\": %" PRIu64 "}", i ? ", " : "", meta->ram[i].gpa,
               meta->ram[i].size);
    }
    printf("], \"options\": {");
    for (size_t i = 0; i < meta->option_count; i++) {
        printf("%s", i ? ", " : "");
        sl_cli_print_json_string(stdout, meta->options[i].name);
        printf(": ");
        sl_cli_print_json_string(stdout, meta->options[i].value);
    }
    printf("}, \"events\": %" PRIu64 ", \"frames\": [", sl_trace_event_count(trace));
    const struct sl_trace_frame *frames;
    size_t count = sl_trace_frames(trace, &frames);
    for (size_t i = 0; i < count; i++) {
        printf("%s{\"event\": %" PRIu64 ", \"name\": ", i ? ", " : "", frames[i].event);
        sl_cli_print_json_string(stdout, frames[i].name);
        printf("}");
    }
    printf("]}\n");
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct sl_trace *trace;
    struct sl_error err = {0};
    if (sl_trace_open(args->operands[0], &trace, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    if (args->values[SL_CLI_JSON]) {
        print_json(trace);
    } else {
        print_text(trace);
    }
    sl_trace_close(trace);
    return SL_OK;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_JSON, 0, "json", NULL, "print one JSON object"},
};

const struct sl_cli_verb sl_cli_info = {
    .name = "info",
    .operands = "TRACE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "show what a trace says about itself",
    .description = "Shows a trace's device, ABI version, memory map, options, and frames, without "
                   "replaying it.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
