/* Operations on textures: operands into arrays of lanes, results by the order of components. */
#include "render/convert.h"
#include "render/f32_math.h"
#include "shader/interp_machine.h"

#include <string.h>

/* NULL if nothing is bound, or what is declared cannot be. */
static const struct sl_texture *find_texture(const struct sl_machine *machine,
                                             const struct sl_ir_insn *insn)
{
    bool volume = machine->program->resources[insn->slot].is_volume;
    return volume ? NULL : machine->call->bindings->resources[insn->slot].texture;
}

/* Which operand holds what; 0 = none, since operand 0 holds the coordinates. */
struct shape {
    enum sl_lod_source lod_source; /* IMPLICIT counts in pixel programs, elsewhere it is ZERO */
    uint8_t lod;
    uint8_t bias;
    uint8_t gradient; /* and the one after */
    uint8_t reference;
    uint8_t offset;
};

static const struct shape shapes[SL_IR_OP_COUNT] = {
    [SL_IR_SAMPLE] = {SL_LOD_IMPLICIT, 0, 0, 0, 0, 0},
    [SL_IR_SAMPLE_B] = {SL_LOD_IMPLICIT, 0, 1, 0, 0, 0},
    [SL_IR_SAMPLE_L] = {SL_LOD_EXPLICIT, 1, 0, 0, 0, 0},
    [SL_IR_SAMPLE_D] = {SL_LOD_GRADIENTS, 0, 0, 1, 0, 0},
    [SL_IR_SAMPLE_C] = {SL_LOD_IMPLICIT, 0, 0, 0, 1, 0},
    [SL_IR_SAMPLE_C_LZ] = {SL_LOD_ZERO, 0, 0, 0, 1, 0},
    [SL_IR_GATHER4] = {SL_LOD_ZERO, 0, 0, 0, 0, 0},
    [SL_IR_GATHER4_C] = {SL_LOD_ZERO, 0, 0, 0, 1, 0},
    [SL_IR_GATHER4_PO] = {SL_LOD_ZERO, 0, 0, 0, 0, 1},
    [SL_IR_GATHER4_PO_C] = {SL_LOD_ZERO, 0, 0, 0, 2, 1},
    [SL_IR_LOD] = {SL_LOD_IMPLICIT, 0, 0, 0, 0, 0},
};

/* Coordinates that a lookup has, its slice included. */
static const uint8_t coord_counts[] = {
    [SL_TEXTURE_1D] = 1,       [SL_TEXTURE_2D] = 2,       [SL_TEXTURE_CUBE] = 3,
    [SL_TEXTURE_1D_ARRAY] = 2, [SL_TEXTURE_2D_ARRAY] = 3, [SL_TEXTURE_CUBE_ARRAY] = 4,
};

bool sl_interp_samples(enum sl_ir_op op)
{
    return op >= SL_IR_SAMPLE && op <= SL_IR_LOD;
}

unsigned sl_interp_sample_components(const struct sl_ir_insn *insn, unsigned source)
{
    const struct shape *shape = &shapes[insn->op];
    bool gradient = shape->gradient && source >= shape->gradient;
    bool offset = shape->offset && source == shape->offset;
    return source == 0 ? coord_counts[insn->dimension] : gradient ? 3 : offset ? 2 : 1;
}

static struct sl_sample describe_sample(const struct sl_machine *machine,
                                        const struct sl_ir_insn *insn,
                                        const struct sl_interp_operands *operands)
{
    const struct shape *shape = &shapes[insn->op];
    bool pixel = machine->program->stage == SL_IR_PIXEL;
    bool implicit = shape->lod_source == SL_LOD_IMPLICIT;
    struct sl_sample sample = {
        .dim = (enum sl_texture_dim)insn->dimension,
        .lod_source = implicit && !pixel ? SL_LOD_ZERO : shape->lod_source,
        .lod = shape->lod ? operands->floats[shape->lod][0] : NULL,
        .bias = shape->bias ? operands->floats[shape->bias][0] : NULL,
        .offset = {insn->offset[0], insn->offset[1], insn->offset[2]},
        .compare = shape->reference,
        .reference = shape->reference ? operands->floats[shape->reference][0] : NULL,
    };
    for (unsigned c = 0; c < 4; c++) {
        sample.coord[c] = operands->floats[0][c];
    }
    for (unsigned c = 0; shape->gradient && c < 3; c++) {
        sample.ddx[c] = operands->floats[shape->gradient][c];
        sample.ddy[c] = operands->floats[shape->gradient + 1][c];
    }
    return sample;
}

static bool is_gather(enum sl_ir_op op)
{
    return op == SL_IR_GATHER4 || op == SL_IR_GATHER4_C || op == SL_IR_GATHER4_PO ||
           op == SL_IR_GATHER4_PO_C;
}

/* Comparisons and levels of detail of nothing are 0. */
static void fill_unbound(const struct sl_machine *machine, const struct sl_ir_insn *insn,
                         sl_texel_lanes texels)
{
    bool zero = shapes[insn->op].reference || insn->op == SL_IR_LOD;
    for (unsigned c = 0; c < 4; c++) {
        unsigned channel = is_gather((enum sl_ir_op)insn->op) ? insn->channel : c;
        float value = zero ? 0.0f : machine->call->bindings->unbound[channel];
        for (unsigned lane = 0; lane < SL_LANES; lane++) {
            if (machine->active >> lane & 1) {
                texels[c][lane] = value;
            }
        }
    }
}

void sl_interp_sample(struct sl_machine *machine, const struct sl_ir_insn *insn,
                      const struct sl_interp_operands *operands, sl_texel_lanes texels)
{
    const struct sl_texture *texture = find_texture(machine, insn);
    if (!texture) {
        fill_unbound(machine, insn, texels);
        return;
    }
    const struct sl_sampler *sampler = machine->call->bindings->samplers[insn->sampler];
    struct sl_sample sample = describe_sample(machine, insn, operands);
    if (insn->op == SL_IR_LOD) {
        sl_texture_lod(texture, sampler, &sample, machine->active, texels);
    } else if (is_gather((enum sl_ir_op)insn->op)) {
        sl_texture_gather(texture, sampler, &sample, insn->channel,
                          shapes[insn->op].offset ? operands->offsets : NULL, machine->active,
                          texels);
    } else {
        sl_texture_sample(texture, sampler, &sample, machine->active, texels);
    }
}

/* Writes texels with their components in the order that the operation wants. */
static void write_texels(struct sl_machine *machine, const struct sl_ir_insn *insn,
                         const float texels[4][SL_LANES])
{
    sl_interp_lanes results[4];
    for (unsigned c = 0; c < 4; c++) {
        memcpy(results[c], texels[insn->result[c]], sizeof(results[c]));
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

static void execute_sample(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    float floats[SL_INTERP_SAMPLE_SRCS][4][SL_LANES];
    sl_interp_lanes offsets[2];
    struct sl_interp_operands operands = {.offsets = {offsets[0], offsets[1]}};
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    for (unsigned i = 0; i < count; i++) {
        unsigned components = sl_interp_sample_components(insn, i);
        for (unsigned c = 0; c < components; c++) {
            sl_interp_read_float(machine, insn, i, c, floats[i][c]);
            operands.floats[i][c] = floats[i][c];
        }
    }
    unsigned offset = shapes[insn->op].offset;
    for (unsigned c = 0; offset && c < 2; c++) {
        sl_interp_fetch(machine, &insn->src[offset], c, offsets[c]);
    }
    sl_texel_lanes texels;
    if (machine->active != UINT64_MAX) {
        memset(texels, 0, sizeof(texels));
    }
    sl_interp_sample(machine, insn, &operands, texels);
    write_texels(machine, insn, (const float(*)[SL_LANES])texels);
}

static void execute_fetch(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    const struct sl_texture *texture = find_texture(machine, insn);
    sl_texel_lanes texels = {{0}};
    sl_interp_lanes address[3];
    sl_interp_lanes level;
    for (unsigned c = 0; c < 3; c++) {
        sl_interp_read(machine, insn, 0, c, address[c]);
    }
    sl_interp_read(machine, insn, 1, 0, level);
    if (texture) {
        const uint32_t *const addresses[3] = {address[0], address[1], address[2]};
        sl_texture_load(texture, (enum sl_texture_dim)insn->dimension, addresses, level,
                        insn->offset, machine->active, texels);
    }
    write_texels(machine, insn, (const float(*)[SL_LANES])texels);
}

/* ---- sizes ---- */

struct extent {
    uint32_t size[2]; /* of the level; 0 if there is none */
    uint32_t layers;
    uint32_t levels;
};

static struct extent measure(const struct sl_texture *texture, enum sl_texture_dim dim,
                             uint32_t level)
{
    struct extent extent = {{0, 0}, 0, 0};
    if (!texture) {
        return extent;
    }
    bool flat = dim == SL_TEXTURE_1D || dim == SL_TEXTURE_1D_ARRAY;
    if (level < texture->level_count) {
        extent.size[0] = texture->levels[level].width;
        extent.size[1] = flat ? 0 : texture->levels[level].height;
    }
    if (dim == SL_TEXTURE_1D_ARRAY || dim == SL_TEXTURE_2D_ARRAY) {
        extent.layers = texture->layer_count;
    } else if (dim == SL_TEXTURE_CUBE_ARRAY) {
        extent.layers = texture->layer_count / 6;
    }
    extent.levels = texture->level_count;
    return extent;
}

static uint32_t describe(const struct sl_ir_insn *insn, uint32_t number, bool is_size)
{
    if (insn->flags & SL_IR_FLAG_RETURN_UINT) {
        return number;
    }
    bool reciprocal = is_size && (insn->flags & SL_IR_FLAG_RETURN_RCP);
    return sl_f32_to_bits(reciprocal ? sl_f32_rcp((float)number) : (float)number);
}

static void execute_info(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    const struct sl_texture *texture = find_texture(machine, insn);
    sl_interp_lanes level;
    sl_interp_read(machine, insn, 0, 0, level);
    sl_interp_lanes results[4];
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        struct extent extent = measure(texture, (enum sl_texture_dim)insn->dimension, level[lane]);
        const uint32_t words[4] = {
            describe(insn, extent.size[0], true),
            describe(insn, extent.size[1], true),
            describe(insn, extent.layers, false),
            describe(insn, extent.levels, false),
        };
        for (unsigned c = 0; c < 4; c++) {
            results[c][lane] = words[insn->result[c]];
        }
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

void sl_interp_texture(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    if (insn->op == SL_IR_RESINFO) {
        execute_info(machine, insn);
    } else if (insn->op == SL_IR_LD) {
        execute_fetch(machine, insn);
    } else {
        execute_sample(machine, insn);
    }
}
