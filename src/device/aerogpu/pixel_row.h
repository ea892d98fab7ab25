/*
 * Pixels of the displayable formats to and from R8G8B8A8 (AeroGPU ABI, "Reading the scanout" and
 * "Copy to the scanout framebuffer"). Which format is which comes from the ABI's format table; an
 * sRGB format has the bytes of its plain twin.
 */
#ifndef SL_DEVICE_AEROGPU_PIXEL_ROW_H
#define SL_DEVICE_AEROGPU_PIXEL_ROW_H

#include "abi/abi.h"

/*
 * rgba takes 4 * count bytes. It may overlap with from if from is rgba + count * (4 - n), n the
 * bytes of a pixel: packed at the end of the row it is expanded into.
 */
void sl_agpu_row_to_rgba8(const struct sl_abi_format *format, const uint8_t *from, uint8_t *rgba,
                          size_t count);

/* The two do not overlap. */
void sl_agpu_row_from_rgba8(const struct sl_abi_format *format, const uint8_t *rgba, uint8_t *to,
                            size_t count);

#endif
