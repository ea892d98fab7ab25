/*
 * The lines of a transcript, read back: docs/transcript.md is the grammar. Knows what a line says,
 * not whether its names are names of the ABI.
 */
#ifndef SL_REPLAY_TRANSCRIPT_LINE_H
#define SL_REPLAY_TRANSCRIPT_LINE_H

#include <scanlock/event.h>

/* The version that this program writes. */
#define SL_TRANSCRIPT_VERSION 1u

/* A piece of the text that was parsed; size 0 = not there. */
struct sl_transcript_word {
    const char *at;
    size_t size;
};

enum sl_transcript_kind {
    SL_TRANSCRIPT_READ,
    SL_TRANSCRIPT_RESPONSE,
    SL_TRANSCRIPT_USED,
    SL_TRANSCRIPT_IRQ,
    SL_TRANSCRIPT_FENCE,
    SL_TRANSCRIPT_ERROR,
    SL_TRANSCRIPT_FRAME,
    SL_TRANSCRIPT_WRITE,
};

/* Numbers are 0 and words empty where a line has none of them. */
struct sl_transcript_line {
    enum sl_transcript_kind kind;
    uint64_t event;
    struct sl_transcript_word space;   /* READ: "bar0" */
    uint64_t address;                  /* READ: offset in the space; WRITE: guest physical */
    unsigned bits;                     /* READ: 8, 16, 32 or 64 */
    struct sl_transcript_word name;    /* READ: of the register; FRAME: of the frame */
    uint64_t value;                    /* READ, FENCE; IRQ: level or vector; ERROR: code */
    uint32_t queue;                    /* RESPONSE, USED */
    uint32_t head;                     /* RESPONSE, USED */
    uint64_t length;                   /* RESPONSE, USED, WRITE: bytes */
    struct sl_transcript_word command; /* RESPONSE: what was asked; ERROR: the failing packet */
    struct sl_transcript_word answer;  /* RESPONSE: "OK_NODATA", or "nothing" */
    bool fenced;                       /* RESPONSE: fence and context follow */
    uint64_t fence;                    /* RESPONSE, ERROR: AeroGPU */
    uint32_t context;                  /* RESPONSE */
    bool intx;                         /* IRQ: the line, else a message */
    struct sl_transcript_word status;  /* IRQ: active bits, "FENCE|ERROR"; "MSI-X" or "call" */
    struct sl_transcript_word code;    /* ERROR: "CMD_DECODE" */
    struct sl_transcript_word class_;  /* ERROR: "BAD_HANDLE" */
    bool in_packet;                    /* ERROR: packet, address (of it in the stream), command */
    uint64_t packet;
    struct sl_transcript_word reason; /* ERROR; RESPONSE that was dropped */
    uint64_t width;                   /* FRAME; 0 x 0 = "none" */
    uint64_t height;
    struct sl_transcript_word hash; /* WRITE */
};

/* False if the text, one line without newline, is no header of any version. */
bool sl_transcript_parse_header(const char *text, size_t size, uint64_t *version,
                                struct sl_transcript_word *device);

/*
 * False if the text, one line without newline, is not a line of version 1; words of *line point
 * into text.
 */
bool sl_transcript_parse_line(const char *text, size_t size, struct sl_transcript_line *line);

/* The word for a kind as it stands in a line. Static storage. */
const char *sl_transcript_kind_name(enum sl_transcript_kind kind);

#endif
