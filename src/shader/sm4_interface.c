/* The signatures of a container, or what declarations say in their place, as elements. */
#include "shader/sm4_lowering.h"

#include <string.h>

enum { TYPE_FLOAT = 3 };

bool sl_sm4_read_signatures(struct sl_sm4_lowering *low)
{
    static const char *const names[] = {"input", "output", "patch constant"};
    struct sl_dxbc_signature *const signatures[] = {&low->inputs, &low->outputs, &low->constants};
    for (unsigned kind = 0; kind < 3; kind++) {
        const char *why = NULL;
        if (!sl_dxbc_signature(low->dxbc, (enum sl_dxbc_signature_kind)kind, signatures[kind],
                               &why)) {
            sl_sm4_refuse(low, SL_IR_BAD, "the %s signature is malformed: %s", names[kind],
                          why != NULL ? why : "");
            return false;
        }
        for (uint32_t i = 0; i < signatures[kind]->count; i++) {
            uint32_t reg = signatures[kind]->elements[i].register_index;
            if (reg >= SL_SM4_REGISTERS_MAX && reg != UINT32_MAX) {
                sl_sm4_refuse(low, SL_IR_BAD, "the %s signature has register %lu", names[kind],
                              (unsigned long)reg);
                return false;
            }
        }
    }
    return true;
}

/* Without regard to the case of ASCII letters; expected is in upper case. */
static bool is_named(const struct sl_dxbc_element *element, const char *expected)
{
    const char *name = element->name;
    while (*name != '\0' &&
           (*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name) == *expected) {
        name++;
        expected++;
    }
    return *name == *expected;
}

static bool is_position_by_name(const struct sl_dxbc_element *element)
{
    return element->semantic_index == 0 && is_named(element, "POSITION");
}

uint32_t sl_sm4_input_value(const struct sl_sm4_lowering *low, uint32_t reg)
{
    for (uint32_t i = 0; i < low->inputs.count; i++) {
        if (low->inputs.elements[i].register_index == reg) {
            return sl_dxbc_resolve_system_value(&low->inputs.elements[i]);
        }
    }
    return SL_SV_NONE;
}

static uint8_t used_mask(const struct sl_dxbc_element *element)
{
    return element->mask & 0xF;
}

static void fill(struct sl_ir_element *to, const struct sl_dxbc_element *from)
{
    to->reg = (uint16_t)from->register_index;
    to->mask = used_mask(from);
    to->system_value = (uint8_t)sl_dxbc_resolve_system_value(from);
    to->component_type = (uint8_t)from->component_type;
    to->stream = (uint8_t)(from->stream > UINT8_MAX ? UINT8_MAX : from->stream);
    to->semantic_index = from->semantic_index;
    to->semantic_hash = sl_dxbc_semantic_hash(from->name);
    to->declared = true;
}

/* ---- inputs ---- */

static bool is_integer_value(uint8_t system_value)
{
    switch ((uint32_t)system_value) {
    case SL_SV_RENDER_TARGET_ARRAY_INDEX:
    case SL_SV_VIEWPORT_ARRAY_INDEX:
    case SL_SV_VERTEX_ID:
    case SL_SV_PRIMITIVE_ID:
    case SL_SV_INSTANCE_ID:
    case SL_SV_IS_FRONT_FACE:
    case SL_SV_SAMPLE_INDEX:
        return true;
    default:
        return false;
    }
}

/* How the declaration of any of these components has it. */
static uint8_t interpolation_of(const struct sl_sm4_lowering *low,
                                const struct sl_ir_element *element)
{
    if (is_integer_value(element->system_value)) {
        return SL_IR_FLAT;
    }
    for (unsigned c = 0; c < 4; c++) {
        const struct sl_sm4_component *component = &low->input_components[element->reg][c];
        if ((element->mask & 1u << c) != 0 && component->declared) {
            return component->interpolation;
        }
    }
    return SL_IR_PERSPECTIVE;
}

/* A pixel program's input called POSITION is the pixel's, if nothing else claims to be it. */
static bool position_goes_by_name(const struct sl_dxbc_signature *signature)
{
    for (uint32_t i = 0; i < signature->count; i++) {
        if (sl_dxbc_resolve_system_value(&signature->elements[i]) == SL_SV_POSITION) {
            return false;
        }
    }
    return true;
}

static void add_inputs(struct sl_sm4_lowering *low)
{
    bool by_name = low->program->stage == SL_IR_PIXEL && position_goes_by_name(&low->inputs);
    for (uint32_t i = 0; i < low->inputs.count; i++) {
        const struct sl_dxbc_element *from = &low->inputs.elements[i];
        if (from->register_index == UINT32_MAX) {
            continue; /* has an operand type of its own */
        }
        struct sl_ir_element *to = sl_ir_builder_input(&low->builder);
        fill(to, from);
        if (by_name && is_position_by_name(from)) {
            to->system_value = SL_SV_POSITION;
        }
        to->interpolation = interpolation_of(low, to);
    }
}

/* ---- in place of signatures ---- */

typedef struct sl_ir_element *make_element(struct sl_ir_builder *builder);

static void add_declared(struct sl_sm4_lowering *low, sl_sm4_components components,
                         make_element *make)
{
    for (unsigned reg = 0; reg < SL_SM4_REGISTERS_MAX; reg++) {
        unsigned left = 0;
        for (unsigned c = 0; c < 4; c++) {
            left |= components[reg][c].declared ? 1u << c : 0;
        }
        while (left != 0) {
            struct sl_sm4_component first = components[reg][(unsigned)__builtin_ctz(left)];
            struct sl_ir_element *element = make(&low->builder);
            element->reg = (uint16_t)reg;
            element->system_value = first.system_value;
            element->interpolation =
                is_integer_value(first.system_value) ? SL_IR_FLAT : first.interpolation;
            element->component_type = TYPE_FLOAT;
            for (unsigned c = 0; c < 4; c++) {
                bool same = components[reg][c].system_value == first.system_value &&
                            components[reg][c].interpolation == first.interpolation;
                element->mask |= (uint8_t)(same ? left & 1u << c : 0);
            }
            left &= ~(unsigned)element->mask;
        }
    }
}

/* ---- outputs ---- */

/* System value 1; else the name POSITION with index 0; else o0. */
static void settle_position(struct sl_sm4_lowering *low)
{
    struct sl_ir_program *program = low->program;
    struct sl_ir_element *by_name = NULL;
    struct sl_ir_element *by_register = NULL;
    uint32_t hash = sl_dxbc_semantic_hash("POSITION");
    for (uint32_t i = 0; i < program->output_element_count; i++) {
        struct sl_ir_element *element = &program->outputs[i];
        if (element->system_value == SL_SV_POSITION) {
            return;
        }
        bool named = element->semantic_hash == hash && element->semantic_index == 0;
        by_name = by_name == NULL && named ? element : by_name;
        bool first = element->reg == 0 && element->system_value == SL_SV_NONE;
        by_register = by_register == NULL && first ? element : by_register;
    }
    struct sl_ir_element *position = by_name != NULL ? by_name : by_register;
    if (position == NULL) { /* o0 that nobody writes, or whose components are something else */
        position = sl_ir_builder_output(&low->builder);
        position->component_type = TYPE_FLOAT;
    }
    position->system_value = SL_SV_POSITION;
}

static bool is_depth(uint32_t system_value)
{
    return system_value == SL_SV_DEPTH || system_value == SL_SV_DEPTH_GREATER_EQUAL ||
           system_value == SL_SV_DEPTH_LESS_EQUAL;
}

static uint8_t first_component(const struct sl_ir_element *element)
{
    return element->mask == 0 ? 0 : (uint8_t)__builtin_ctz(element->mask);
}

/* o# of a pixel program: its targets, and depth or coverage where the signature puts them there. */
static void assign_pixel_output(struct sl_ir_program *program, struct sl_ir_element *element)
{
    if (is_depth(element->system_value)) {
        program->depth_reg = element->reg;
        program->depth_component = first_component(element);
    } else if (element->system_value == SL_SV_COVERAGE) {
        program->coverage_reg = element->reg;
        program->coverage_component = first_component(element);
    } else if (element->reg < 8) {
        element->system_value = SL_SV_TARGET;
        program->color_mask[element->reg] |= element->mask;
    }
}

/* oDepth, its kin and oMask get registers behind those of the targets. */
static void assign_special_outputs(struct sl_sm4_lowering *low)
{
    struct sl_ir_program *program = low->program;
    uint16_t next = 0;
    for (uint32_t i = 0; i < program->output_element_count; i++) {
        if (program->outputs[i].reg >= next) {
            next = (uint16_t)(program->outputs[i].reg + 1);
        }
    }
    if (low->writes_depth && program->depth_reg < 0) {
        struct sl_ir_element *element = sl_ir_builder_output(&low->builder);
        *element = (struct sl_ir_element){
            .reg = next, .mask = 1, .system_value = SL_SV_DEPTH, .component_type = TYPE_FLOAT};
        program->depth_reg = next++;
    }
    if (low->writes_coverage && program->coverage_reg < 0) {
        struct sl_ir_element *element = sl_ir_builder_output(&low->builder);
        *element = (struct sl_ir_element){
            .reg = next, .mask = 1, .system_value = SL_SV_COVERAGE, .component_type = 1};
        program->coverage_reg = next;
    }
}

static void add_outputs(struct sl_sm4_lowering *low)
{
    struct sl_ir_program *program = low->program;
    if (!low->outputs.present) {
        add_declared(low, low->output_components, sl_ir_builder_output);
    }
    for (uint32_t i = 0; i < low->outputs.count; i++) {
        if (low->outputs.elements[i].register_index != UINT32_MAX) {
            fill(sl_ir_builder_output(&low->builder), &low->outputs.elements[i]);
        }
    }
    if (program->stage == SL_IR_PIXEL) {
        for (uint32_t i = 0; i < program->output_element_count; i++) {
            assign_pixel_output(program, &program->outputs[i]);
        }
        assign_special_outputs(low);
    } else if (program->stage != SL_IR_HULL && program->stage != SL_IR_COMPUTE) {
        settle_position(low);
    }
}

/* ---- patch constants ---- */

/*
 * Signatures number tessellation factors by kind, declarations one by one; hand-written containers
 * have one element for all edges and no number. The declaration wins, then name and domain.
 */
static uint8_t factor_value(const struct sl_sm4_lowering *low,
                            const struct sl_dxbc_element *element, unsigned component,
                            unsigned ordinal)
{
    enum { KIND_LINE_DETAIL = 15, KIND_LINE_DENSITY = 16 }; /* D3D_NAME */
    uint8_t declared = low->constant_components[element->register_index][component].system_value;
    bool edge = is_named(element, "SV_TESSFACTOR");
    bool inside = is_named(element, "SV_INSIDETESSFACTOR");
    uint32_t index = element->semantic_index + ordinal;
    if (declared != SL_SV_NONE) {
        return declared;
    }
    if (!edge && !inside) {
        return (uint8_t)sl_dxbc_resolve_system_value(element);
    }
    switch (low->program->domain) {
    case SL_IR_DOMAIN_QUAD:
        return (uint8_t)(inside ? SL_SV_QUAD_INSIDE_TESS + (index & 1)
                                : SL_SV_QUAD_EDGE_TESS + (index & 3));
    case SL_IR_DOMAIN_ISOLINE:
        if (element->system_value == KIND_LINE_DETAIL) {
            return SL_SV_LINE_DETAIL_TESS;
        }
        return index == 0 || element->system_value == KIND_LINE_DENSITY ? SL_SV_LINE_DENSITY_TESS
                                                                        : SL_SV_LINE_DETAIL_TESS;
    case SL_IR_DOMAIN_TRI:
        break;
    }
    return (uint8_t)(inside ? SL_SV_TRI_INSIDE_TESS
                            : SL_SV_TRI_EDGE_TESS + (index > 2 ? 2 : index));
}

static bool is_factor(const struct sl_dxbc_element *element)
{
    uint32_t value = sl_dxbc_resolve_system_value(element);
    return value >= SL_SV_QUAD_EDGE_TESS && value <= SL_SV_LINE_DENSITY_TESS;
}

static void add_constant(struct sl_sm4_lowering *low, const struct sl_dxbc_element *from)
{
    if (!is_factor(from)) {
        fill(sl_ir_builder_patch_constant(&low->builder), from);
        return;
    }
    unsigned ordinal = 0;
    for (unsigned c = 0; c < 4; c++) {
        if ((used_mask(from) & 1u << c) != 0) {
            struct sl_ir_element *element = sl_ir_builder_patch_constant(&low->builder);
            fill(element, from);
            element->mask = (uint8_t)(1u << c);
            element->system_value = factor_value(low, from, c, ordinal++);
        }
    }
}

static void add_constants(struct sl_sm4_lowering *low)
{
    const struct sl_dxbc_signature *signature = &low->constants;
    if (!signature->present && low->repeats_as_constants) {
        signature = &low->outputs;
    }
    if (!signature->present) {
        add_declared(low, low->constant_components, sl_ir_builder_patch_constant);
    }
    for (uint32_t i = 0; i < signature->count; i++) {
        if (signature->elements[i].register_index != UINT32_MAX) {
            add_constant(low, &signature->elements[i]);
        }
    }
}

bool sl_sm4_outputs_hold_factors(const struct sl_sm4_lowering *low)
{
    for (uint32_t i = 0; i < low->outputs.count; i++) {
        const struct sl_dxbc_element *element = &low->outputs.elements[i];
        if (element->register_index != UINT32_MAX && is_factor(element)) {
            return true;
        }
    }
    return false;
}

void sl_sm4_add_elements(struct sl_sm4_lowering *low)
{
    low->program->has_input_signature = low->inputs.present;
    low->program->has_output_signature = low->outputs.present;
    if (low->inputs.present) {
        add_inputs(low);
    } else {
        add_declared(low, low->input_components, sl_ir_builder_input);
    }
    add_outputs(low);
    if (low->program->stage == SL_IR_HULL || low->program->stage == SL_IR_DOMAIN) {
        add_constants(low);
    }
}
