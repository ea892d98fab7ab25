#include "device/aerogpu/draw_link.h"

#include "bytecode/dxbc.h"
#include "render/convert.h"
#include "render/f32_math.h"

#include <string.h>

#define ONE_F32 0x3F800000u
#define POSITION_HASH 0x7808E88Au /* of the semantic name POSITION */

static struct sl_agpu_link_source constant(uint32_t bits)
{
    return (struct sl_agpu_link_source){.is_constant = true, .constant = bits};
}

/* An output may be declared and never written. */
static struct sl_agpu_link_source component(const struct sl_ir_program *producer,
                                            const struct sl_ir_element *element, unsigned c,
                                            bool saturate)
{
    if (element->reg >= producer->output_count) {
        return constant(0);
    }
    return (struct sl_agpu_link_source){
        .reg = element->reg,
        .component = (uint8_t)c,
        .saturate = saturate,
    };
}

/* ---- what the rasteriser takes ---- */

static bool is_d3d9_position(const struct sl_ir_element *element)
{
    return element->system_value == SL_SV_POSITION ||
           (element->system_value == SL_SV_NONE && element->usage == SL_IR_USAGE_POSITION &&
            element->semantic_index == 0);
}

/* The system value; failing that the name; failing that register 0 (element NULL). */
static const struct sl_ir_element *find_position(const struct sl_ir_program *producer)
{
    const struct sl_ir_element *named = NULL;
    for (uint32_t i = 0; i < producer->output_element_count; i++) {
        const struct sl_ir_element *element = &producer->outputs[i];
        bool is_position = producer->family == SL_IR_D3D9 ? is_d3d9_position(element)
                                                          : element->system_value == SL_SV_POSITION;
        if (is_position) {
            return element;
        }
        if (!named && producer->family == SL_IR_DXBC && element->semantic_hash == POSITION_HASH &&
            element->semantic_index == 0) {
            named = element;
        }
    }
    return named;
}

static void link_position(const struct sl_ir_program *producer, struct sl_agpu_link *link)
{
    static const struct sl_ir_element first_register = {.reg = 0};
    const struct sl_ir_element *element = find_position(producer);
    for (unsigned c = 0; c < 4; c++) {
        link->position[c] = component(producer, element ? element : &first_register, c, false);
    }
    if (producer->output_count == 0) {
        link->position[3] = constant(ONE_F32);
    }
}

/* Clip or cull distances in the order of registers and components. */
static uint32_t link_distances(const struct sl_ir_program *producer, uint32_t system_value,
                               struct sl_agpu_link_source distances[SL_RASTER_PLANES])
{
    uint32_t count = 0;
    for (uint32_t reg = 0; reg < producer->output_count; reg++) {
        uint8_t mask = 0;
        for (uint32_t i = 0; i < producer->output_element_count; i++) {
            const struct sl_ir_element *element = &producer->outputs[i];
            mask |=
                element->reg == reg && element->system_value == system_value ? element->mask : 0;
        }
        for (unsigned c = 0; c < 4 && count < SL_RASTER_PLANES; c++) {
            if (mask >> c & 1) {
                distances[count++] =
                    (struct sl_agpu_link_source){.reg = (uint16_t)reg, .component = (uint8_t)c};
            }
        }
    }
    return count;
}

static const struct sl_ir_element *find_system_value(const struct sl_ir_program *producer,
                                                     uint32_t system_value)
{
    for (uint32_t i = 0; i < producer->output_element_count; i++) {
        if (producer->outputs[i].system_value == system_value) {
            return &producer->outputs[i];
        }
    }
    return NULL;
}

static unsigned first_component(const struct sl_ir_element *element)
{
    return element->mask ? (unsigned)__builtin_ctz(element->mask) : 0;
}

/* An output of a geometry program that steers the rasteriser. */
static bool link_word(const struct sl_ir_program *producer, uint32_t system_value,
                      struct sl_agpu_link_source *source)
{
    const struct sl_ir_element *element =
        producer->stage == SL_IR_GEOMETRY ? find_system_value(producer, system_value) : NULL;
    *source = element ? component(producer, element, first_component(element), false) : constant(0);
    return element != NULL;
}

static float clamp(float value, float min, float max)
{
    return sl_f32_min(sl_f32_max(value, min), max);
}

static void link_point_size(const struct sl_ir_program *producer,
                            const struct sl_agpu_link_rules *rules, struct sl_agpu_link *link)
{
    link->point_size_min = rules->point_size_min;
    link->point_size_max = rules->point_size_max;
    link->point_size = constant(
        sl_f32_to_bits(clamp(rules->point_size, rules->point_size_min, rules->point_size_max)));
    for (uint32_t i = 0; producer->family == SL_IR_D3D9 && i < producer->output_element_count;
         i++) {
        const struct sl_ir_element *element = &producer->outputs[i];
        bool is_psize = element->system_value == SL_SV_NONE &&
                        element->usage == SL_IR_USAGE_PSIZE && element->semantic_index == 0;
        if (is_psize || element->system_value == SL_IR_SV_POINT_SIZE) {
            link->point_size = component(producer, element, first_component(element), false);
        }
    }
}

/* ---- pixel inputs of SM4/5 programs ---- */

/* Components that the output signature has not are 0, 0, 0, 1, even if the program writes them. */
static struct sl_agpu_link_source by_number(const struct sl_ir_program *producer, uint32_t reg,
                                            unsigned c)
{
    uint8_t mask = producer->has_output_signature ? 0 : 0xF;
    for (uint32_t i = 0; i < producer->output_element_count; i++) {
        const struct sl_ir_element *element = &producer->outputs[i];
        mask |= element->reg == reg && element->stream == 0 ? element->mask : 0;
    }
    if (reg >= producer->output_count || !(mask >> c & 1)) {
        return constant(c == 3 ? ONE_F32 : 0);
    }
    return (struct sl_agpu_link_source){.reg = (uint16_t)reg, .component = (uint8_t)c};
}

void sl_agpu_link_registers(const struct sl_ir_program *producer, uint32_t count,
                            struct sl_agpu_link_source sources[][4])
{
    for (uint32_t i = 0; i < count; i++) {
        for (unsigned c = 0; c < 4; c++) {
            sources[i][c] = by_number(producer, i, c);
        }
    }
}

static uint8_t interpolation_source(enum sl_ir_interpolation interpolation)
{
    switch (interpolation) {
    case SL_IR_PERSPECTIVE:
        return SL_RASTER_PERSPECTIVE;
    case SL_IR_LINEAR:
        return SL_RASTER_LINEAR;
    case SL_IR_FLAT:
        return SL_RASTER_FLAT;
    }
    return SL_RASTER_PERSPECTIVE;
}

/* An index that only geometry programs write; the first vertex of a primitive decides. */
static void link_index_input(const struct sl_ir_program *producer,
                             const struct sl_ir_element *input, unsigned c,
                             struct sl_agpu_link *link)
{
    link->sources[input->reg][c] =
        link_word(producer, input->system_value, &link->rows[input->reg][c]) ? SL_RASTER_FLAT
                                                                             : SL_RASTER_ZERO;
}

static bool has_position_input(const struct sl_ir_program *pixel)
{
    for (uint32_t i = 0; i < pixel->input_element_count; i++) {
        if (pixel->inputs[i].system_value == SL_SV_POSITION) {
            return true;
        }
    }
    return false;
}

static void link_dxbc_component(const struct sl_ir_program *producer,
                                const struct sl_ir_element *input, uint32_t system_value,
                                unsigned c, struct sl_agpu_link *link)
{
    uint8_t *source = &link->sources[input->reg][c];
    switch (system_value) {
    case SL_SV_POSITION:
        *source = (uint8_t)(SL_RASTER_POSITION_X + c);
        break;
    case SL_SV_IS_FRONT_FACE:
        *source = SL_RASTER_FRONT_MASK;
        break;
    case SL_SV_PRIMITIVE_ID:
        *source = SL_RASTER_PRIMITIVE_ID;
        break;
    case SL_SV_SAMPLE_INDEX:
        *source = SL_RASTER_ZERO;
        break;
    case SL_SV_RENDER_TARGET_ARRAY_INDEX:
    case SL_SV_VIEWPORT_ARRAY_INDEX:
        link_index_input(producer, input, c, link);
        break;
    default:
        *source = interpolation_source((enum sl_ir_interpolation)input->interpolation);
        link->rows[input->reg][c] = by_number(producer, input->reg, c);
        break;
    }
}

static void link_dxbc(const struct sl_ir_program *producer, const struct sl_ir_program *pixel,
                      struct sl_agpu_link *link)
{
    bool has_position = has_position_input(pixel);
    for (uint32_t i = 0; i < pixel->input_element_count; i++) {
        const struct sl_ir_element *input = &pixel->inputs[i];
        uint32_t system_value = input->system_value;
        if (!has_position && system_value == SL_SV_NONE && input->semantic_hash == POSITION_HASH &&
            input->semantic_index == 0) {
            system_value = SL_SV_POSITION;
        }
        for (unsigned c = 0; c < 4 && input->reg < link->row_count; c++) {
            if (input->mask >> c & 1) {
                link_dxbc_component(producer, input, system_value, c, link);
            }
        }
    }
}

/* ---- pixel inputs of D3D9 programs ---- */

static const struct sl_ir_element *find_semantic(const struct sl_ir_program *producer,
                                                 uint8_t usage, uint32_t index, unsigned c)
{
    for (uint32_t i = 0; i < producer->output_element_count; i++) {
        const struct sl_ir_element *element = &producer->outputs[i];
        if (element->usage == usage && element->semantic_index == index &&
            (element->system_value == SL_SV_NONE || element->system_value == SL_SV_POSITION) &&
            element->mask >> c & 1) {
            return element;
        }
    }
    return NULL;
}

static bool writes_semantic(const struct sl_ir_program *producer, uint8_t usage, uint32_t index)
{
    for (unsigned c = 0; c < 4; c++) {
        if (find_semantic(producer, usage, index, c)) {
            return true;
        }
    }
    return false;
}

/* What is not written is 0, but for the last component of coordinates and colours of which others
 * are. */
static struct sl_agpu_link_source by_semantic(const struct sl_ir_program *producer, uint8_t usage,
                                              uint32_t index, unsigned c)
{
    const struct sl_ir_element *element = find_semantic(producer, usage, index, c);
    if (element) {
        return component(producer, element, c, element->saturate);
    }
    bool has_one = usage == SL_IR_USAGE_TEXCOORD || usage == SL_IR_USAGE_COLOR;
    return constant(c == 3 && has_one && writes_semantic(producer, usage, index) ? ONE_F32 : 0);
}

static void link_d3d9_input(const struct sl_ir_program *producer, const struct sl_ir_element *input,
                            const struct sl_agpu_link_rules *rules, struct sl_agpu_link *link)
{
    static const uint8_t sprite[4] = {SL_RASTER_POINT_U, SL_RASTER_POINT_V, SL_RASTER_ZERO,
                                      SL_RASTER_ONE};
    uint8_t *sources = link->sources[input->reg];
    /* A vs_3_0 partner need not declare colours: v# is colour #. */
    bool undeclared = input->usage > SL_IR_USAGE_SAMPLE;
    uint8_t usage = undeclared ? SL_IR_USAGE_COLOR : input->usage;
    uint32_t index = undeclared ? input->reg : input->semantic_index;
    for (unsigned c = 0; c < 4; c++) {
        if (!(input->mask >> c & 1)) {
            continue;
        }
        if (rules->point_sprites && usage == SL_IR_USAGE_TEXCOORD && index < 8) {
            sources[c] = sprite[c];
        } else {
            bool flat = rules->flat_colors && usage == SL_IR_USAGE_COLOR;
            sources[c] = flat ? SL_RASTER_FLAT : SL_RASTER_PERSPECTIVE;
        }
        link->rows[input->reg][c] = by_semantic(producer, usage, index, c);
    }
}

static void link_d3d9(const struct sl_ir_program *producer, const struct sl_ir_program *pixel,
                      const struct sl_agpu_link_rules *rules, struct sl_agpu_link *link)
{
    for (uint32_t i = 0; i < pixel->input_element_count; i++) {
        const struct sl_ir_element *input = &pixel->inputs[i];
        if (input->reg >= link->row_count) {
            continue;
        }
        if (input->system_value == SL_IR_SV_PIXEL_POSITION) {
            link->sources[input->reg][0] = SL_RASTER_PIXEL_X;
            link->sources[input->reg][1] = SL_RASTER_PIXEL_Y;
        } else if (input->system_value == SL_IR_SV_FACE_SIGN) {
            memset(link->sources[input->reg], SL_RASTER_FACE_SIGN, 4);
        } else {
            link_d3d9_input(producer, input, rules, link);
        }
    }
}

/* Signatures list inputs that no instruction reads, positions above all. */
static void drop_unread(const uint8_t *reads, struct sl_agpu_link *link)
{
    for (uint32_t i = 0; i < link->row_count; i++) {
        for (unsigned c = 0; c < 4; c++) {
            if (!(reads[i] >> c & 1)) {
                link->rows[i][c] = constant(0);
                link->sources[i][c] = SL_RASTER_ZERO;
            }
        }
    }
}

void sl_agpu_link_find_reads(const struct sl_ir_program *program,
                             uint8_t reads[SL_IR_REGISTERS_MAX])
{
    memset(reads, 0, SL_IR_REGISTERS_MAX);
    for (size_t i = 0; i < (size_t)program->insn_count * SL_IR_SRCS; i++) {
        const struct sl_ir_src *src = &program->insns[i / SL_IR_SRCS].src[i % SL_IR_SRCS];
        if (src->file != SL_IR_INPUT) {
            continue;
        }
        if (src->index[0].relative) {
            memset(reads, 0xF, SL_IR_REGISTERS_MAX);
            return;
        }
        for (unsigned c = 0; c < 4 && src->reg < SL_IR_REGISTERS_MAX; c++) {
            reads[src->reg] |= (uint8_t)(1u << src->swizzle[c]);
        }
    }
}

void sl_agpu_link_programs(const struct sl_ir_program *producer, const struct sl_ir_program *pixel,
                           const struct sl_agpu_link_rules *rules, struct sl_agpu_link *link)
{
    uint32_t rows = pixel ? pixel->input_count : 0;
    *link = (struct sl_agpu_link){
        .row_count = rows < SL_RASTER_INPUTS ? rows : SL_RASTER_INPUTS,
    };
    for (uint32_t i = 0; i < SL_RASTER_INPUTS; i++) {
        for (unsigned c = 0; c < 4; c++) {
            link->rows[i][c] = constant(0);
        }
    }
    link_position(producer, link);
    if (producer->family == SL_IR_DXBC) {
        link->clip_count = link_distances(producer, SL_SV_CLIP_DISTANCE, link->clip);
        link->cull_count = link_distances(producer, SL_SV_CULL_DISTANCE, link->cull);
    }
    link_word(producer, SL_SV_RENDER_TARGET_ARRAY_INDEX, &link->layer);
    link->writes_primitive_id = link_word(producer, SL_SV_PRIMITIVE_ID, &link->primitive_id);
    link_point_size(producer, rules, link);
    if (pixel && pixel->family == SL_IR_DXBC) {
        link_dxbc(producer, pixel, link);
    } else if (pixel) {
        link_d3d9(producer, pixel, rules, link);
    }
    if (rules->reads) {
        drop_unread(rules->reads, link);
    }
}

uint32_t sl_agpu_link_word(const struct sl_agpu_link_source *source,
                           const sl_register_lanes *outputs, unsigned lane)
{
    if (source->is_constant) {
        return source->constant;
    }
    uint32_t bits = outputs[source->reg][source->component][lane];
    return source->saturate ? sl_f32_to_bits(sl_f32_sat(sl_f32_from_bits(bits))) : bits;
}

/* Where the same word of successive vertices goes. */
struct column {
    const sl_register_lanes *outputs;
    unsigned count;
    size_t stride;
};

static void link_column(const struct column *column, const struct sl_agpu_link_source *source,
                        void *first)
{
    uint8_t *to = first;
    for (unsigned i = 0; i < column->count; i++, to += column->stride) {
        uint32_t word = sl_agpu_link_word(source, column->outputs, i);
        memcpy(to, &word, sizeof(word));
    }
}

static void link_columns(const struct column *column, const struct sl_agpu_link_source *sources,
                         uint32_t count, float *first)
{
    for (uint32_t i = 0; i < count; i++) {
        link_column(column, &sources[i], &first[i]);
    }
}

static void clamp_point_sizes(const struct column *column, const struct sl_agpu_link *link,
                              struct sl_raster_vertex *first)
{
    uint8_t *at = (uint8_t *)&first->point_size;
    for (unsigned i = 0; i < column->count; i++, at += column->stride) {
        float size;
        memcpy(&size, at, sizeof(size));
        size = clamp(size, link->point_size_min, link->point_size_max);
        memcpy(at, &size, sizeof(size));
    }
}

void sl_agpu_link_vertices(const struct sl_agpu_link *link, const sl_register_lanes *outputs,
                           unsigned count, struct sl_raster_vertex *first, size_t stride)
{
    struct column column = {outputs, count, stride};
    link_columns(&column, link->position, 4, first->position);
    link_columns(&column, link->clip, link->clip_count, first->clip);
    link_columns(&column, link->cull, link->cull_count, first->cull);
    link_columns(&column, &link->point_size, 1, &first->point_size);
    if (!link->point_size.is_constant) {
        clamp_point_sizes(&column, link, first);
    }
    for (uint32_t i = 0; i < link->row_count; i++) {
        for (unsigned c = 0; c < 4; c++) {
            link_column(&column, &link->rows[i][c], &first->inputs[i][c]);
        }
    }
}
