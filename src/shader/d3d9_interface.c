/*
 * What a Direct3D 9 program exchanges with the rest of the pipeline.
 *
 * Vertex inputs keep their numbers. Pixel inputs and vertex outputs get registers in order of their
 * numbers as far as they are used; relative access keeps v# and o# together.
 *
 * Output elements have the components that some instruction writes. Whoever links them to a pixel
 * program supplies the rest: no element gives (0, 0, 0, 0); a component that is missing is 0, but
 * w of TEXCOORD and of COLOR is 1. That also holds where a write did not happen because of flow
 * control. In vs_1_1 all oD# and oT# have elements: w is 1 even if nothing of a register is
 * written.
 */
#include "bytecode/dxbc.h"
#include "shader/d3d9_lower.h"

#include <string.h>

#define PIXEL_INPUTS 10u

struct survey {
    struct sl_d3d9_lower *lower;
    uint32_t inputs; /* bit = v# that is read */
    uint32_t texcoords;
    uint32_t miscs;
    bool relative_input;
    bool relative_output;
    bool declares_outputs;
    uint8_t written[SL_D3D9_SLOTS]; /* masks */
    uint8_t certain[SL_D3D9_SLOTS]; /* written on every path */
    uint32_t flow_depth;
    bool uncertain; /* what follows may not be reached */
};

unsigned sl_d3d9_output_slot(const struct sl_d3d9_operand *operand)
{
    if (operand->type == SL_D3D9_REG_RASTOUT) {
        return SL_D3D9_SLOT_POSITION + operand->number % 3u;
    }
    if (operand->type == SL_D3D9_REG_ATTROUT) {
        return SL_D3D9_SLOT_COLOR0 + operand->number % 2u;
    }
    return SL_D3D9_SLOT_OUTPUT0 + operand->number % 12u;
}

/* ---- what the instructions use ---- */

static void note_read(struct survey *survey, const struct sl_d3d9_operand *operand, unsigned rows)
{
    uint32_t bits = ((UINT32_C(1) << rows) - 1) << (operand->number & 15u);
    if (operand->type == SL_D3D9_REG_INPUT) {
        survey->inputs |= bits;
        survey->relative_input |= operand->relative;
    } else if (operand->type == SL_D3D9_REG_ADDR && survey->lower->source->is_pixel) {
        survey->texcoords |= bits;
    } else if (operand->type == SL_D3D9_REG_MISC) {
        survey->miscs |= bits;
    }
}

static unsigned matrix_rows(enum sl_d3d9_op op)
{
    if (op == SL_D3D9_M4X4 || op == SL_D3D9_M3X4) {
        return 4;
    }
    if (op == SL_D3D9_M4X3 || op == SL_D3D9_M3X3) {
        return 3;
    }
    return op == SL_D3D9_M3X2 ? 2 : 1;
}

static void note_write(struct survey *survey, const struct sl_d3d9_insn *insn)
{
    const struct sl_d3d9_operand *dst = &insn->dst;
    if (dst->type != SL_D3D9_REG_RASTOUT && dst->type != SL_D3D9_REG_ATTROUT &&
        dst->type != SL_D3D9_REG_OUTPUT) {
        return;
    }
    if (dst->relative) {
        survey->relative_output = true;
        return;
    }
    unsigned slot = sl_d3d9_output_slot(dst);
    survey->written[slot] |= dst->write_mask;
    if (survey->flow_depth == 0 && !survey->uncertain && !insn->predicated) {
        survey->certain[slot] |= dst->write_mask;
    }
}

static void note_flow(struct survey *survey, const struct sl_d3d9_insn *insn)
{
    switch ((int)insn->op) {
    case SL_D3D9_IF:
    case SL_D3D9_IFC:
    case SL_D3D9_LOOP:
    case SL_D3D9_REP:
        survey->flow_depth++;
        break;
    case SL_D3D9_ENDIF:
    case SL_D3D9_ENDLOOP:
    case SL_D3D9_ENDREP:
        survey->flow_depth -= survey->flow_depth > 0;
        break;
    case SL_D3D9_RET:
    case SL_D3D9_LABEL:
        survey->uncertain = true;
        break;
    default:
        break;
    }
}

static void note_insn(struct survey *survey, const struct sl_d3d9_insn *insn)
{
    bool reads_loaded = survey->lower->sm1_pixel && survey->lower->source->minor < 4;
    for (unsigned i = 0; i < insn->src_count; i++) {
        if (reads_loaded && insn->src[i].type == SL_D3D9_REG_ADDR) {
            continue; /* what was loaded for the stage, not its coordinates */
        }
        note_read(survey, &insn->src[i], i == 1 ? matrix_rows(insn->op) : 1);
    }
    if (insn->op == SL_D3D9_DCL) {
        survey->declares_outputs |= insn->dst.type == SL_D3D9_REG_OUTPUT;
        if (insn->dst.type == SL_D3D9_REG_SAMPLER) {
            survey->lower->sampler_type[insn->dst.number & 15u] = insn->sampler_type;
        }
        return;
    }
    if (insn->has_dst && survey->lower->source->is_pixel) {
        /* Texture instructions of version 1 name the coordinates by their destination. */
        note_read(survey, &insn->dst, 1);
    } else if (insn->has_dst) {
        note_write(survey, insn);
    }
    note_flow(survey, insn);
}

/* ---- inputs ---- */

/* Calls visit for each declaration of a register of that type and number; how many there are. */
static unsigned count_declarations(const struct sl_d3d9_lower *lower, enum sl_d3d9_register type,
                                   unsigned number)
{
    unsigned count = 0;
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &lower->source->insns[i];
        count += insn->op == SL_D3D9_DCL && insn->dst.type == type && insn->dst.number == number &&
                 insn->has_usage;
    }
    return count;
}

static struct sl_ir_element *add_input(struct sl_d3d9_lower *lower, unsigned reg, unsigned usage,
                                       unsigned index)
{
    struct sl_ir_element *element = sl_ir_builder_input(&lower->builder);
    element->reg = (uint16_t)reg;
    element->mask = 0xF;
    element->usage = (uint8_t)usage;
    element->semantic_index = index;
    return element;
}

/* Registers may hold several semantics in different components. */
static void add_declared_inputs(struct sl_d3d9_lower *lower, unsigned number, unsigned count)
{
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &lower->source->insns[i];
        if (insn->op == SL_D3D9_DCL && insn->dst.type == SL_D3D9_REG_INPUT &&
            insn->dst.number == number && insn->has_usage) {
            struct sl_ir_element *element =
                add_input(lower, lower->input_reg[number], insn->usage, insn->usage_index);
            element->declared = true;
            element->mask = count > 1 ? insn->dst.write_mask : 0xF;
        }
    }
}

/* By semantic if all that are read have one, else by number. */
static void add_vertex_inputs(const struct survey *survey)
{
    struct sl_d3d9_lower *lower = survey->lower;
    bool all_declared = true;
    for (unsigned i = 0; i < SL_D3D9_INPUTS; i++) {
        lower->input_reg[i] = (uint8_t)i;
        bool read = (survey->inputs & 1u << i) != 0;
        all_declared &= !read || count_declarations(lower, SL_D3D9_REG_INPUT, i) > 0;
    }
    for (unsigned i = 0; i < SL_D3D9_INPUTS; i++) {
        unsigned count = count_declarations(lower, SL_D3D9_REG_INPUT, i);
        bool read = (survey->inputs & 1u << i) != 0 || survey->relative_input;
        if (read && all_declared && count > 0) {
            add_declared_inputs(lower, i, count);
        } else if (read && !all_declared) {
            add_input(lower, i, 0xFF, 0);
        }
    }
}

static bool is_declared_position(const struct sl_d3d9_lower *lower, unsigned number)
{
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &lower->source->insns[i];
        if (insn->op == SL_D3D9_DCL && insn->dst.type == SL_D3D9_REG_INPUT &&
            insn->dst.number == number && insn->has_usage) {
            return insn->usage == SL_IR_USAGE_POSITION;
        }
    }
    return false;
}

/* vPos and inputs declared as POSITION are read from a temp: x, y, 0, 0. */
static void add_pixel_position(struct sl_d3d9_lower *lower, unsigned reg)
{
    add_input(lower, reg, 0xFF, 0)->system_value = SL_IR_SV_PIXEL_POSITION;
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_TEMP, SL_D3D9_TEMP_POSITION, 0x3);
    struct sl_ir_src src = sl_ir_src(SL_IR_INPUT, reg);
    if (lower->options->vpos_half) {
        sl_ir_append2(&lower->builder, SL_IR_ADD, dst, src, sl_ir_float(0.5f));
    } else {
        sl_ir_append1(&lower->builder, SL_IR_MOV, dst, src);
    }
}

static void add_pixel_inputs(const struct survey *survey)
{
    struct sl_d3d9_lower *lower = survey->lower;
    unsigned next = 0;
    bool position = (survey->miscs & 1u) != 0;
    for (unsigned i = 0; i < PIXEL_INPUTS; i++) {
        unsigned count = count_declarations(lower, SL_D3D9_REG_INPUT, i);
        bool read = (survey->inputs & 1u << i) != 0;
        lower->input_is_position[i] = read && is_declared_position(lower, i);
        position |= lower->input_is_position[i];
        lower->input_reg[i] = (uint8_t)next;
        next += (read && !lower->input_is_position[i]) || survey->relative_input;
        if (count > 0 && (read || survey->relative_input) && !lower->input_is_position[i]) {
            add_declared_inputs(lower, i, count);
        } else if (count == 0 && read) {
            add_input(lower, lower->input_reg[i], SL_IR_USAGE_COLOR, i);
        }
    }
    for (unsigned i = 0; i < SL_D3D9_TEXCOORDS; i++) {
        if ((survey->texcoords & 1u << i) != 0) {
            lower->texcoord_reg[i] = (uint8_t)next++;
            add_input(lower, lower->texcoord_reg[i], SL_IR_USAGE_TEXCOORD, i);
        }
    }
    if ((survey->miscs & 2u) != 0) {
        lower->misc_reg[1] = (uint8_t)next++;
        add_input(lower, lower->misc_reg[1], 0xFF, 0)->system_value = SL_IR_SV_FACE_SIGN;
    }
    if (position) {
        add_pixel_position(lower, next);
    }
}

/* ---- vertex outputs ---- */

struct semantic {
    uint8_t usage;
    uint8_t index;
};

static struct semantic legacy_semantic(unsigned slot, bool o0_is_position)
{
    static const struct semantic semantics[] = {
        [SL_D3D9_SLOT_POSITION] = {SL_IR_USAGE_POSITION, 0},
        [SL_D3D9_SLOT_FOG] = {SL_IR_USAGE_FOG, 0},
        [SL_D3D9_SLOT_POINT_SIZE] = {SL_IR_USAGE_PSIZE, 0},
        [SL_D3D9_SLOT_COLOR0] = {SL_IR_USAGE_COLOR, 0},
        [SL_D3D9_SLOT_COLOR1] = {SL_IR_USAGE_COLOR, 1},
    };
    if (slot < SL_D3D9_SLOT_OUTPUT0) {
        return semantics[slot];
    }
    unsigned number = slot - SL_D3D9_SLOT_OUTPUT0;
    if (number == 0 && o0_is_position) {
        return semantics[SL_D3D9_SLOT_POSITION];
    }
    return (struct semantic){SL_IR_USAGE_TEXCOORD, (uint8_t)number};
}

/* The slot of the o# that is declared with a semantic; SL_D3D9_SLOTS if none is. */
static unsigned find_declared_slot(const struct sl_d3d9_lower *lower, struct semantic semantic)
{
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &lower->source->insns[i];
        if (insn->op == SL_D3D9_DCL && insn->dst.type == SL_D3D9_REG_OUTPUT && insn->has_usage &&
            insn->usage == semantic.usage && insn->usage_index == semantic.index) {
            return sl_d3d9_output_slot(&insn->dst);
        }
    }
    return SL_D3D9_SLOTS;
}

/* A legacy register in a program that declares its semantic is the declared one. How many there
 * are.
 */
static unsigned number_outputs(struct survey *survey)
{
    struct sl_d3d9_lower *lower = survey->lower;
    unsigned next = 0;
    for (unsigned slot = SL_D3D9_SLOT_OUTPUT0; slot < SL_D3D9_SLOTS; slot++) {
        if (survey->written[slot] != 0 || survey->relative_output) {
            lower->output_reg[slot] = (uint8_t)next++;
        }
    }
    for (unsigned slot = 0; slot < SL_D3D9_SLOT_OUTPUT0; slot++) {
        if (survey->written[slot] == 0) {
            continue;
        }
        unsigned declared = find_declared_slot(lower, legacy_semantic(slot, false));
        if (declared == SL_D3D9_SLOTS) {
            lower->output_reg[slot] = (uint8_t)next++;
            continue;
        }
        if (survey->written[declared] == 0 && !survey->relative_output) {
            lower->output_reg[declared] = (uint8_t)next++;
        }
        survey->written[declared] |= survey->written[slot];
        survey->certain[declared] |= survey->certain[slot];
        survey->written[slot] = 0;
        lower->output_reg[slot] = lower->output_reg[declared];
    }
    return next;
}

static void add_output(const struct survey *survey, unsigned slot, struct semantic semantic,
                       unsigned mask)
{
    struct sl_d3d9_lower *lower = survey->lower;
    struct sl_ir_element *element = sl_ir_builder_output(&lower->builder);
    element->reg = lower->output_reg[slot];
    element->mask = (uint8_t)mask;
    element->usage = semantic.usage;
    element->semantic_index = semantic.index;
    element->declared = true;
    if (semantic.usage == SL_IR_USAGE_POSITION && semantic.index == 0) {
        element->system_value = SL_SV_POSITION;
    } else if (semantic.usage == SL_IR_USAGE_PSIZE && semantic.index == 0) {
        element->system_value = SL_IR_SV_POINT_SIZE;
    }
    bool is_color = semantic.usage == SL_IR_USAGE_COLOR;
    element->saturate = is_color && lower->source->major < 3 && !lower->options->no_color_clamp;
    if ((is_color || semantic.usage == SL_IR_USAGE_TEXCOORD) &&
        (mask & ~(unsigned)survey->certain[slot] & 0x8u) != 0) {
        struct sl_ir_dst w = sl_ir_dst(SL_IR_OUTPUT, element->reg, 0x8);
        sl_ir_append1(&lower->builder, SL_IR_MOV, w, sl_ir_float(1.0f));
    }
}

static void add_declared_outputs(const struct survey *survey)
{
    const struct sl_d3d9_program *source = survey->lower->source;
    for (size_t i = 0; i < source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &source->insns[i];
        if (insn->op != SL_D3D9_DCL || insn->dst.type != SL_D3D9_REG_OUTPUT || !insn->has_usage) {
            continue;
        }
        unsigned slot = sl_d3d9_output_slot(&insn->dst);
        unsigned written = survey->relative_output ? 0xF : survey->written[slot];
        unsigned mask = insn->dst.write_mask & written;
        if (mask != 0) {
            add_output(survey, slot, (struct semantic){insn->usage, insn->usage_index}, mask);
        }
    }
}

/* vs_1_1: oD# and oT# that are never written share a register that holds (0, 0, 0, 1). */
static void add_unwritten_outputs(struct survey *survey, unsigned reg)
{
    struct sl_d3d9_lower *lower = survey->lower;
    bool is_set = false;
    for (unsigned slot = SL_D3D9_SLOT_COLOR0; slot < SL_D3D9_SLOT_OUTPUT0 + 8; slot++) {
        if (survey->written[slot] == 0) {
            lower->output_reg[slot] = (uint8_t)reg;
            survey->certain[slot] = is_set ? 0xF : 0;
            add_output(survey, slot, legacy_semantic(slot, false), 0xF);
            is_set = true;
        }
    }
}

static void add_vertex_outputs(struct survey *survey)
{
    struct sl_d3d9_lower *lower = survey->lower;
    bool sm3 = lower->source->major >= 3;
    unsigned count = number_outputs(survey);
    add_declared_outputs(survey);
    for (unsigned slot = 0; slot < SL_D3D9_SLOTS; slot++) {
        bool declared =
            slot >= SL_D3D9_SLOT_OUTPUT0 &&
            count_declarations(lower, SL_D3D9_REG_OUTPUT, slot - SL_D3D9_SLOT_OUTPUT0) > 0;
        if (!declared && survey->written[slot] != 0) {
            add_output(survey, slot, legacy_semantic(slot, sm3 && !survey->declares_outputs),
                       survey->written[slot]);
        }
    }
    if (lower->source->major < 2) {
        add_unwritten_outputs(survey, count);
    }
}

/* ---- pixel outputs, definitions ---- */

static void add_pixel_outputs(struct sl_d3d9_lower *lower)
{
    struct sl_ir_program *program = sl_ir_builder_program(&lower->builder);
    program->color_mask[0] = 0xF; /* (0, 0, 0, 0) if it is never written */
    program->output_count = 1;
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &lower->source->insns[i];
        if (insn->has_dst && insn->dst.type == SL_D3D9_REG_COLOROUT) {
            program->color_mask[insn->dst.number & 3u] = 0xF;
        }
        bool writes_depth = insn->op == SL_D3D9_TEXM3X2DEPTH || insn->op == SL_D3D9_TEXDEPTH ||
                            (insn->has_dst && insn->dst.type == SL_D3D9_REG_DEPTHOUT);
        if (writes_depth) {
            program->depth_reg = SL_D3D9_DEPTH_OUTPUT;
        }
    }
}

static void add_definitions(struct sl_d3d9_lower *lower)
{
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &lower->source->insns[i];
        if (insn->op == SL_D3D9_DEF) {
            sl_ir_builder_definition(&lower->builder, SL_D3D9_BUFFER_FLOAT, insn->dst.number,
                                     insn->literal);
        } else if (insn->op == SL_D3D9_DEFI) {
            sl_ir_builder_definition(&lower->builder, SL_D3D9_BUFFER_INT, insn->dst.number,
                                     insn->literal);
        } else if (insn->op == SL_D3D9_DEFB) {
            const uint32_t value[4] = {insn->literal[0] != 0 ? UINT32_MAX : 0};
            sl_ir_builder_definition(&lower->builder, SL_D3D9_BUFFER_BOOL, insn->dst.number, value);
        }
    }
}

void sl_d3d9_lower_interface(struct sl_d3d9_lower *lower)
{
    struct sl_ir_program *program = sl_ir_builder_program(&lower->builder);
    for (unsigned i = 0; i < 3; i++) {
        program->constants[i].row_count = SL_D3D9_CONSTANT_ROWS;
    }
    program->has_input_signature = true;
    program->has_output_signature = true;
    struct survey survey = {.lower = lower};
    for (size_t i = 0; i < lower->source->insn_count; i++) {
        note_insn(&survey, &lower->source->insns[i]);
    }
    add_definitions(lower);
    if (lower->source->is_pixel) {
        add_pixel_inputs(&survey);
        add_pixel_outputs(lower);
    } else {
        add_vertex_inputs(&survey);
        add_vertex_outputs(&survey);
    }
}
