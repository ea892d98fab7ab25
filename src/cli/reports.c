#include "cli/reports.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/status.h"
#include "suite/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Splits FORMAT=FILE; NULL if it is not that. */
static const struct sl_report_format *parse(const char *text, const char **path)
{
    const char *sign = strchr(text, '=');
    if (!sign || sign[1] == '\0') {
        return NULL;
    }
    *path = sign + 1;
    return sl_report_find(text, (size_t)(sign - text));
}

enum sl_status sl_cli_check_reports(const struct sl_cli_args *args)
{
    size_t on_stdout = 0;
    for (size_t i = 0; i < args->report_count; i++) {
        const char *path = "";
        if (!parse(args->reports[i], &path)) {
            return sl_cli_usage(args->verb,
                                "--report takes json=FILE, junit=FILE or tap=FILE, "
                                "not '%s'",
                                args->reports[i]);
        }
        on_stdout += strcmp(path, "-") == 0;
    }
    if (on_stdout > 1) {
        return sl_cli_usage(args->verb, "only one report can go to standard output");
    }
    return SL_OK;
}

static bool wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no_colour && no_colour[0]);
}

/* Hands over what was printed; an error of stdout is noticed when the program ends. */
static enum sl_status deliver(const char *path, struct sl_buf *text, struct sl_error *err)
{
    if (text->failed) {
        return sl_fail_memory(err, 0);
    }
    if (strcmp(path, "-") == 0) {
        fwrite(text->data, 1, text->size, stdout);
        return SL_OK;
    }
    return sl_file_write(path, text->data, text->size, err);
}

enum sl_status sl_cli_write_reports(const struct sl_cli_args *args, struct sl_results *results)
{
    struct sl_error err = {0};
    struct sl_buf text = {0};
    enum sl_status status = SL_OK;
    bool for_people = true;
    for (size_t i = 0; status == SL_OK && i < args->report_count; i++) {
        const char *path = "";
        const struct sl_report_format *format = parse(args->reports[i], &path);
        for_people = for_people && strcmp(path, "-") != 0;
        sl_buf_clear(&text);
        format->print(results, &text);
        status = deliver(path, &text, &err);
    }
    if (status == SL_OK && for_people) {
        struct sl_terminal_style style = {
            .colour = wants_colour(),
            .verbose = args->values[SL_CLI_VERBOSE] != NULL,
        };
        sl_buf_clear(&text);
        sl_report_terminal(results, &style, &text);
        status = deliver("-", &text, &err);
    }
    sl_buf_finish(&text);
    return status == SL_OK ? SL_OK : sl_cli_fail(&err);
}
