/* Names of capture points, a line each, from a pipe that somebody writes to while a guest runs. */
#ifndef SL_CAPTURE_MARK_READER_H
#define SL_CAPTURE_MARK_READER_H

#include <stdbool.h>
#include <stddef.h>

#define SL_MARK_MAX 120u /* bytes of a name */

/* Zeroed it is empty. */
struct sl_mark_reader {
    char text[4096];
    size_t size;
    bool skips; /* the rest of a line that is too long */
};

/* True while there is no room: lines must be taken before there is anything to wait for. */
bool sl_mark_reader_is_full(const struct sl_mark_reader *reader);

/*
 * Reads what there is, without waiting. False at the end of the file or on an error: the descriptor
 * is of no more use.
 */
bool sl_mark_reader_fill(struct sl_mark_reader *reader, int fd);

/*
 * Takes the next whole line, cut to SL_MARK_MAX bytes and terminated, into name; what is no
 * printable ASCII is a '_' there. False if there is none. Empty lines are passed over.
 */
bool sl_mark_reader_next(struct sl_mark_reader *reader, char name[SL_MARK_MAX + 1]);

#endif
