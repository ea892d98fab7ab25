/*
 * Formats of vertex elements: those of DXGI that layouts name, and D3DDECLTYPE. An element becomes
 * four 32-bit words: floats, or integers where a format is one; components it has not are 0, 0, 0
 * and one.
 */
#ifndef SL_DEVICE_AEROGPU_VERTEX_FORMAT_H
#define SL_DEVICE_AEROGPU_VERTEX_FORMAT_H

#include <stdint.h>

enum sl_agpu_vertex_type {
    SL_AGPU_VERTEX_FLOAT,
    SL_AGPU_VERTEX_UNORM,
    SL_AGPU_VERTEX_SNORM,
    SL_AGPU_VERTEX_UINT,
    SL_AGPU_VERTEX_SINT,
    SL_AGPU_VERTEX_USCALED, /* integers as floats */
    SL_AGPU_VERTEX_SSCALED,
};

/* Components lie one after the other from the lowest bit on; none crosses a 32-bit word. */
struct sl_agpu_vertex_format {
    uint8_t size_bytes;
    uint8_t type;    /* enum sl_agpu_vertex_type */
    uint8_t bits[4]; /* of each stored component; 0 = not there */
    uint8_t from[4]; /* stored component that x, y, z, w take; 4 = none */
};

/* NULL if the number names no vertex format. */
const struct sl_agpu_vertex_format *sl_agpu_vertex_format_dxgi(uint32_t format);

/* The same for D3DDECLTYPE, whose UNUSED is none. */
const struct sl_agpu_vertex_format *sl_agpu_vertex_format_d3d9(uint32_t type);

/* Of a format that is nothing but 1 to 4 words, x first, the number of them; 0 for others. */
unsigned sl_agpu_vertex_words(const struct sl_agpu_vertex_format *format);

/* One element. bytes may be NULL: an element that cannot be read has stored components of 0. */
void sl_agpu_vertex_decode(const struct sl_agpu_vertex_format *format, const uint8_t *bytes,
                           uint32_t value[4]);

#endif
