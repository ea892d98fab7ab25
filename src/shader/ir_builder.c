#include "shader/ir_builder.h"

#include "shader/ir_facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No blob has more instructions than words, and none of those becomes more operations than this. */
#define INSNS_MAX (UINT32_C(1) << 26)

enum sl_ir_verdict sl_ir_refuse(enum sl_ir_verdict verdict, char *message, size_t message_size,
                                const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (message_size > 0) {
        vsnprintf(message, message_size, format, arguments);
    }
    va_end(arguments);
    return verdict;
}

void sl_ir_builder_start(struct sl_ir_builder *builder, enum sl_ir_stage stage,
                         enum sl_ir_family family, unsigned major, unsigned minor)
{
    memset(builder, 0, sizeof(*builder));
    builder->program = calloc(1, sizeof(*builder->program));
    builder->failed = builder->program == NULL;
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    program->stage = stage;
    program->family = family;
    program->major = (uint8_t)major;
    program->minor = (uint8_t)minor;
    program->depth_reg = -1;
    program->coverage_reg = -1;
}

void sl_ir_builder_finish(struct sl_ir_builder *builder)
{
    sl_ir_destroy(builder->program);
    builder->program = NULL;
}

struct sl_ir_program *sl_ir_builder_program(struct sl_ir_builder *builder)
{
    return builder->program != NULL ? builder->program : &builder->spare_program;
}

void sl_ir_builder_source(struct sl_ir_builder *builder, uint32_t offset_words)
{
    builder->source_offset = offset_words;
    builder->cost = 1;
    builder->next_scratch = builder->kept_temps;
}

/* ---- registers ---- */

static uint16_t take_temps(struct sl_ir_builder *builder, uint32_t first, uint32_t count)
{
    if (count > SL_IR_TEMPS_MAX || first > SL_IR_TEMPS_MAX - count) {
        builder->crowded = true;
        return 0;
    }
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    if (program->temp_count < first + count) {
        program->temp_count = first + count;
    }
    return (uint16_t)first;
}

void sl_ir_builder_reserve(struct sl_ir_builder *builder, uint32_t count)
{
    take_temps(builder, 0, count);
    if (!builder->crowded && builder->kept_temps < count) {
        builder->kept_temps = count;
        builder->next_scratch = count;
    }
}

uint16_t sl_ir_builder_keep(struct sl_ir_builder *builder)
{
    uint16_t temp = take_temps(builder, builder->kept_temps, 1);
    builder->kept_temps += builder->crowded ? 0 : 1;
    builder->next_scratch = builder->kept_temps;
    return temp;
}

uint16_t sl_ir_builder_scratch(struct sl_ir_builder *builder)
{
    uint16_t temp = take_temps(builder, builder->next_scratch, 1);
    builder->next_scratch += builder->crowded ? 0 : 1;
    return temp;
}

/* One more element of size bytes at the end of an array, zeroed; NULL without memory. */
static void *grow(struct sl_ir_builder *builder, void *array, uint32_t *count, size_t size,
                  void **moved)
{
    *moved = array;
    if (builder->program == NULL) {
        return NULL;
    }
    uint8_t *bytes = realloc(array, ((size_t)*count + 1) * size);
    if (bytes == NULL) {
        builder->failed = true;
        return NULL;
    }
    *moved = bytes;
    void *element = bytes + (size_t)*count * size;
    memset(element, 0, size);
    (*count)++;
    return element;
}

uint16_t sl_ir_builder_array(struct sl_ir_builder *builder, uint32_t elements)
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    if (elements > SL_IR_TEMPS_MAX || program->array_registers > SL_IR_TEMPS_MAX - elements) {
        builder->crowded = true;
        return 0;
    }
    void *moved;
    struct sl_ir_array *array =
        grow(builder, program->arrays, &program->array_count, sizeof(*array), &moved);
    program->arrays = moved;
    if (array == NULL) {
        return 0;
    }
    array->size = elements;
    array->first = program->array_registers;
    program->array_registers += elements;
    return (uint16_t)(program->array_count - 1);
}

static struct sl_ir_element *add_element(struct sl_ir_builder *builder,
                                         struct sl_ir_element **elements, uint32_t *count)
{
    void *moved;
    struct sl_ir_element *element = NULL;
    if (*count < SL_IR_ELEMENTS_MAX) {
        element = grow(builder, *elements, count, sizeof(*element), &moved);
        *elements = moved;
    } else {
        builder->crowded = true;
    }
    return element != NULL ? element : &builder->spare_element;
}

struct sl_ir_element *sl_ir_builder_input(struct sl_ir_builder *builder)
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    return add_element(builder, &program->inputs, &program->input_element_count);
}

struct sl_ir_element *sl_ir_builder_output(struct sl_ir_builder *builder)
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    return add_element(builder, &program->outputs, &program->output_element_count);
}

struct sl_ir_element *sl_ir_builder_patch_constant(struct sl_ir_builder *builder)
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    return add_element(builder, &program->patch_constants, &program->patch_element_count);
}

void sl_ir_builder_definition(struct sl_ir_builder *builder, unsigned buffer, unsigned row,
                              const uint32_t value[4])
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    void *moved;
    struct sl_ir_definition *definition = grow(
        builder, program->definitions, &program->definition_count, sizeof(*definition), &moved);
    program->definitions = moved;
    if (definition != NULL) {
        definition->buffer = (uint8_t)buffer;
        definition->row = (uint16_t)row;
        memcpy(definition->value, value, sizeof(definition->value));
    }
}

void sl_ir_builder_phase(struct sl_ir_builder *builder, enum sl_ir_phase_kind kind,
                         uint32_t instance_count)
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    void *moved;
    struct sl_ir_phase *phase =
        grow(builder, program->phases, &program->phase_count, sizeof(*phase), &moved);
    program->phases = moved;
    if (phase != NULL) {
        phase->kind = kind;
        phase->first = program->insn_count;
        phase->instance_count = instance_count;
    }
}

void sl_ir_builder_table(struct sl_ir_builder *builder, const uint32_t *words, uint32_t rows)
{
    struct sl_ir_program *program = sl_ir_builder_program(builder);
    if (builder->program == NULL || rows == 0) {
        return;
    }
    uint32_t(*table)[4] = malloc((size_t)rows * sizeof(*table));
    if (table == NULL) {
        builder->failed = true;
        return;
    }
    memcpy(table, words, (size_t)rows * sizeof(*table));
    free(program->table);
    program->table = table;
    program->table_rows = rows;
}

/* ---- operations ---- */

static bool make_room(struct sl_ir_builder *builder)
{
    struct sl_ir_program *program = builder->program;
    if (program == NULL || builder->failed) {
        return false;
    }
    if (program->insn_count < builder->insn_capacity) {
        return true;
    }
    uint32_t capacity = builder->insn_capacity == 0 ? 64 : builder->insn_capacity * 2;
    if (capacity > INSNS_MAX) {
        builder->crowded = true;
        return false;
    }
    struct sl_ir_insn *insns = realloc(program->insns, (size_t)capacity * sizeof(*insns));
    if (insns == NULL) {
        builder->failed = true;
        return false;
    }
    program->insns = insns;
    builder->insn_capacity = capacity;
    return true;
}

struct sl_ir_insn *sl_ir_append(struct sl_ir_builder *builder, enum sl_ir_op op)
{
    struct sl_ir_insn *insn = &builder->spare;
    if (make_room(builder)) {
        insn = &builder->program->insns[builder->program->insn_count++];
    }
    memset(insn, 0, sizeof(*insn));
    insn->op = (uint16_t)op;
    insn->cost = builder->cost;
    builder->cost = 0;
    insn->source_offset = builder->source_offset;
    for (uint8_t c = 0; c < 4; c++) {
        insn->result[c] = c;
    }
    return insn;
}

struct sl_ir_insn *sl_ir_append1(struct sl_ir_builder *builder, enum sl_ir_op op,
                                 struct sl_ir_dst dst, struct sl_ir_src a)
{
    struct sl_ir_insn *insn = sl_ir_append(builder, op);
    insn->dst[0] = dst;
    insn->src[0] = a;
    return insn;
}

struct sl_ir_insn *sl_ir_append2(struct sl_ir_builder *builder, enum sl_ir_op op,
                                 struct sl_ir_dst dst, struct sl_ir_src a, struct sl_ir_src b)
{
    struct sl_ir_insn *insn = sl_ir_append1(builder, op, dst, a);
    insn->src[1] = b;
    return insn;
}

struct sl_ir_insn *sl_ir_append3(struct sl_ir_builder *builder, enum sl_ir_op op,
                                 struct sl_ir_dst dst, struct sl_ir_src a, struct sl_ir_src b,
                                 struct sl_ir_src c)
{
    struct sl_ir_insn *insn = sl_ir_append2(builder, op, dst, a, b);
    insn->src[2] = c;
    return insn;
}

struct sl_ir_insn *sl_ir_append_condition(struct sl_ir_builder *builder, enum sl_ir_op op,
                                          struct sl_ir_src condition, bool nonzero)
{
    struct sl_ir_insn *insn = sl_ir_append(builder, op);
    insn->src[0] = condition;
    insn->nonzero = nonzero;
    return insn;
}

/* ---- operands ---- */

struct sl_ir_dst sl_ir_dst(enum sl_ir_file file, unsigned reg, unsigned mask)
{
    return (struct sl_ir_dst){.file = file, .reg = (uint16_t)reg, .mask = (uint8_t)mask};
}

struct sl_ir_src sl_ir_src(enum sl_ir_file file, unsigned reg)
{
    return (struct sl_ir_src){.file = file, .reg = (uint16_t)reg, .swizzle = {0, 1, 2, 3}};
}

struct sl_ir_src sl_ir_constant(unsigned buffer, int32_t row)
{
    struct sl_ir_src src = sl_ir_src(SL_IR_CONSTANT, buffer);
    src.index[0].base = row;
    return src;
}

struct sl_ir_src sl_ir_bits(uint32_t x, uint32_t y, uint32_t z, uint32_t w)
{
    struct sl_ir_src src = sl_ir_src(SL_IR_IMMEDIATE, 0);
    src.immediate[0] = x;
    src.immediate[1] = y;
    src.immediate[2] = z;
    src.immediate[3] = w;
    return src;
}

struct sl_ir_src sl_ir_word(uint32_t bits)
{
    return sl_ir_bits(bits, bits, bits, bits);
}

struct sl_ir_src sl_ir_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return sl_ir_word(bits);
}

struct sl_ir_src sl_ir_swizzled(struct sl_ir_src src, unsigned x, unsigned y, unsigned z,
                                unsigned w)
{
    const uint8_t swizzle[4] = {src.swizzle[x], src.swizzle[y], src.swizzle[z], src.swizzle[w]};
    memcpy(src.swizzle, swizzle, sizeof(src.swizzle));
    return src;
}

struct sl_ir_src sl_ir_component(struct sl_ir_src src, unsigned component)
{
    return sl_ir_swizzled(src, component, component, component, component);
}

struct sl_ir_src sl_ir_negated(struct sl_ir_src src)
{
    src.negate = !src.negate;
    return src;
}

struct sl_ir_src sl_ir_magnitude(struct sl_ir_src src)
{
    src.negate = false;
    src.absolute = true;
    return src;
}

/* ---- completion ---- */

static void end_last_function(struct sl_ir_builder *builder)
{
    const struct sl_ir_program *program = builder->program;
    if (program == NULL) {
        return;
    }
    if (program->insn_count == 0 || program->insns[program->insn_count - 1].op != SL_IR_RET) {
        sl_ir_append(builder, SL_IR_RET);
    }
}

enum sl_ir_verdict sl_ir_builder_complete(struct sl_ir_builder *builder,
                                          struct sl_ir_program **program, char *message,
                                          size_t message_size)
{
    end_last_function(builder);
    if (builder->failed) {
        return sl_ir_refuse(SL_IR_NO_MEMORY, message, message_size, "out of memory");
    }
    if (builder->crowded) {
        return sl_ir_refuse(SL_IR_BAD, message, message_size,
                            "more registers or operations than a program may have");
    }
    enum sl_ir_verdict verdict = sl_ir_link_flow(builder->program, message, message_size);
    if (verdict == SL_IR_OK) {
        verdict = sl_ir_find_facts(builder->program, message, message_size);
    }
    if (verdict == SL_IR_OK) {
        *program = builder->program;
        builder->program = NULL;
    }
    return verdict;
}
