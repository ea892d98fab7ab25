/* Texture instructions of version 2 and 3, and texkill. */
#include "shader/d3d9_lower.h"

struct sl_ir_insn *sl_d3d9_sample(struct sl_d3d9_lower *lower, enum sl_ir_op op,
                                  struct sl_ir_dst dst, unsigned stage, unsigned sampler_type,
                                  struct sl_ir_src coordinates)
{
    static const uint8_t dimensions[] = {
        [0] = SL_TEXTURE_2D,
        [SL_D3D9_SAMPLER_1D] = SL_TEXTURE_1D,
        [SL_D3D9_SAMPLER_2D] = SL_TEXTURE_2D,
        [SL_D3D9_SAMPLER_CUBE] = SL_TEXTURE_CUBE,
        [SL_D3D9_SAMPLER_VOLUME] = SL_TEXTURE_2D, /* never bound */
    };
    if (sampler_type >= sizeof(dimensions)) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "a sampler is declared with an unknown type");
        sampler_type = 0;
    }
    struct sl_ir_program *program = sl_ir_builder_program(&lower->builder);
    struct sl_ir_resource *resource = &program->resources[stage];
    resource->used = true;
    resource->dimension = dimensions[sampler_type];
    resource->is_volume = sampler_type == SL_D3D9_SAMPLER_VOLUME;
    program->sampler_mask |= UINT32_C(1) << stage;
    struct sl_ir_insn *insn = sl_ir_append1(&lower->builder, op, dst, coordinates);
    insn->dimension = dimensions[sampler_type];
    insn->slot = (uint16_t)stage;
    insn->sampler = (uint16_t)stage;
    return insn;
}

/* x, y and z divided by w, in masked lanes too: the level of detail looks at them. */
static struct sl_ir_src project(struct sl_d3d9_lower *lower, struct sl_ir_src coordinates)
{
    struct sl_ir_dst dst = sl_d3d9_scratch(lower, 0x7);
    sl_ir_append2(&lower->builder, SL_IR_DIV, dst, coordinates, sl_ir_component(coordinates, 3))
        ->flags |= SL_IR_FLAG_ALL_LANES;
    return sl_d3d9_read(dst);
}

/* The operation and its sources after the coordinates. */
struct request {
    enum sl_ir_op op;
    unsigned extra_count;
    struct sl_ir_src coordinates;
    struct sl_ir_src extra[2];
};

static void request_texld(struct sl_d3d9_lower *lower, struct request *request)
{
    request->op = SL_IR_SAMPLE;
    if (lower->insn->control == 1) {
        request->coordinates = project(lower, request->coordinates);
    } else if (lower->insn->control == 2) {
        /* Outside pixel programs the level that the bias is added to is 0. */
        request->op = lower->source->is_pixel ? SL_IR_SAMPLE_B : SL_IR_SAMPLE_L;
        request->extra_count = 1;
        request->extra[0] = sl_ir_component(request->coordinates, 3);
    }
}

static void request_sample(struct sl_d3d9_lower *lower, struct request *request)
{
    const struct sl_d3d9_insn *insn = lower->insn;
    lower->needs_all_lanes = insn->op == SL_D3D9_TEX && lower->source->is_pixel;
    request->coordinates = sl_d3d9_source(lower, &insn->src[0]);
    lower->needs_all_lanes = false;
    if (insn->op == SL_D3D9_TEX) {
        request_texld(lower, request);
    } else if (insn->op == SL_D3D9_TEXLDL) {
        request->op = SL_IR_SAMPLE_L;
        request->extra_count = 1;
        request->extra[0] = sl_ir_component(request->coordinates, 3);
    } else {
        request->op = SL_IR_SAMPLE_D;
        request->extra_count = 2;
        request->extra[0] = sl_d3d9_source(lower, &insn->src[2]);
        request->extra[1] = sl_d3d9_source(lower, &insn->src[3]);
    }
}

static void lower_sample(struct sl_d3d9_lower *lower)
{
    const struct sl_d3d9_operand *sampler = &lower->insn->src[1];
    if (sampler->type != SL_D3D9_REG_SAMPLER || sampler->relative || sampler->number >= 16) {
        sl_d3d9_refuse(lower, SL_IR_BAD, "a texture instruction names no sampler");
        return;
    }
    struct request request = {.extra_count = 0};
    request_sample(lower, &request);
    struct sl_d3d9_result result = sl_d3d9_begin_result(lower, false, false);
    struct sl_ir_insn *insn =
        sl_d3d9_sample(lower, request.op, result.dst, sampler->number,
                       lower->sampler_type[sampler->number], request.coordinates);
    for (unsigned i = 0; i < request.extra_count; i++) {
        insn->src[i + 1] = request.extra[i];
    }
    for (unsigned c = 0; c < 4; c++) {
        insn->result[c] = sampler->swizzle[c];
    }
    sl_d3d9_end_result(lower, &result);
}

void sl_d3d9_kill(struct sl_d3d9_lower *lower, struct sl_ir_src value, unsigned mask)
{
    struct sl_ir_builder *builder = &lower->builder;
    struct sl_ir_dst negative = sl_d3d9_scratch(lower, 0xF);
    struct sl_ir_src read = sl_d3d9_read(negative);
    sl_ir_append2(builder, SL_IR_LT, negative, value, sl_ir_float(0.0f));
    if ((mask & 0x8u) == 0) {
        read = sl_ir_swizzled(read, 0, 1, 2, 2);
    }
    if (lower->insn->predicated) {
        bool nonzero;
        struct sl_ir_src predicate = sl_d3d9_condition(lower, &lower->insn->predicate, &nonzero);
        struct sl_ir_src zero = sl_ir_word(0);
        sl_ir_append3(builder, SL_IR_MOVC, negative, predicate, nonzero ? read : zero,
                      nonzero ? zero : read);
        read = sl_d3d9_read(negative);
    }
    struct sl_ir_dst any = sl_d3d9_scratch(lower, 0x3);
    sl_ir_append2(builder, SL_IR_OR, any, read, sl_ir_swizzled(read, 2, 3, 2, 3));
    struct sl_ir_src pair = sl_d3d9_read(any);
    any.mask = 0x1;
    sl_ir_append2(builder, SL_IR_OR, any, pair, sl_ir_component(pair, 1));
    sl_ir_append_condition(builder, SL_IR_DISCARD, sl_ir_component(pair, 0), true);
}

/* All four components count, whatever the mask says. */
static void lower_texkill(struct sl_d3d9_lower *lower)
{
    sl_d3d9_kill(lower, sl_d3d9_register(lower, &lower->insn->dst), 0xF);
}

bool sl_d3d9_lower_sampling(struct sl_d3d9_lower *lower)
{
    if (lower->sm1_pixel) {
        return false;
    }
    enum sl_d3d9_op op = lower->insn->op;
    if (op == SL_D3D9_TEXKILL) {
        lower_texkill(lower);
        return true;
    }
    if (op != SL_D3D9_TEX && op != SL_D3D9_TEXLDL && op != SL_D3D9_TEXLDD) {
        return false;
    }
    lower_sample(lower);
    return true;
}
