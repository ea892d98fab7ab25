/*
 * Texture instructions of ps_1_1 to ps_1_4. Up to ps_1_3 t# of the destination names the stage, its
 * coordinates and the register for the result. The samplers of these versions have no declared
 * type: those that are looked up with a vector through a 3x3 matrix are cubes, all others 2D.
 *
 * The bump environment is not part of the state: its matrix counts as zero and its luminance as
 * one.
 */
#include "shader/d3d9_lower.h"

/* Rows of a matrix that is under way are kept in PAD0: x, y, z. */

static unsigned stage_of(const struct sl_d3d9_lower *lower)
{
    return lower->insn->dst.number & 7u;
}

static struct sl_ir_src coordinates_of(const struct sl_d3d9_lower *lower, unsigned stage)
{
    return sl_ir_src(SL_IR_INPUT, lower->texcoord_reg[stage & 7u]);
}

static struct sl_ir_src pad(void)
{
    return sl_ir_src(SL_IR_TEMP, SL_D3D9_TEMP_PAD0);
}

static void load(struct sl_d3d9_lower *lower, unsigned sampler_type, struct sl_ir_src coordinates)
{
    struct sl_d3d9_result result = sl_d3d9_begin_result(lower, false, false);
    sl_d3d9_sample(lower, SL_IR_SAMPLE, result.dst, stage_of(lower), sampler_type, coordinates);
    sl_d3d9_end_result(lower, &result);
}

/* tex t#; texld r#, coordinates of ps_1_4. */
static void lower_tex(struct sl_d3d9_lower *lower)
{
    if (lower->source->minor < 4) {
        load(lower, SL_D3D9_SAMPLER_2D, coordinates_of(lower, stage_of(lower)));
    } else {
        load(lower, SL_D3D9_SAMPLER_2D, sl_d3d9_source(lower, &lower->insn->src[0]));
    }
}

/* texcoord t# saturates; texcrd r#, t# of ps_1_4 copies. */
static void lower_texcoord(struct sl_d3d9_lower *lower)
{
    bool saturates = lower->source->minor < 4;
    struct sl_ir_src src = saturates ? coordinates_of(lower, stage_of(lower))
                                     : sl_d3d9_source(lower, &lower->insn->src[0]);
    struct sl_d3d9_result result = sl_d3d9_begin_result(lower, false, false);
    result.dst.saturate |= saturates;
    sl_ir_append1(&lower->builder, SL_IR_MOV, result.dst, src);
    sl_d3d9_end_result(lower, &result);
}

static void lower_texkill(struct sl_d3d9_lower *lower)
{
    struct sl_ir_src value = lower->source->minor < 4 ? coordinates_of(lower, stage_of(lower))
                                                      : sl_d3d9_register(lower, &lower->insn->dst);
    sl_d3d9_kill(lower, value, 0x7);
}

static void lower_texbem(struct sl_d3d9_lower *lower)
{
    load(lower, SL_D3D9_SAMPLER_2D, coordinates_of(lower, stage_of(lower)));
}

static void lower_texreg2ar(struct sl_d3d9_lower *lower)
{
    struct sl_ir_src src = sl_d3d9_source(lower, &lower->insn->src[0]);
    load(lower, SL_D3D9_SAMPLER_2D, sl_ir_swizzled(src, 3, 0, 0, 0));
}

static void lower_texreg2gb(struct sl_d3d9_lower *lower)
{
    struct sl_ir_src src = sl_d3d9_source(lower, &lower->insn->src[0]);
    load(lower, SL_D3D9_SAMPLER_2D, sl_ir_swizzled(src, 1, 2, 2, 2));
}

static void lower_texreg2rgb(struct sl_d3d9_lower *lower)
{
    load(lower, SL_D3D9_SAMPLER_2D, sl_d3d9_source(lower, &lower->insn->src[0]));
}

/* The product of the stage's coordinates with the source, into a component of a temp. */
static void multiply_row(struct sl_d3d9_lower *lower, struct sl_ir_dst dst)
{
    struct sl_ir_src src = sl_d3d9_source(lower, &lower->insn->src[0]);
    sl_ir_append2(&lower->builder, SL_IR_DP3, dst, coordinates_of(lower, stage_of(lower)), src);
}

/* Every row before the last is an instruction of its own, for the stage before. */
static void add_row(struct sl_d3d9_lower *lower)
{
    unsigned row = lower->pad_count < 2 ? lower->pad_count : 2;
    multiply_row(lower, sl_ir_dst(SL_IR_TEMP, SL_D3D9_TEMP_PAD0, 1u << row));
    lower->pad_count = row + 1;
}

/* The last row of a matrix of this many. */
static void end_rows(struct sl_d3d9_lower *lower, unsigned rows)
{
    if (lower->pad_count != rows - 1) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "a matrix of a texture instruction lacks its first rows");
    }
    add_row(lower);
    lower->pad_count = 0;
}

static void lower_texm3x2tex(struct sl_d3d9_lower *lower)
{
    end_rows(lower, 2);
    load(lower, SL_D3D9_SAMPLER_2D, pad());
}

static void write_depth(struct sl_d3d9_lower *lower, struct sl_ir_src numerator,
                        struct sl_ir_src denominator)
{
    struct sl_ir_builder *builder = &lower->builder;
    struct sl_ir_dst t = sl_d3d9_scratch(lower, 0x1);
    struct sl_ir_dst is_zero = sl_d3d9_scratch(lower, 0x1);
    sl_ir_append2(builder, SL_IR_EQ, is_zero, denominator, sl_ir_float(0.0f));
    sl_ir_append2(builder, SL_IR_DIV, t, numerator, denominator);
    sl_ir_append3(builder, SL_IR_MOVC, sl_ir_dst(SL_IR_OUTPUT, SL_D3D9_DEPTH_OUTPUT, 0x1),
                  sl_d3d9_read(is_zero), sl_ir_float(1.0f), sl_d3d9_read(t));
}

static void lower_texm3x2depth(struct sl_d3d9_lower *lower)
{
    end_rows(lower, 2);
    write_depth(lower, sl_ir_component(pad(), 0), sl_ir_component(pad(), 1));
}

/* ps_1_4, of r5. */
static void lower_texdepth(struct sl_d3d9_lower *lower)
{
    struct sl_ir_src value = sl_d3d9_register(lower, &lower->insn->dst);
    write_depth(lower, sl_ir_component(value, 0), sl_ir_component(value, 1));
}

static void lower_texm3x3tex(struct sl_d3d9_lower *lower)
{
    end_rows(lower, 3);
    load(lower, SL_D3D9_SAMPLER_CUBE, pad());
}

static void lower_texm3x3(struct sl_d3d9_lower *lower)
{
    end_rows(lower, 3);
    struct sl_d3d9_result result = sl_d3d9_begin_result(lower, true, false);
    struct sl_ir_dst part = result.dst;
    part.mask = 0x7;
    sl_ir_append1(&lower->builder, SL_IR_MOV, part, pad());
    part.mask = 0x8;
    sl_ir_append1(&lower->builder, SL_IR_MOV, part, sl_ir_float(1.0f));
    sl_d3d9_end_result(lower, &result);
}

/* 2 * (N.E / N.N) * N - E. */
static void load_reflected(struct sl_d3d9_lower *lower, struct sl_ir_src eye)
{
    struct sl_ir_builder *builder = &lower->builder;
    struct sl_ir_dst t = sl_d3d9_scratch(lower, 0x1);
    struct sl_ir_dst u = sl_d3d9_scratch(lower, 0x1);
    struct sl_ir_dst v = sl_d3d9_scratch(lower, 0x7);
    sl_ir_append2(builder, SL_IR_DP3, t, pad(), eye);
    sl_ir_append2(builder, SL_IR_DP3, u, pad(), pad());
    sl_ir_append2(builder, SL_IR_DIV, t, sl_d3d9_read(t), sl_d3d9_read(u));
    sl_ir_append2(builder, SL_IR_MUL, t, sl_d3d9_read(t), sl_ir_float(2.0f));
    sl_ir_append2(builder, SL_IR_MUL, v, pad(), sl_ir_component(sl_d3d9_read(t), 0));
    sl_ir_append2(builder, SL_IR_ADD, v, sl_d3d9_read(v), sl_ir_negated(eye));
    load(lower, SL_D3D9_SAMPLER_CUBE, sl_d3d9_read(v));
}

static void lower_texm3x3spec(struct sl_d3d9_lower *lower)
{
    end_rows(lower, 3);
    load_reflected(lower, sl_d3d9_source(lower, &lower->insn->src[1]));
}

/* The eye vector is in w of the three sets of coordinates. */
static void lower_texm3x3vspec(struct sl_d3d9_lower *lower)
{
    end_rows(lower, 3);
    struct sl_ir_dst eye = sl_d3d9_scratch(lower, 0x7);
    unsigned stage = stage_of(lower);
    for (unsigned i = 0; i < 3; i++) {
        struct sl_ir_dst part = eye;
        part.mask = (uint8_t)(1u << i);
        sl_ir_append1(&lower->builder, SL_IR_MOV, part,
                      sl_ir_component(coordinates_of(lower, stage + i - 2), 3));
    }
    load_reflected(lower, sl_d3d9_read(eye));
}

static void lower_texdp3(struct sl_d3d9_lower *lower)
{
    struct sl_d3d9_result result = sl_d3d9_begin_result(lower, false, false);
    multiply_row(lower, result.dst);
    sl_d3d9_end_result(lower, &result);
}

/* A row of a texture: v is 0. */
static void lower_texdp3tex(struct sl_d3d9_lower *lower)
{
    struct sl_ir_dst t = sl_d3d9_scratch(lower, 0xE);
    sl_ir_append1(&lower->builder, SL_IR_MOV, t, sl_ir_float(0.0f));
    t.mask = 0x1;
    multiply_row(lower, t);
    load(lower, SL_D3D9_SAMPLER_2D, sl_d3d9_read(t));
}

static const struct {
    enum sl_d3d9_op op;
    void (*lower)(struct sl_d3d9_lower *lower);
} handlers[] = {
    {SL_D3D9_TEX, lower_tex},
    {SL_D3D9_TEXCOORD, lower_texcoord},
    {SL_D3D9_TEXKILL, lower_texkill},
    {SL_D3D9_TEXBEM, lower_texbem},
    {SL_D3D9_TEXBEML, lower_texbem},
    {SL_D3D9_TEXREG2AR, lower_texreg2ar},
    {SL_D3D9_TEXREG2GB, lower_texreg2gb},
    {SL_D3D9_TEXREG2RGB, lower_texreg2rgb},
    {SL_D3D9_TEXM3X2PAD, add_row},
    {SL_D3D9_TEXM3X2TEX, lower_texm3x2tex},
    {SL_D3D9_TEXM3X2DEPTH, lower_texm3x2depth},
    {SL_D3D9_TEXM3X3PAD, add_row},
    {SL_D3D9_TEXM3X3TEX, lower_texm3x3tex},
    {SL_D3D9_TEXM3X3, lower_texm3x3},
    {SL_D3D9_TEXM3X3SPEC, lower_texm3x3spec},
    {SL_D3D9_TEXM3X3VSPEC, lower_texm3x3vspec},
    {SL_D3D9_TEXDP3, lower_texdp3},
    {SL_D3D9_TEXDP3TEX, lower_texdp3tex},
    {SL_D3D9_TEXDEPTH, lower_texdepth},
};

bool sl_d3d9_lower_sm1_texture(struct sl_d3d9_lower *lower)
{
    if (!lower->sm1_pixel) {
        return false;
    }
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        if (handlers[i].op == lower->insn->op) {
            handlers[i].lower(lower);
            return true;
        }
    }
    return false;
}
