/* Cube maps for all lanes at once, as texture_place.c and texture_lod.c define them. */
#include "base/vector_clones.h"
#include "render/lane_vectors.h"
#include "render/texture_lanes.h"

/* Masks of four lanes: the axis of the face, and whether the face is that of negative numbers. */
struct face_masks {
    sl_i32x4 y, z, negative;
};

struct face_vector {
    sl_f32x4 s, t, m; /* along the face, and away from the centre of the cube */
};

SL_INLINE sl_f32x4 magnitude(sl_f32x4 x)
{
    return (sl_f32x4)((sl_i32x4)x & 0x7FFFFFFF);
}

SL_INLINE sl_f32x4 negate_where(sl_i32x4 mask, sl_f32x4 x)
{
    return (sl_f32x4)((sl_i32x4)x ^ (mask & INT32_MIN));
}

SL_INLINE sl_f32x4 choose(sl_i32x4 mask, sl_f32x4 a, sl_f32x4 b)
{
    return SL_SELECT(mask, a, b, sl_i32x4);
}

SL_INLINE void find_masks(sl_f32x4 x, sl_f32x4 y, sl_f32x4 z, struct face_masks *masks)
{
    sl_f32x4 ax = magnitude(x);
    sl_f32x4 ay = magnitude(y);
    sl_f32x4 az = magnitude(z);
    masks->z = (az >= ax) & (az >= ay);
    masks->y = ~masks->z & (ay >= ax);
    masks->negative = choose(masks->z, z, choose(masks->y, y, x)) < 0.0f;
}

/* The components that each lane's face sees of a direction, or of its derivative. */
SL_INLINE void turn(const struct face_masks *masks, sl_f32x4 x, sl_f32x4 y, sl_f32x4 z,
                    struct face_vector *out)
{
    sl_i32x4 on_x = ~(masks->y | masks->z);
    sl_f32x4 major = choose(masks->z, z, choose(masks->y, y, x));
    out->m = negate_where(masks->negative, major);
    out->s =
        negate_where((on_x & ~masks->negative) | (masks->z & masks->negative), choose(on_x, z, x));
    out->t = negate_where(~masks->y | masks->negative, choose(masks->y, z, y));
}

SL_INLINE sl_f32x4 face_coord(sl_f32x4 s, sl_f32x4 m)
{
    const sl_f32x4 middle = {0.5f, 0.5f, 0.5f, 0.5f};
    return choose(m == 0.0f, middle, sl_flush(sl_flush(s / m) * 0.5f) + 0.5f);
}

SL_CLONES static void find_faces(const float *x, const float *y, const float *z, float *u, float *v,
                                 int32_t *faces)
{
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f32x4 d[3] = {sl_flush(sl_load_f32(x + lane)), sl_flush(sl_load_f32(y + lane)),
                         sl_flush(sl_load_f32(z + lane))};
        struct face_masks masks;
        struct face_vector at;
        find_masks(d[0], d[1], d[2], &masks);
        turn(&masks, d[0], d[1], d[2], &at);
        sl_f32x4 m = magnitude(at.m);
        sl_f32x4 face_u = face_coord(at.s, m);
        sl_f32x4 face_v = face_coord(at.t, m);
        memcpy(u + lane, &face_u, sizeof(face_u));
        memcpy(v + lane, &face_v, sizeof(face_v));
        sl_store_i32(faces + lane, (masks.y & 2) + (masks.z & 4) - masks.negative);
    }
}

void sl_cube_faces_find(const float *const direction[3], float u[SL_LANES], float v[SL_LANES],
                        int32_t faces[SL_LANES])
{
    find_faces(direction[0], direction[1], direction[2], u, v, faces);
}

/* The squared length of a derivative on the faces of a quad's lanes. */
SL_INLINE void find_square(const struct face_masks *masks, const struct face_vector *at,
                           const sl_f32x4 derivative[3], double size, sl_f64x4 *square)
{
    struct face_vector d;
    turn(masks, derivative[0], derivative[1], derivative[2], &d);
    sl_f64x4 m = SL_TO_F64(magnitude(at->m));
    sl_f64x4 dm = SL_TO_F64(d.m);
    sl_f64x4 a = (m * SL_TO_F64(d.s) - SL_TO_F64(at->s) * dm) / (m * m) * 0.5 * size;
    sl_f64x4 b = (m * SL_TO_F64(d.t) - SL_TO_F64(at->t) * dm) / (m * m) * 0.5 * size;
    *square = a * a + b * b;
}

SL_CLONES static void find_cube_squares(const float *x, const float *y, const float *z, double size,
                                        float squares[SL_LANES])
{
    const float *const coords[3] = {x, y, z};
    for (unsigned lane = 0; lane < SL_LANES; lane += SL_GROUP) {
        sl_f32x4 d[3];
        sl_f32x4 ddx[3];
        sl_f32x4 ddy[3];
        for (unsigned i = 0; i < 3; i++) {
            d[i] = sl_flush(sl_load_f32(coords[i] + lane));
            sl_f32x4 first = {d[i][0], d[i][0], d[i][0], d[i][0]};
            sl_f32x4 right = {d[i][1], d[i][1], d[i][1], d[i][1]};
            sl_f32x4 lower = {d[i][2], d[i][2], d[i][2], d[i][2]};
            ddx[i] = sl_flush(right - first);
            ddy[i] = sl_flush(lower - first);
        }
        struct face_masks masks;
        struct face_vector at;
        sl_f64x4 along_x;
        sl_f64x4 along_y;
        find_masks(d[0], d[1], d[2], &masks);
        turn(&masks, d[0], d[1], d[2], &at);
        find_square(&masks, &at, ddx, size, &along_x);
        find_square(&masks, &at, ddy, size, &along_y);
        sl_i64x4 second = (along_y > along_x) | (along_x != along_x);
        sl_f32x4 larger = SL_TO_F32(SL_SELECT(second, along_y, along_x, sl_i64x4));
        memcpy(squares + lane, &larger, sizeof(larger));
    }
}

void sl_cube_squares_find(const float *const direction[3], uint32_t size, float squares[SL_LANES])
{
    find_cube_squares(direction[0], direction[1], direction[2], size, squares);
}
