/* Sampling many lanes at once, where the format and the sampler allow it. */
#ifndef SL_RENDER_TEXTURE_FAST_H
#define SL_RENDER_TEXTURE_FAST_H

#include "render/texture.h"

/* False if there is no such form for this; result is untouched then. */
bool sl_texture_sample_fast(const struct sl_texture *texture, const struct sl_sampler *sampler,
                            const struct sl_sample *sample, uint64_t active, sl_texel_lanes result);

/* The definition: lane by lane, for everything. */
void sl_texture_sample_plain(const struct sl_texture *texture, const struct sl_sampler *sampler,
                             const struct sl_sample *sample, uint64_t active,
                             sl_texel_lanes result);

#endif
