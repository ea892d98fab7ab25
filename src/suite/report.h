/* Results as text for people and for other programs. */
#ifndef SL_SUITE_REPORT_H
#define SL_SUITE_REPORT_H

#include "suite/result.h"

/* How the report for people looks. */
struct sl_terminal_style {
    bool colour;
    bool verbose; /* a line for good tests, too */
};

void sl_report_terminal(struct sl_results *results, const struct sl_terminal_style *style,
                        struct sl_buf *out);

struct sl_report_format {
    const char *name; /* as in --report NAME=FILE */
    const char *help;
    void (*print)(struct sl_results *results, struct sl_buf *out);
};

/* "json" (JSON lines), "junit" and "tap", sorted by name. */
extern const struct sl_report_format sl_report_formats[];
extern const size_t sl_report_format_count;

/* NULL if there is none. name is not terminated. */
const struct sl_report_format *sl_report_find(const char *name, size_t size);

#endif
