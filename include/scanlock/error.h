/*
 * Status codes and error reports.
 *
 * Every function of the library that can fail for a reason outside the program returns
 * enum sl_status and takes a struct sl_error as its last argument. SL_OK is 0. On failure the
 * function that detects the problem fills the report once; callers may add context but never
 * replace it. A NULL report is allowed everywhere and only loses the message.
 *
 * What a guest does wrong is not an error in this sense: it is answered as the device would
 * answer it and shows in the transcript.
 */
#ifndef SCANLOCK_ERROR_H
#define SCANLOCK_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SL_API
#define SL_API __attribute__((visibility("default")))
#endif

/* The numbers are the exit codes of the command-line tool. */
enum sl_status {
    SL_OK = 0,
    SL_ERR_MISMATCH = 1,    /* a comparison failed */
    SL_ERR_USAGE = 2,       /* the caller asked for something impossible */
    SL_ERR_DAMAGED = 3,     /* input is truncated, corrupt or malformed */
    SL_ERR_UNSUPPORTED = 4, /* input is valid but newer, foreign or beyond a limit */
    SL_ERR_ENVIRONMENT = 5, /* missing file, full disk, no memory, lost socket */
    SL_ERR_UNSTABLE = 6,    /* two replays of one trace differed */
};

#define SL_ERROR_FILE_MAX 256
#define SL_ERROR_MESSAGE_MAX 384

/*
 * One report. Plain data, no ownership: copy it freely. A zeroed report is "no error".
 */
struct sl_error {
    enum sl_status status;
    const char *rule;               /* stable id from docs/rules.md, static storage, NULL if none */
    char file[SL_ERROR_FILE_MAX];   /* path as given by the user, "" if unknown */
    uint64_t offset;                /* byte offset in file, valid if has_offset */
    uint64_t event;                 /* index of the bus event, valid if has_event */
    uint32_t line;                  /* line in a text file, from 1; 0 if unknown */
    bool has_offset;
    bool has_event;
    char message[SL_ERROR_MESSAGE_MAX];
};

/*
 * Writes the whole report as one line without a newline, "file:line: offset 0x..: message [rule]",
 * into buf of size bytes; always terminated. Returns buf.
 */
SL_API const char *sl_error_format(const struct sl_error *err, char *buf, unsigned long size);

/* English words for a status, for instance "damaged input". Static storage. */
SL_API const char *sl_status_name(enum sl_status status);

#ifdef __cplusplus
}
#endif
#endif
