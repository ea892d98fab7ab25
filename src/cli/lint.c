#include "cli/verbs.h"

#include "base/file.h"
#include "base/status.h"
#include "cli/lint_output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct job {
    const struct sl_cli_args *args;
    struct sl_replay_options options;
    bool enabled[SL_LINT_RULE_COUNT];
    enum sl_lint_severity fail_on; /* SL_LINT_SEVERITY_COUNT = never */
    struct sl_lint_baseline baseline;
    struct sl_buf written; /* --write-baseline */
    struct sl_cli_lint_counts counts;
};

/* Sets the rules that one of the patterns in a comma-separated list means. */
static enum sl_status select_rules(struct job *job, enum sl_cli_option_id id, bool value)
{
    char *list = strdup(job->args->values[id]);
    struct sl_error err = {0};
    if (!list) {
        sl_fail_memory(&err, 0);
        return sl_cli_fail(&err);
    }
    enum sl_status status = SL_OK;
    char *state = NULL;
    for (char *pattern = strtok_r(list, ",", &state); pattern && status == SL_OK;
         pattern = strtok_r(NULL, ",", &state)) {
        bool found = false;
        for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
            if (sl_lint_rule_matches((enum sl_lint_rule)i, pattern)) {
                job->enabled[i] = value;
                found = true;
            }
        }
        if (!found) {
            status = sl_cli_usage(job->args->verb, "no rule is called '%s'; see --list", pattern);
        }
    }
    free(list);
    return status;
}

static enum sl_status set_rules(struct job *job)
{
    enum sl_status status = SL_OK;
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        job->enabled[i] = !job->args->values[SL_CLI_RULE];
    }
    if (job->args->values[SL_CLI_RULE]) {
        status = select_rules(job, SL_CLI_RULE, true);
    }
    if (status == SL_OK && job->args->values[SL_CLI_NO_RULE]) {
        status = select_rules(job, SL_CLI_NO_RULE, false);
    }
    return status;
}

static enum sl_status set_fail_on(struct job *job)
{
    const char *text = job->args->values[SL_CLI_FAIL_ON];
    job->fail_on = SL_LINT_ERROR;
    if (!text) {
        return SL_OK;
    }
    for (int i = 0; i < SL_LINT_SEVERITY_COUNT; i++) {
        if (strcmp(text, sl_lint_severity_name((enum sl_lint_severity)i)) == 0) {
            job->fail_on = (enum sl_lint_severity)i;
            return SL_OK;
        }
    }
    job->fail_on = SL_LINT_SEVERITY_COUNT;
    return strcmp(text, "never") == 0
               ? SL_OK
               : sl_cli_usage(job->args->verb,
                              "--fail-on takes error, warning, note or never, not '%s'", text);
}

/* Findings that were only counted are as unexpected as the rule's others. */
static void count(struct job *job, const struct sl_lint_report *report)
{
    uint64_t kept[SL_LINT_RULE_COUNT] = {0};
    uint64_t unexpected[SL_LINT_RULE_COUNT] = {0};
    for (size_t i = 0; i < report->finding_count; i++) {
        kept[report->findings[i].rule]++;
        unexpected[report->findings[i].rule] += !report->findings[i].expected;
    }
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        uint64_t more = report->counts[i] - kept[i];
        uint64_t found = unexpected[i] + (unexpected[i] ? more : 0);
        job->counts.found[sl_lint_rule_row((enum sl_lint_rule)i)->severity] += found;
        job->counts.expected += report->counts[i] - found;
    }
}

static enum sl_status lint(struct job *job, const char *path, bool first, struct sl_error *err)
{
    struct sl_trace *trace = NULL;
    struct sl_lint_report report = {0};
    enum sl_status status = sl_trace_open(path, &trace, err);
    if (status == SL_OK) {
        status = sl_lint_run(trace, &job->options, job->enabled, &report, err);
        sl_error_set_file(err, path);
    }
    sl_trace_close(trace);
    sl_lint_baseline_apply(&job->baseline, path, &report);
    if (job->args->values[SL_CLI_JSON]) {
        sl_cli_lint_json_trace(path, &report, status == SL_OK, first);
    } else {
        sl_cli_lint_text(path, &report);
    }
    sl_lint_baseline_entries(path, &report, &job->written);
    count(job, &report);
    job->counts.traces += status == SL_OK;
    sl_lint_report_finish(&report);
    return status;
}

static void report_unused(const struct job *job)
{
    for (size_t i = 0; i < job->baseline.count; i++) {
        const struct sl_lint_expected *entry = &job->baseline.entries[i];
        if (entry->reached && !entry->used) {
            fprintf(stderr, "scanlock: %s, line %" PRIu32 ": nothing like it is found: %s in %s\n",
                    job->args->values[SL_CLI_BASELINE], entry->line, entry->rule, entry->trace);
        }
    }
}

/* The first failure decides, but every trace is looked at. */
static enum sl_status lint_all(struct job *job)
{
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < job->args->operand_count; i++) {
        struct sl_error err = {0};
        if (lint(job, job->args->operands[i], i == 0, &err) != SL_OK) {
            sl_cli_fail(&err);
            status = status == SL_OK ? err.status : status;
        }
    }
    return status;
}

static enum sl_status write_baseline(const struct job *job)
{
    struct sl_error err = {0};
    const char *path = job->args->values[SL_CLI_WRITE_BASELINE];
    if (job->written.failed) {
        sl_fail_memory(&err, 0);
        return sl_cli_fail(&err);
    }
    if (sl_file_write(path, job->written.data, job->written.size, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    return SL_OK;
}

static bool is_failure(const struct job *job)
{
    for (int i = (int)job->fail_on; i < SL_LINT_SEVERITY_COUNT; i++) {
        if (job->counts.found[i] != 0) {
            return true;
        }
    }
    return false;
}

static enum sl_status run_job(struct job *job)
{
    bool json = job->args->values[SL_CLI_JSON];
    const char *path = job->args->values[SL_CLI_BASELINE];
    struct sl_error err = {0};
    if (path && sl_lint_baseline_read(&job->baseline, path, &err) != SL_OK) {
        return sl_cli_fail(&err);
    }
    sl_lint_baseline_head(&job->written);
    if (json) {
        sl_cli_lint_json_head();
    }
    enum sl_status status = lint_all(job);
    if (json) {
        sl_cli_lint_json_tail(&job->counts, &job->baseline);
    } else {
        sl_cli_lint_summary(&job->counts);
        report_unused(job);
    }
    if (status == SL_OK && job->args->values[SL_CLI_WRITE_BASELINE]) {
        return write_baseline(job);
    }
    return status == SL_OK && is_failure(job) ? SL_ERR_MISMATCH : status;
}

static enum sl_status run(const struct sl_cli_args *args)
{
    struct job job = {.args = args};
    if (args->values[SL_CLI_LIST]) {
        sl_cli_lint_list(args->values[SL_CLI_JSON]);
        return SL_OK;
    }
    if (args->operand_count == 0) {
        return sl_cli_usage(args->verb, "expected TRACE...");
    }
    enum sl_status status = sl_cli_replay_options(args, &job.options);
    if (status == SL_OK) {
        status = set_rules(&job);
    }
    if (status == SL_OK) {
        status = set_fail_on(&job);
    }
    if (status == SL_OK) {
        status = run_job(&job);
    }
    sl_lint_baseline_finish(&job.baseline);
    sl_buf_finish(&job.written);
    return status;
}

static const struct sl_cli_option options[] = {
    {SL_CLI_FAIL_ON, 0, "fail-on", "SEVERITY",
     "exit with 1 from this severity on: error (unless given), warning, note or never"},
    {SL_CLI_RULE, 0, "rule", "IDS",
     "look for these rules only; ids with commas between them, * stands for anything"},
    {SL_CLI_NO_RULE, 0, "no-rule", "IDS", "do not look for these rules"},
    {SL_CLI_BASELINE, 0, "baseline", "FILE", "leave out what this file expects"},
    {SL_CLI_WRITE_BASELINE, 0, "write-baseline", "FILE",
     "write what is found as a baseline, whose reasons are yours to fill in"},
    {SL_CLI_LIST, 0, "list", NULL, "print all rules with their severities and sources"},
    {SL_CLI_JSON, 0, "json", NULL, "print one JSON object"},
    SL_CLI_REPLAY_OPTIONS,
};

const struct sl_cli_verb sl_cli_lint = {
    .name = "lint",
    .operands = "TRACE...",
    .operands_min = 0,
    .operands_max = SIZE_MAX,
    .summary = "find what a guest does wrong although its device accepts it",
    .description =
        "Replays traces and looks at what the guest does: reserved fields, features, "
        "handles, memory that nobody announces, rings, fences, interrupts. Every finding "
        "has a rule; --list prints them, docs/lint.md explains.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .run = run,
};
