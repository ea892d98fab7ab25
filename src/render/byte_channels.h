/*
 * Texels of four 8-bit channels, SL_LANES at once: most targets hold these, and putting them
 * together is most of the work of a simple draw. The kernels are written once, in
 * byte_channels_tmpl.h, and compiled for each kind of machine; all give the same bits.
 */
#ifndef SL_RENDER_BYTE_CHANNELS_H
#define SL_RENDER_BYTE_CHANNELS_H

#include "render/lanes.h"

#include <stdint.h>

/* What texels become: kept bits of the stored ones, ones, and codes of the channels. */
struct sl_byte_packing {
    const float *channels[4]; /* SL_LANES each; what is not to be written is all 0 */
    uint8_t shifts[4];
    uint32_t keep;
    uint32_t ones;
};

struct sl_byte_kernels {
    /* Codes as sl_f32_to_unorm() gives them with 8 bits. */
    void (*pack)(const struct sl_byte_packing *packing, uint32_t raw[SL_LANES]);

    /* The channel at a shift: code / 255, rounded. */
    void (*unpack)(const uint32_t raw[SL_LANES], unsigned shift, float out[SL_LANES]);
};

/* The ones for this machine. */
const struct sl_byte_kernels *sl_byte_kernels(void);

extern const struct sl_byte_kernels sl_byte_kernels_base;
extern const struct sl_byte_kernels sl_byte_kernels_avx2;
extern const struct sl_byte_kernels sl_byte_kernels_avx512;

/* Machines that may have more than what the compiler uses for all code. */
#if defined(__x86_64__)
#define SL_BYTE_KERNELS_WIDE 1
#else
#define SL_BYTE_KERNELS_WIDE 0
#endif

#endif
