/* Two transcripts with a byte 0xFF between them: they differ exactly if their bytes do. */
#include "base/buf.h"
#include "difference/transcript_difference.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *between = size ? memchr(data, 0xFF, size) : NULL;
    size_t a_size = between ? (size_t)(between - data) : size;
    struct sl_buf a = {0};
    struct sl_buf b = {0};
    struct sl_buf text = {0};
    struct sl_transcript_difference difference;
    sl_buf_append(&a, data, a_size);
    if (between) {
        sl_buf_append(&b, between + 1, size - a_size - 1);
    }
    if (sl_transcript_difference_find(&difference, &a, &b, NULL) == SL_OK) {
        if (sl_transcript_difference_exists(&difference) == sl_buf_equal(&a, &b)) {
            abort();
        }
        sl_transcript_difference_print(&text, &difference);
        sl_transcript_difference_print_json(&text, &difference);
    }
    sl_transcript_difference_finish(&difference);
    sl_buf_finish(&text);
    sl_buf_finish(&a);
    sl_buf_finish(&b);
    return 0;
}
