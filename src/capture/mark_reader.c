#include "capture/mark_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool sl_mark_reader_is_full(const struct sl_mark_reader *reader)
{
    return reader->size == sizeof(reader->text);
}

bool sl_mark_reader_fill(struct sl_mark_reader *reader, int fd)
{
    if (sl_mark_reader_is_full(reader)) {
        return true;
    }
    ssize_t got = read(fd, reader->text + reader->size, sizeof(reader->text) - reader->size);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    reader->size += (size_t)got;
    return got > 0;
}

static void drop(struct sl_mark_reader *reader, size_t count)
{
    reader->size -= count;
    memmove(reader->text, reader->text + count, reader->size);
}

static size_t copy_name(const char *line, size_t size, char *name)
{
    size = size < SL_MARK_MAX ? size : SL_MARK_MAX;
    for (size_t i = 0; i < size; i++) {
        name[i] = line[i] > ' ' && line[i] < 0x7F ? line[i] : '_';
    }
    name[size] = '\0';
    return size;
}

bool sl_mark_reader_next(struct sl_mark_reader *reader, char name[SL_MARK_MAX + 1])
{
    for (;;) {
        const char *end = memchr(reader->text, '\n', reader->size);
        if (!end && reader->size < sizeof(reader->text)) {
            return false;
        }
        /* A line that fills the buffer counts, cut; the rest of it does not. */
        size_t size = end ? (size_t)(end - reader->text) : reader->size;
        bool counts = !reader->skips && copy_name(reader->text, size, name) > 0;
        reader->skips = !end;
        drop(reader, end ? size + 1 : size);
        if (counts) {
            return true;
        }
    }
}
