#include "raster/depth_stencil.h"

#include "base/fast_path.h"
#include "base/vector_clones.h"
#include "raster/target_lanes.h"
#include "render/convert.h"
#include "render/pixel.h"

#include <string.h>

/*
 * How two values relate, as bits that the numbers of D3DCMPFUNC minus 1 select: 1 less, 2 equal,
 * 4 greater. Unordered counts as 5 for != (and always), as nothing for the others.
 */
static bool selects(enum sl_compare func, bool less, bool equal, bool greater)
{
    unsigned relation = (unsigned)less | (unsigned)equal << 1 | (unsigned)greater << 2;
    if (relation == 0) {
        return func == SL_COMPARE_NOT_EQUAL || func == SL_COMPARE_ALWAYS;
    }
    return (((unsigned)func - 1) & relation) != 0;
}

bool sl_compare_f32(enum sl_compare func, float left, float right)
{
    return selects(func, left<right, left == right, left> right);
}

bool sl_compare_u32(enum sl_compare func, uint32_t left, uint32_t right)
{
    return selects(func, left<right, left == right, left> right);
}

uint8_t sl_stencil_apply(enum sl_stencil_op op, uint8_t stored, uint8_t ref)
{
    switch (op) {
    case SL_STENCIL_KEEP:
        return stored;
    case SL_STENCIL_ZERO:
        return 0;
    case SL_STENCIL_REPLACE:
        return ref;
    case SL_STENCIL_INCR_SAT:
        return stored == 0xFF ? 0xFF : (uint8_t)(stored + 1);
    case SL_STENCIL_DECR_SAT:
        return stored == 0 ? 0 : (uint8_t)(stored - 1);
    case SL_STENCIL_INVERT:
        return (uint8_t)~stored;
    case SL_STENCIL_INCR:
        return (uint8_t)(stored + 1);
    case SL_STENCIL_DECR:
        return (uint8_t)(stored - 1);
    }
    return stored;
}

void sl_depth_prepare(const struct sl_raster_config *config, const float depth[SL_LANES],
                      struct sl_pixel_batch *batch)
{
    float low = config->viewport.min_depth, high = config->viewport.max_depth;
    float clamped[SL_LANES];
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        float z = depth[lane] == depth[lane] ? depth[lane] : 0.0F;
        z = z > low ? z : low;
        clamped[lane] = z < high ? z : high;
    }
    sl_depth_encode_lanes(config->depth.format, clamped, batch->depth_raw);
}

#define DEPTH24_MASK UINT32_C(0xFFFFFF)

/* What the tests of one pixel found. */
struct verdict {
    bool stencil_passed;
    bool depth_passed;
    uint32_t stored; /* the texel afterwards */
};

static bool depth_passes(const struct sl_raster_config *config, uint32_t depth, uint32_t stored)
{
    const struct sl_raster_depth_stencil *state = &config->depth_stencil;
    if (!state->depth_test) {
        return true;
    }
    if (config->depth.format == SL_TEXEL_D24S8) {
        return sl_compare_u32(state->depth_func, depth, stored & DEPTH24_MASK);
    }
    return sl_compare_f32(state->depth_func, sl_f32_from_bits(depth), sl_f32_from_bits(stored));
}

static struct verdict test_pixel(const struct sl_raster_config *config, unsigned face_index,
                                 uint32_t depth, uint32_t stored)
{
    const struct sl_raster_depth_stencil *state = &config->depth_stencil;
    bool has_stencil = config->depth.format == SL_TEXEL_D24S8;
    bool uses_stencil = has_stencil && state->stencil_test;
    const struct sl_raster_stencil_face *face = &state->face[face_index];
    uint8_t stencil = (uint8_t)(stored >> 24);
    struct verdict verdict = {.stencil_passed = true, .stored = stored};
    if (uses_stencil) {
        verdict.stencil_passed =
            sl_compare_u32(face->func, state->ref & state->read_mask, stencil & state->read_mask);
    }
    verdict.depth_passed = verdict.stencil_passed && depth_passes(config, depth, stored);
    if (uses_stencil) {
        enum sl_stencil_op op = !verdict.stencil_passed ? face->fail
                                : !verdict.depth_passed ? face->depth_fail
                                                        : face->pass;
        uint8_t changed = sl_stencil_apply(op, stencil, state->ref);
        stencil = (uint8_t)((stencil & ~state->write_mask) | (changed & state->write_mask));
        verdict.stored = (stored & DEPTH24_MASK) | (uint32_t)stencil << 24;
    }
    if (verdict.depth_passed && state->depth_test && state->depth_write) {
        verdict.stored = has_stencil ? (verdict.stored & ~DEPTH24_MASK) | depth : depth;
    }
    return verdict;
}

static void test_plain(const struct sl_raster_config *config, struct sl_pixel_batch *batch,
                       unsigned first_quad, unsigned end_quad)
{
    for (unsigned q = first_quad; q < end_quad; q++) {
        const struct sl_quad *quad = &batch->quads[q];
        uint32_t alive = sl_quad_bits(batch->alive, q);
        for (unsigned i = 0; i < 4; i++) {
            if (!(alive >> i & 1)) {
                continue;
            }
            unsigned lane = 4 * q + i;
            uint8_t *at = sl_target_at(&config->depth, quad->shape->layer,
                                       quad->x + (int32_t)(i & 1), quad->y + (int32_t)(i >> 1), 4);
            uint32_t stored = sl_get_le32(at);
            struct verdict verdict =
                test_pixel(config, quad->shape->counter_clockwise, batch->depth_raw[lane], stored);
            if (verdict.stored != stored) {
                sl_put_le32(at, verdict.stored);
            }
            uint64_t bit = UINT64_C(1) << lane;
            batch->stencil_failed |= verdict.stencil_passed ? 0 : bit;
            batch->depth_failed |= verdict.stencil_passed && !verdict.depth_passed ? bit : 0;
            batch->depth_tested |= bit;
            batch->depth_before[lane] = stored;
            batch->depth_after[lane] = verdict.stored;
        }
    }
}

/* Bit = lane; passed holds 0 or 1. */
static uint64_t lane_mask(const uint8_t passed[SL_LANES])
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < SL_LANES / 8; i++) {
        /* Byte k's lowest bit goes to bit 56 + k; no two products meet. */
        uint64_t bits = sl_get_le64(passed + 8 * i) * UINT64_C(0x0102040810204080) >> 56;
        mask |= bits << (8 * i);
    }
    return mask;
}

/* Which relations pass, as all ones or 0. */
struct wanted {
    uint32_t less, equal, greater, unordered;
};

static struct wanted wanted_by(enum sl_compare func)
{
    unsigned bits = (unsigned)func - 1;
    bool unordered = func == SL_COMPARE_NOT_EQUAL || func == SL_COMPARE_ALWAYS;
    return (struct wanted){
        .less = bits & 1 ? UINT32_MAX : 0,
        .equal = bits & 2 ? UINT32_MAX : 0,
        .greater = bits & 4 ? UINT32_MAX : 0,
        .unordered = unordered ? UINT32_MAX : 0,
    };
}

static inline void narrow(const uint32_t *wide, uint8_t *restrict passed)
{
    for (unsigned i = 0; i < SL_LANES; i++) {
        passed[i] = (uint8_t)(wide[i] & 1);
    }
}

SL_CLONES static void compare_d24(struct wanted wanted, const uint32_t *depth,
                                  const uint32_t *stored, uint8_t *restrict passed)
{
    uint32_t wide[SL_LANES];
    for (unsigned i = 0; i < SL_LANES; i++) {
        int32_t new = (int32_t)depth[i], old = (int32_t)(stored[i] & DEPTH24_MASK);
        wide[i] = (wanted.less & -(uint32_t)(new < old)) |
                  (wanted.equal & -(uint32_t)(new == old)) |
                  (wanted.greater & -(uint32_t)(new > old));
    }
    narrow(wide, passed);
}

SL_CLONES static void compare_d32(struct wanted wanted, const float *depth, const float *stored,
                                  uint8_t *restrict passed)
{
    uint32_t wide[SL_LANES];
    for (unsigned i = 0; i < SL_LANES; i++) {
        float new = depth[i], old = stored[i]; /* only old can be a NaN */
        wide[i] = (wanted.less & -(uint32_t)(new < old)) |
                  (wanted.equal & -(uint32_t)(new == old)) |
                  (wanted.greater & -(uint32_t)(new > old)) |
                  (wanted.unordered & -(uint32_t)(old != old));
    }
    narrow(wide, passed);
}

/* Depth alone, all lanes of the run at once. */
static void test_depth(const struct sl_raster_config *config, struct sl_pixel_batch *batch,
                       unsigned first, unsigned end, uint64_t lanes)
{
    bool is_d24 = config->depth.format == SL_TEXEL_D24S8;
    uint32_t *stored = batch->raw;
    uint8_t passed[SL_LANES];
    struct wanted wanted = wanted_by(config->depth_stencil.depth_func);
    sl_target_read(&config->depth, batch, first, end, lanes, stored);
    if (is_d24) {
        compare_d24(wanted, batch->depth_raw, stored, passed);
    } else {
        float depth[SL_LANES], old[SL_LANES];
        memcpy(depth, batch->depth_raw, sizeof(depth));
        memcpy(old, stored, sizeof(old));
        compare_d32(wanted, depth, old, passed);
    }
    uint64_t passing = lane_mask(passed) & lanes;
    batch->depth_failed |= lanes & ~passing;
    if (config->depth_stencil.depth_write) {
        uint32_t keep = is_d24 ? ~DEPTH24_MASK : 0;
        for (unsigned i = 4 * first; i < 4 * end; i++) {
            stored[i] = (stored[i] & keep) | batch->depth_raw[i];
        }
        sl_target_write(&config->depth, batch, first, end, passing, stored);
    }
}

/* The lanes of quads first to end - 1. */
static uint64_t lanes_between(unsigned first, unsigned end)
{
    uint64_t below_end = end == SL_QUADS ? UINT64_MAX : (UINT64_C(1) << (4 * end)) - 1;
    return below_end & UINT64_MAX << (4 * first);
}

void sl_depth_stencil_run(const struct sl_raster_config *config, struct sl_pixel_batch *batch,
                          unsigned first_quad, unsigned end_quad)
{
    const struct sl_raster_depth_stencil *state = &config->depth_stencil;
    uint64_t lanes = batch->alive & lanes_between(first_quad, end_quad);
    bool has_stencil = state->stencil_test && config->depth.format == SL_TEXEL_D24S8;
    if (has_stencil || config->report || !sl_fast_path(SL_FAST_RASTER)) {
        test_plain(config, batch, first_quad, end_quad);
    } else if (state->depth_test) {
        test_depth(config, batch, first_quad, end_quad, lanes);
    }
    batch->alive &= ~(batch->stencil_failed | batch->depth_failed);
}
