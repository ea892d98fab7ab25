/* Where operands are: register files, indices, modifiers. What is out of range reads 0. */
#include "render/convert.h"
#include "render/f32_math.h"
#include "shader/interp_machine.h"

#include <string.h>

static uint32_t *temp_lanes(const struct sl_machine *machine, uint32_t *registers, uint32_t reg,
                            unsigned component)
{
    return registers + ((size_t)reg * 4 + component) * machine->lane_count;
}

/* Wraps as a 32-bit sum; the result is negative or an element. */
static int64_t index_value(const struct sl_machine *machine, const struct sl_ir_index *index,
                           unsigned lane)
{
    if (!index->relative) {
        return index->base;
    }
    uint32_t added = temp_lanes(machine, machine->temps, index->temp, index->component)[lane];
    uint32_t sum = (uint32_t)index->base + added;
    return sum > INT32_MAX ? (int64_t)sum - (INT64_C(1) << 32) : (int64_t)sum;
}

static uint32_t row_component(const uint32_t (*rows)[4], uint64_t row_count, int64_t row,
                              unsigned component)
{
    return rows && row >= 0 && (uint64_t)row < row_count ? rows[row][component] : 0;
}

static uint32_t register_component(const sl_register_lanes *registers, uint32_t count, int64_t reg,
                                   unsigned component, unsigned lane)
{
    return registers && reg >= 0 && reg < count ? registers[reg][component][lane] : 0;
}

static uint32_t array_component(const struct sl_machine *machine, uint32_t number, int64_t element,
                                unsigned component, unsigned lane)
{
    const struct sl_ir_array *array = &machine->program->arrays[number];
    if (element < 0 || element >= array->size) {
        return 0;
    }
    uint32_t reg = array->first + (uint32_t)element;
    return temp_lanes(machine, machine->arrays, reg, component)[lane];
}

static uint32_t constant_component(const struct sl_machine *machine, const struct sl_ir_src *src,
                                   unsigned component, unsigned lane)
{
    const struct sl_shader_constants *buffer = &machine->call->bindings->constants[src->reg];
    int64_t row = index_value(machine, &src->index[0], lane);
    if (src->clamp) {
        row = row < 0 ? 0 : row;
        row = row > src->limit ? src->limit : row;
    }
    return row_component(buffer->rows, buffer->row_count, row, component);
}

/* Rows of vertices or points: two indices, each with its own bound. */
static uint32_t record_component(const struct sl_machine *machine, const struct sl_ir_src *src,
                                 unsigned component, unsigned lane)
{
    const struct sl_shader_call *call = machine->call;
    bool points = src->file == SL_IR_POINT_OUTPUT;
    const uint32_t(*rows)[4] = points ? call->points : call->vertices;
    uint32_t count = points ? call->point_count : call->vertex_count;
    uint32_t stride = points ? call->point_stride : call->vertex_stride;
    int64_t record = index_value(machine, &src->index[0], lane);
    int64_t reg = index_value(machine, &src->index[1], lane);
    if (record < 0 || record >= count || reg < 0 || reg >= stride) {
        return 0;
    }
    return row_component(rows, (uint64_t)count * stride, record * stride + reg, component);
}

uint32_t sl_interp_component(const struct sl_machine *machine, const struct sl_ir_src *src,
                             unsigned component, unsigned lane)
{
    const struct sl_ir_program *program = machine->program;
    const struct sl_shader_call *call = machine->call;
    int64_t element = index_value(machine, &src->index[0], lane);
    int64_t reg = src->index[0].relative ? element : src->reg;
    switch (src->file) {
    case SL_IR_NULL:
        return 0;
    case SL_IR_TEMP:
        return temp_lanes(machine, machine->temps, src->reg, component)[lane];
    case SL_IR_ARRAY:
        return array_component(machine, src->reg, element, component, lane);
    case SL_IR_INPUT:
        return register_component(call->inputs, program->input_count, reg, component, lane);
    case SL_IR_OUTPUT:
        return register_component((const sl_register_lanes *)call->outputs, program->output_count,
                                  reg, component, lane);
    case SL_IR_SYSTEM:
        return register_component(call->system, SL_IR_SYS_COUNT, src->reg, component, lane);
    case SL_IR_IMMEDIATE:
        return src->immediate[component];
    case SL_IR_CONSTANT:
        return constant_component(machine, src, component, lane);
    case SL_IR_TABLE:
        return row_component((const uint32_t(*)[4])program->table, program->table_rows, element,
                             component);
    case SL_IR_VERTEX_INPUT:
    case SL_IR_POINT_OUTPUT:
        return record_component(machine, src, component, lane);
    case SL_IR_PATCH:
        return row_component(call->patch, program->patch_count, element, component);
    }
    return 0;
}

/* All lanes of a component that lie side by side; NULL if they do not, or if it is not so simple.
 */
static const uint32_t *side_by_side(const struct sl_machine *machine, const struct sl_ir_src *src,
                                    unsigned component)
{
    const struct sl_shader_call *call = machine->call;
    if (machine->lane_count != SL_LANES || src->index[0].relative) {
        return NULL;
    }
    if (src->file == SL_IR_TEMP) {
        return temp_lanes(machine, machine->temps, src->reg, component);
    }
    if (src->file == SL_IR_INPUT && src->reg < machine->program->input_count) {
        return call->inputs[src->reg][component];
    }
    if (src->file == SL_IR_OUTPUT && src->reg < machine->program->output_count) {
        return call->outputs[src->reg][component];
    }
    return NULL;
}

static bool is_uniform(const struct sl_ir_src *src)
{
    return src->file == SL_IR_IMMEDIATE || (src->file == SL_IR_CONSTANT && !src->index[0].relative);
}

void sl_interp_fetch(const struct sl_machine *machine, const struct sl_ir_src *src,
                     unsigned component, sl_interp_lanes values)
{
    const uint32_t *lanes = side_by_side(machine, src, src->swizzle[component]);
    if (lanes) {
        memcpy(values, lanes, sizeof(sl_interp_lanes));
        return;
    }
    memset(values, 0, sizeof(sl_interp_lanes));
    if (is_uniform(src)) {
        uint32_t value = sl_interp_component(machine, src, src->swizzle[component], 0);
        for (unsigned lane = 0; lane < machine->lane_count; lane++) {
            values[lane] = value;
        }
        return;
    }
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        values[lane] = sl_interp_component(machine, src, src->swizzle[component], lane);
    }
}

void sl_interp_read(const struct sl_machine *machine, const struct sl_ir_insn *insn,
                    unsigned source, unsigned component, sl_interp_lanes values)
{
    const struct sl_ir_src *src = &insn->src[source];
    sl_interp_fetch(machine, src, component, values);
    if (!src->negate && !src->absolute) {
        return;
    }
    bool is_int = sl_ir_op_info((enum sl_ir_op)insn->op)->kind == SL_IR_KIND_INT;
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        if (is_int) {
            values[lane] = src->negate ? 0 - values[lane] : values[lane];
        } else {
            values[lane] &= src->absolute ? UINT32_C(0x7FFFFFFF) : UINT32_MAX;
            values[lane] ^= src->negate ? UINT32_C(0x80000000) : 0;
        }
    }
}

void sl_interp_read_float(const struct sl_machine *machine, const struct sl_ir_insn *insn,
                          unsigned source, unsigned component, float values[SL_LANES])
{
    sl_interp_lanes bits;
    sl_interp_read(machine, insn, source, component, bits);
    memcpy(values, bits, sizeof(bits));
}

/* Where the components of a destination are in this lane; NULL drops them. */
static uint32_t *destination(struct sl_machine *machine, const struct sl_ir_dst *dst,
                             unsigned component, unsigned lane)
{
    const struct sl_ir_program *program = machine->program;
    int64_t element = index_value(machine, &dst->index[0], lane);
    if (dst->file == SL_IR_TEMP) {
        return temp_lanes(machine, machine->temps, dst->reg, component) + lane;
    }
    if (dst->file == SL_IR_OUTPUT) {
        int64_t reg = dst->index[0].relative ? element : dst->reg;
        bool exists = reg >= 0 && reg < program->output_count;
        return exists ? &machine->call->outputs[reg][component][lane] : NULL;
    }
    if (dst->file == SL_IR_ARRAY && element >= 0 && element < program->arrays[dst->reg].size) {
        uint32_t reg = program->arrays[dst->reg].first + (uint32_t)element;
        return temp_lanes(machine, machine->arrays, reg, component) + lane;
    }
    return NULL;
}

static void write_lane(struct sl_machine *machine, const struct sl_ir_dst *dst,
                       const sl_interp_lanes values[4], unsigned lane)
{
    uint32_t *places[4] = {NULL};
    for (unsigned c = 0; c < 4; c++) {
        if (dst->mask >> c & 1) {
            places[c] = destination(machine, dst, c, lane);
        }
    }
    for (unsigned c = 0; c < 4; c++) {
        if (places[c]) {
            uint32_t bits = values[c][lane];
            *places[c] = dst->saturate ? sl_f32_to_bits(sl_f32_sat(sl_f32_from_bits(bits))) : bits;
        }
    }
}

/* The destination's lanes lie side by side and all are written: no choice for each of them. */
static bool write_whole(struct sl_machine *machine, const struct sl_ir_dst *dst,
                        const sl_interp_lanes values[4])
{
    bool simple = machine->lane_count == SL_LANES && machine->active == UINT64_MAX &&
                  !dst->saturate && !dst->index[0].relative &&
                  (dst->file == SL_IR_TEMP || dst->file == SL_IR_OUTPUT);
    for (unsigned c = 0; simple && c < 4; c++) {
        uint32_t *lanes = dst->mask >> c & 1 ? destination(machine, dst, c, 0) : NULL;
        if (lanes) {
            memcpy(lanes, values[c], sizeof(values[c]));
        }
    }
    return simple;
}

void sl_interp_write(struct sl_machine *machine, const struct sl_ir_dst *dst,
                     const sl_interp_lanes values[4])
{
    if (dst->file == SL_IR_NULL || write_whole(machine, dst, values)) {
        return;
    }
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        if (machine->active >> lane & 1) {
            write_lane(machine, dst, values, lane);
        }
    }
}
