/* Pieces of dumped text. */
#ifndef SL_TRACE_DUMP_TEXT_H
#define SL_TRACE_DUMP_TEXT_H

#include "base/buf.h"

#include <scanlock/event.h>

/* A double-quoted string that is the same in YAML and JSON. text is UTF-8 without NUL. */
void sl_dump_quoted(struct sl_buf *out, const char *text, size_t size);

/*
 * Bytes as sources of docs/yaml-format.md, keys of a block mapping indented by indent blanks: hex,
 * fill, or parts where long runs of one value make that shorter.
 */
void sl_dump_bytes(struct sl_buf *out, unsigned indent, const uint8_t *bytes, size_t size);

/* The same as one key hex. */
void sl_dump_hex(struct sl_buf *out, unsigned indent, const uint8_t *bytes, size_t size);

/* "bar0" and the like; "response" and the like. */
const char *sl_dump_space_name(enum sl_space space);
const char *sl_dump_kind_name(enum sl_observation_kind kind);

#endif
