/*
 * Two transcripts, line by line. Lines are equal if they say the same of another event: an event
 * more in one trace moves the numbers of all that follow.
 */
#ifndef SL_DIFFERENCE_TRANSCRIPT_DIFFERENCE_H
#define SL_DIFFERENCE_TRANSCRIPT_DIFFERENCE_H

#include "base/buf.h"
#include "difference/sequence_comparison.h"

/* A transcript cut into lines; the text is borrowed. */
struct sl_transcript_lines {
    const struct sl_buf *text;
    size_t *starts; /* and the end of the last one */
    size_t count;
};

struct sl_transcript_difference {
    struct sl_transcript_lines sides[2];
    struct sl_sequence_comparison lines;
    size_t moved; /* equal lines of other events */
    size_t first_moved[2];
};

/* ENVIRONMENT without memory, UNSUPPORTED for too many lines. Finish difference in any case. */
enum sl_status sl_transcript_difference_find(struct sl_transcript_difference *difference,
                                             const struct sl_buf *a, const struct sl_buf *b,
                                             struct sl_error *err);
void sl_transcript_difference_finish(struct sl_transcript_difference *difference);

bool sl_transcript_difference_exists(const struct sl_transcript_difference *difference);

/* Appends what differs, for people, or as the members of a JSON object. */
void sl_transcript_difference_print(struct sl_buf *out,
                                    const struct sl_transcript_difference *difference);
void sl_transcript_difference_print_json(struct sl_buf *out,
                                         const struct sl_transcript_difference *difference);

#endif
