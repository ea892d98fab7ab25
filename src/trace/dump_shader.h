/* Listings of programs in dumps. */
#ifndef SL_TRACE_DUMP_SHADER_H
#define SL_TRACE_DUMP_SHADER_H

#include "base/buf.h"

/* Appends the listing of the program in a CREATE_SHADER_DXBC packet, or why it is none. */
void sl_dump_shader(const uint8_t *packet, size_t size, struct sl_buf *notes);

#endif
