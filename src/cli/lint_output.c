#include "cli/lint_output.h"

#include "cli/cli.h"

#include <inttypes.h>

static const char *severity_name(const struct sl_lint_finding *finding)
{
    return sl_lint_severity_name(sl_lint_rule_row(finding->rule)->severity);
}

static void print_member(const char *name, const char *value)
{
    printf("\"%s\": ", name);
    sl_cli_print_json_string(stdout, value);
}

void sl_cli_lint_list(bool json)
{
    printf("%s", json ? "[" : "");
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        const struct sl_lint_rule_row *row = sl_lint_rule_row((enum sl_lint_rule)i);
        if (!json) {
            printf("%-26s %-8s %s [%s]\n", row->id, sl_lint_severity_name(row->severity),
                   row->sentence, row->source);
            continue;
        }
        printf("%s{", i ? ", " : "");
        print_member("rule", row->id);
        printf(", ");
        print_member("severity", sl_lint_severity_name(row->severity));
        printf(", ");
        print_member("sentence", row->sentence);
        printf(", ");
        print_member("source", row->source);
        printf("}");
    }
    printf("%s", json ? "]\n" : "");
}

static void print_place(const struct sl_lint_finding *finding)
{
    bool in_command = finding->command != SL_LINT_NONE;
    bool in_memory = finding->gpa != SL_LINT_NONE;
    printf("event %" PRIu64, finding->event);
    if (in_command || in_memory) {
        printf(" (");
    }
    if (in_command) {
        printf("command %" PRIu64 " %s", finding->command, finding->name);
    }
    if (in_memory) {
        printf("%sgpa 0x%" PRIx64, in_command ? ", " : "", finding->gpa);
    }
    if (in_command || in_memory) {
        printf(")");
    }
}

void sl_cli_lint_text(const char *trace, const struct sl_lint_report *report)
{
    for (size_t i = 0; i < report->finding_count; i++) {
        const struct sl_lint_finding *finding = &report->findings[i];
        if (!finding->expected) {
            printf("%s: ", trace);
            print_place(finding);
            printf(": %s: %s: %s\n", severity_name(finding), sl_lint_rule_row(finding->rule)->id,
                   sl_lint_finding_text(report, finding));
        }
    }
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        if (report->counts[i] > SL_LINT_KEPT_MAX) {
            printf("%s: %" PRIu64 " more of %s\n", trace, report->counts[i] - SL_LINT_KEPT_MAX,
                   sl_lint_rule_row((enum sl_lint_rule)i)->id);
        }
    }
}

void sl_cli_lint_summary(const struct sl_cli_lint_counts *counts)
{
    printf("traces: %" PRIu64 "; errors: %" PRIu64 ", warnings: %" PRIu64 ", notes: %" PRIu64
           ", expected: %" PRIu64 "\n",
           counts->traces, counts->found[SL_LINT_ERROR], counts->found[SL_LINT_WARNING],
           counts->found[SL_LINT_NOTE], counts->expected);
}

void sl_cli_lint_json_head(void)
{
    printf("{\"traces\": [");
}

static void print_json_finding(const struct sl_lint_report *report,
                               const struct sl_lint_finding *finding)
{
    printf("{");
    print_member("rule", sl_lint_rule_row(finding->rule)->id);
    printf(", ");
    print_member("severity", severity_name(finding));
    printf(", \"event\": %" PRIu64, finding->event);
    if (finding->command != SL_LINT_NONE) {
        printf(", \"command\": %" PRIu64 ", ", finding->command);
        print_member("name", finding->name);
    }
    if (finding->gpa != SL_LINT_NONE) {
        printf(", \"gpa\": %" PRIu64, finding->gpa);
    }
    printf(", \"expected\": %s, ", finding->expected ? "true" : "false");
    print_member("text", sl_lint_finding_text(report, finding));
    printf("}");
}

void sl_cli_lint_json_trace(const char *trace, const struct sl_lint_report *report, bool complete,
                            bool first)
{
    printf("%s{", first ? "" : ", ");
    print_member("trace", trace);
    printf(", \"complete\": %s, \"findings\": [", complete ? "true" : "false");
    for (size_t i = 0; i < report->finding_count; i++) {
        printf("%s", i ? ", " : "");
        print_json_finding(report, &report->findings[i]);
    }
    printf("], \"counts\": {");
    bool comma = false;
    for (int i = 0; i < SL_LINT_RULE_COUNT; i++) {
        if (report->counts[i]) {
            printf("%s\"%s\": %" PRIu64, comma ? ", " : "",
                   sl_lint_rule_row((enum sl_lint_rule)i)->id, report->counts[i]);
            comma = true;
        }
    }
    printf("}}");
}

void sl_cli_lint_json_tail(const struct sl_cli_lint_counts *counts,
                           const struct sl_lint_baseline *baseline)
{
    printf("], \"errors\": %" PRIu64 ", \"warnings\": %" PRIu64 ", \"notes\": %" PRIu64
           ", \"expected\": %" PRIu64 ", \"unused\": [",
           counts->found[SL_LINT_ERROR], counts->found[SL_LINT_WARNING],
           counts->found[SL_LINT_NOTE], counts->expected);
    bool comma = false;
    for (size_t i = 0; i < baseline->count; i++) {
        const struct sl_lint_expected *entry = &baseline->entries[i];
        if (entry->reached && !entry->used) {
            printf("%s{\"line\": %" PRIu32 ", ", comma ? ", " : "", entry->line);
            print_member("trace", entry->trace);
            printf(", ");
            print_member("rule", entry->rule);
            printf("}");
            comma = true;
        }
    }
    printf("]}\n");
}
