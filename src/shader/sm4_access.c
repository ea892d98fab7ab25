/* Operands of SM4 and SM5 instructions as operands of the IR. */
#include "shader/sm4_lowering.h"

#define IDENTITY_SWIZZLE                                                                           \
    {                                                                                              \
        0, 1, 2, 3                                                                                 \
    }
#define OUT_OF_RANGE 0x7FFFFFFFu

/* Which stages have which registers: bit n = enum sl_sm4_stage n. */
enum {
    PS = 1 << SL_SM4_PIXEL,
    VS = 1 << SL_SM4_VERTEX,
    GS = 1 << SL_SM4_GEOMETRY,
    HS = 1 << SL_SM4_HULL,
    DS = 1 << SL_SM4_DOMAIN,
    CS = 1 << SL_SM4_COMPUTE,
    ALL = PS | VS | GS | HS | DS | CS,
};

/* How an operand type is reached. */
enum form {
    FORM_NONE, /* no operand of arithmetic */
    FORM_TEMP,
    FORM_ARRAY,
    FORM_INPUT,
    FORM_OUTPUT,
    FORM_IMMEDIATE,
    FORM_CONSTANT,
    FORM_TABLE,
    FORM_SYSTEM,
    FORM_VERTEX, /* [vertex][register] */
    FORM_POINT,
    FORM_PATCH,
    FORM_PREDICATE,
    FORM_DEPTH,
    FORM_COVERAGE,
    FORM_DROPPED,
};

struct access_rule {
    uint8_t source; /* enum form; FORM_NONE = cannot be read */
    uint8_t destination;
    uint8_t stages;
    uint8_t system; /* enum sl_ir_system */
};

static struct access_rule rule_of(enum sl_sm4_register type)
{
    static const struct access_rule rules[] = {
        [SL_SM4_REG_TEMP] = {FORM_TEMP, FORM_TEMP, ALL, 0},
        [SL_SM4_REG_INPUT] = {FORM_INPUT, FORM_NONE, ALL & ~CS, 0},
        [SL_SM4_REG_OUTPUT] = {FORM_OUTPUT, FORM_OUTPUT, ALL & ~CS, 0},
        [SL_SM4_REG_INDEXABLE_TEMP] = {FORM_ARRAY, FORM_ARRAY, ALL, 0},
        [SL_SM4_REG_IMMEDIATE32] = {FORM_IMMEDIATE, FORM_NONE, ALL, 0},
        [SL_SM4_REG_CONSTANT_BUFFER] = {FORM_CONSTANT, FORM_NONE, ALL, 0},
        [SL_SM4_REG_IMMEDIATE_CONSTANT_BUFFER] = {FORM_TABLE, FORM_NONE, ALL, 0},
        [SL_SM4_REG_PRIMITIVE_ID] = {FORM_SYSTEM, FORM_NONE, GS | HS | DS, SL_IR_SYS_PRIMITIVE_ID},
        [SL_SM4_REG_DEPTH] = {FORM_NONE, FORM_DEPTH, PS, 0},
        [SL_SM4_REG_NULL] = {FORM_NONE, FORM_DROPPED, ALL, 0},
        [SL_SM4_REG_COVERAGE_MASK] = {FORM_NONE, FORM_COVERAGE, PS, 0},
        [SL_SM4_REG_OUTPUT_CONTROL_POINT_ID] = {FORM_SYSTEM, FORM_NONE, HS,
                                                SL_IR_SYS_OUTPUT_POINT_ID},
        [SL_SM4_REG_FORK_INSTANCE_ID] = {FORM_SYSTEM, FORM_NONE, HS, SL_IR_SYS_FORK_INSTANCE_ID},
        [SL_SM4_REG_JOIN_INSTANCE_ID] = {FORM_SYSTEM, FORM_NONE, HS, SL_IR_SYS_FORK_INSTANCE_ID},
        [SL_SM4_REG_INPUT_CONTROL_POINT] = {FORM_VERTEX, FORM_NONE, HS | DS, 0},
        [SL_SM4_REG_OUTPUT_CONTROL_POINT] = {FORM_POINT, FORM_NONE, HS, 0},
        [SL_SM4_REG_PATCH_CONSTANT] = {FORM_PATCH, FORM_NONE, HS | DS, 0},
        [SL_SM4_REG_DOMAIN_POINT] = {FORM_SYSTEM, FORM_NONE, DS, SL_IR_SYS_DOMAIN_POINT},
        [SL_SM4_REG_THREAD_ID] = {FORM_SYSTEM, FORM_NONE, CS, SL_IR_SYS_THREAD_ID},
        [SL_SM4_REG_THREAD_GROUP_ID] = {FORM_SYSTEM, FORM_NONE, CS, SL_IR_SYS_GROUP_ID},
        [SL_SM4_REG_THREAD_ID_IN_GROUP] = {FORM_SYSTEM, FORM_NONE, CS,
                                           SL_IR_SYS_THREAD_ID_IN_GROUP},
        [SL_SM4_REG_INPUT_COVERAGE] = {FORM_SYSTEM, FORM_NONE, PS, SL_IR_SYS_COVERAGE},
        [SL_SM4_REG_THREAD_ID_IN_GROUP_FLATTENED] = {FORM_SYSTEM, FORM_NONE, CS,
                                                     SL_IR_SYS_THREAD_INDEX},
        [SL_SM4_REG_GS_INSTANCE_ID] = {FORM_SYSTEM, FORM_NONE, GS, SL_IR_SYS_GS_INSTANCE_ID},
        [SL_SM4_REG_DEPTH_GE] = {FORM_NONE, FORM_DEPTH, PS, 0},
        [SL_SM4_REG_DEPTH_LE] = {FORM_NONE, FORM_DEPTH, PS, 0},
        [SL_SM4_REG_PREDICATE] = {FORM_PREDICATE, FORM_PREDICATE, ALL, 0},
    };
    return (size_t)type < sizeof(rules) / sizeof(rules[0]) ? rules[type] : (struct access_rule){0};
}

static enum form form_of(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand,
                         bool destination)
{
    struct access_rule rule = rule_of(operand->type);
    enum form form = (enum form)(destination ? rule.destination : rule.source);
    if (operand->type == SL_SM4_REG_IMMEDIATE64) {
        sl_sm4_refuse(low, SL_IR_UNSUPPORTED, "doubles");
        return FORM_NONE;
    }
    if (form == FORM_NONE || (rule.stages & 1u << (unsigned)low->source->stage) == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "an operand of type %u has no place here",
                      (unsigned)operand->type);
        return FORM_NONE;
    }
    return form;
}

/* ---- scratch ---- */

struct sl_ir_dst sl_sm4_scratch(struct sl_sm4_lowering *low, unsigned mask, struct sl_ir_src *src)
{
    uint16_t temp = sl_ir_builder_scratch(&low->builder);
    *src = sl_ir_src(SL_IR_TEMP, temp);
    return sl_ir_dst(SL_IR_TEMP, temp, mask);
}

/* ---- indices ---- */

/* An index that is a constant below limit. */
static uint32_t fixed_index(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand,
                            unsigned which, uint32_t limit)
{
    if (which >= operand->index_count || operand->index[which].relative != NULL ||
        operand->index[which].immediate >= limit) {
        sl_sm4_refuse(low, SL_IR_BAD, "an operand of type %u is not a register below %lu",
                      (unsigned)operand->type, (unsigned long)limit);
        return 0;
    }
    return (uint32_t)operand->index[which].immediate;
}

/* A derivative reads its operand in all lanes, masked ones too: so must what leads to it. */
static void in_all_lanes(struct sl_ir_insn *insn)
{
    insn->flags |= SL_IR_FLAG_ALL_LANES;
}

/* One word in component x of a scratch temp, as a relative index. */
static struct sl_ir_index index_of_scratch(struct sl_ir_src word)
{
    return (struct sl_ir_index){.relative = true, .temp = word.reg};
}

static struct sl_ir_index index_of_word(struct sl_sm4_lowering *low, struct sl_ir_src word,
                                        int32_t base)
{
    struct sl_ir_src scratch;
    struct sl_ir_dst dst = sl_sm4_scratch(low, 1, &scratch);
    in_all_lanes(sl_ir_append1(&low->builder, SL_IR_MOV, dst, word));
    struct sl_ir_index index = index_of_scratch(scratch);
    index.base = base;
    return index;
}

/*
 * Constant, or a component of a temp plus a constant; other relative operands are moved to a temp.
 * Calls sl_sm4_src(), which comes back here only as deep as the parser lets indices nest.
 */
static struct sl_ir_index index_of(struct sl_sm4_lowering *low,
                                   const struct sl_sm4_operand *operand, unsigned which)
{
    if (which >= operand->index_count) {
        sl_sm4_refuse(low, SL_IR_BAD, "an operand of type %u has too few indices",
                      (unsigned)operand->type);
        return (struct sl_ir_index){0};
    }
    const struct sl_sm4_index *index = &operand->index[which];
    uint64_t bits = index->immediate;
    if (bits > UINT32_MAX || (index->relative == NULL && bits > INT32_MAX)) {
        sl_sm4_refuse(low, SL_IR_BAD, "an index is out of all range");
        return (struct sl_ir_index){0};
    }
    int32_t base = bits > INT32_MAX ? -(int32_t)(UINT32_MAX - bits) - 1 : (int32_t)bits;
    if (index->relative == NULL) {
        return (struct sl_ir_index){.base = base};
    }
    struct sl_ir_src word = sl_sm4_src(low, index->relative, SL_IR_KIND_INT);
    if (word.file == SL_IR_TEMP && !word.negate && !word.absolute) {
        return (struct sl_ir_index){
            .base = base, .relative = true, .component = word.swizzle[0], .temp = word.reg};
    }
    return index_of_word(low, word, base);
}

/* What dcl_indexRange lets a relative register number reach; without one, all registers. */
static struct sl_sm4_range range_of(const struct sl_sm4_lowering *low, enum sl_sm4_register type,
                                    int32_t base)
{
    for (uint32_t i = 0; i < low->range_count; i++) {
        const struct sl_sm4_range *range = &low->ranges[i];
        if (range->type == type && base >= (int32_t)range->first &&
            base - (int32_t)range->first < (int32_t)range->count) {
            return *range;
        }
    }
    return (struct sl_sm4_range){type, 0, SL_SM4_REGISTERS_MAX};
}

/* A register number; a relative one outside its range becomes one that no register has. */
static struct sl_ir_index register_index(struct sl_sm4_lowering *low,
                                         const struct sl_sm4_operand *operand, unsigned which)
{
    struct sl_ir_index index = index_of(low, operand, which);
    if (!index.relative) {
        if (index.base >= (int32_t)SL_SM4_REGISTERS_MAX) {
            sl_sm4_refuse(low, SL_IR_BAD, "register %ld is above %u", (long)index.base,
                          SL_SM4_REGISTERS_MAX - 1);
            return (struct sl_ir_index){0};
        }
        return index;
    }
    struct sl_sm4_range range = range_of(low, operand->type, index.base);
    struct sl_ir_src word = sl_ir_component(sl_ir_src(SL_IR_TEMP, index.temp), index.component);
    struct sl_ir_src offset;
    struct sl_ir_src inside;
    struct sl_ir_src number;
    struct sl_ir_dst to_offset = sl_sm4_scratch(low, 1, &offset);
    struct sl_ir_dst to_inside = sl_sm4_scratch(low, 1, &inside);
    struct sl_ir_dst to_number = sl_sm4_scratch(low, 1, &number);
    in_all_lanes(sl_ir_append2(&low->builder, SL_IR_IADD, to_offset, word,
                               sl_ir_word((uint32_t)index.base - range.first)));
    in_all_lanes(
        sl_ir_append2(&low->builder, SL_IR_ULT, to_inside, offset, sl_ir_word(range.count)));
    in_all_lanes(
        sl_ir_append2(&low->builder, SL_IR_IADD, to_number, offset, sl_ir_word(range.first)));
    in_all_lanes(sl_ir_append3(&low->builder, SL_IR_MOVC, to_number, inside, number,
                               sl_ir_word(OUT_OF_RANGE)));
    return index_of_scratch(number);
}

/* ---- single forms ---- */

static uint16_t temp_of(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    return (uint16_t)fixed_index(low, operand, 0, low->temp_count);
}

static uint16_t predicate_temp(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    return (uint16_t)(low->temp_count + fixed_index(low, operand, 0, low->predicate_count));
}

static uint16_t array_of(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    uint32_t number = fixed_index(low, operand, 0, SL_SM4_ARRAYS_MAX);
    if (!low->arrays[number].declared) {
        sl_sm4_refuse(low, SL_IR_BAD, "x%lu is not declared", (unsigned long)number);
    }
    return low->arrays[number].number;
}

static uint32_t constant_slot(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    uint32_t slot = fixed_index(low, operand, 0, 14);
    if (!low->program->constants[slot].used) {
        sl_sm4_refuse(low, SL_IR_BAD, "cb%lu is not declared", (unsigned long)slot);
    }
    return slot;
}

static struct sl_ir_src system_source(enum sl_ir_system system)
{
    return sl_ir_src(SL_IR_SYSTEM, (unsigned)system);
}

static struct sl_ir_src indexed_source(struct sl_sm4_lowering *low,
                                       const struct sl_sm4_operand *operand, enum sl_ir_file file,
                                       unsigned reg, unsigned which)
{
    struct sl_ir_src src = sl_ir_src(file, reg);
    src.index[0] = index_of(low, operand, which);
    return src;
}

/*
 * v# with one index where inputs are those of several vertices, as Aero's dialect writes it: a
 * value that has no vertex by its signature, the hull program's own point, or a patch constant of a
 * domain program.
 */
static struct sl_ir_src lone_input(struct sl_sm4_lowering *low,
                                   const struct sl_sm4_operand *operand)
{
    uint32_t reg = fixed_index(low, operand, 0, SL_SM4_REGISTERS_MAX);
    enum sl_ir_stage stage = low->program->stage;
    switch (sl_sm4_input_value(low, reg)) {
    case SL_SV_PRIMITIVE_ID:
        return system_source(SL_IR_SYS_PRIMITIVE_ID);
    case SL_SV_GS_INSTANCE_ID:
        return system_source(SL_IR_SYS_GS_INSTANCE_ID);
    case SL_SV_OUTPUT_CONTROL_POINT_ID:
        return system_source(SL_IR_SYS_OUTPUT_POINT_ID);
    case SL_SV_DOMAIN_LOCATION:
        return system_source(SL_IR_SYS_DOMAIN_POINT);
    default:
        break;
    }
    if (!low->aero || stage == SL_IR_GEOMETRY) {
        sl_sm4_refuse(low, SL_IR_BAD, "v%lu without the number of a vertex", (unsigned long)reg);
    }
    if (stage == SL_IR_DOMAIN) {
        return indexed_source(low, operand, SL_IR_PATCH, 0, 0);
    }
    struct sl_ir_src src = sl_ir_src(SL_IR_VERTEX_INPUT, 0);
    src.index[1].base = (int32_t)reg;
    if (low->phase == SL_SM4_CONTROL_POINTS) {
        src.index[0] =
            index_of_word(low, sl_ir_component(system_source(SL_IR_SYS_OUTPUT_POINT_ID), 0), 0);
    }
    return src;
}

static struct sl_ir_src input_source(struct sl_sm4_lowering *low,
                                     const struct sl_sm4_operand *operand)
{
    bool many = low->program->stage == SL_IR_GEOMETRY || low->program->stage == SL_IR_HULL ||
                low->program->stage == SL_IR_DOMAIN;
    struct sl_ir_src src = sl_ir_src(SL_IR_INPUT, 0);
    if (many && operand->index_count == 1) {
        return lone_input(low, operand);
    }
    if (many) {
        src.file = SL_IR_VERTEX_INPUT;
        src.index[0] = index_of(low, operand, 0);
        src.index[1] = register_index(low, operand, 1);
        return src;
    }
    src.index[0] = register_index(low, operand, operand->index_count == 2 ? 1 : 0);
    if (src.index[0].relative) {
        return src;
    }
    src.reg = (uint16_t)src.index[0].base;
    src.index[0].base = 0;
    if (low->position_copy >= 0 && src.reg == low->position_reg) {
        return sl_ir_src(SL_IR_TEMP, (unsigned)low->position_copy);
    }
    return src;
}

static struct sl_ir_src output_source(struct sl_sm4_lowering *low,
                                      const struct sl_sm4_operand *operand)
{
    struct sl_ir_src src = sl_ir_src(SL_IR_OUTPUT, 0);
    src.index[0] = register_index(low, operand, 0);
    if (!src.index[0].relative) {
        src.reg = (uint16_t)src.index[0].base;
        src.index[0].base = 0;
    }
    return src;
}

static struct sl_ir_src vertex_source(struct sl_sm4_lowering *low,
                                      const struct sl_sm4_operand *operand, enum sl_ir_file file)
{
    struct sl_ir_src src = sl_ir_src(file, 0);
    src.index[0] = index_of(low, operand, 0);
    src.index[1] = register_index(low, operand, 1);
    return src;
}

static struct sl_ir_src patch_source(struct sl_sm4_lowering *low,
                                     const struct sl_sm4_operand *operand)
{
    struct sl_ir_src src = sl_ir_src(SL_IR_PATCH, 0);
    src.index[0] = register_index(low, operand, 0);
    return src;
}

/* ---- sources ---- */

static struct sl_ir_src bare_source(struct sl_sm4_lowering *low,
                                    const struct sl_sm4_operand *operand)
{
    switch (form_of(low, operand, false)) {
    case FORM_TEMP:
        return sl_ir_src(SL_IR_TEMP, temp_of(low, operand));
    case FORM_ARRAY:
        return indexed_source(low, operand, SL_IR_ARRAY, array_of(low, operand), 1);
    case FORM_INPUT:
        return input_source(low, operand);
    case FORM_OUTPUT:
        return output_source(low, operand);
    case FORM_IMMEDIATE:
        return sl_ir_bits(operand->immediate[0], operand->immediate[1], operand->immediate[2],
                          operand->immediate[3]);
    case FORM_CONSTANT:
        return indexed_source(low, operand, SL_IR_CONSTANT, constant_slot(low, operand), 1);
    case FORM_TABLE:
        return indexed_source(low, operand, SL_IR_TABLE, 0, 0);
    case FORM_SYSTEM:
        return system_source((enum sl_ir_system)rule_of(operand->type).system);
    case FORM_VERTEX:
        return vertex_source(low, operand, SL_IR_VERTEX_INPUT);
    case FORM_POINT:
        return vertex_source(low, operand, SL_IR_POINT_OUTPUT);
    case FORM_PATCH:
        return patch_source(low, operand);
    case FORM_PREDICATE:
        return sl_ir_src(SL_IR_TEMP, predicate_temp(low, operand));
    case FORM_NONE:
    case FORM_DEPTH:
    case FORM_COVERAGE:
    case FORM_DROPPED:
        break;
    }
    return sl_ir_word(0);
}

struct sl_ir_src sl_sm4_src(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand,
                            enum sl_ir_kind kind)
{
    struct sl_ir_src src = bare_source(low, operand);
    src = sl_ir_swizzled(src, operand->swizzle[0], operand->swizzle[1], operand->swizzle[2],
                         operand->swizzle[3]);
    if (operand->absolute && kind == SL_IR_KIND_INT) {
        struct sl_ir_src magnitude;
        sl_ir_append1(&low->builder, SL_IR_IABS, sl_sm4_scratch(low, 0xF, &magnitude), src);
        src = magnitude;
    } else {
        src.absolute = operand->absolute;
    }
    src.negate = operand->negate;
    return src;
}

/* ---- destinations ---- */

static struct sl_ir_dst output_destination(struct sl_sm4_lowering *low,
                                           const struct sl_sm4_operand *operand)
{
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_OUTPUT, 0, operand->mask);
    dst.index[0] = register_index(low, operand, 0);
    if (!dst.index[0].relative) {
        dst.reg = (uint16_t)dst.index[0].base;
        dst.index[0].base = 0;
    }
    return dst;
}

static struct sl_ir_dst special_destination(struct sl_sm4_lowering *low,
                                            const struct sl_sm4_operand *operand, int32_t reg,
                                            uint8_t component)
{
    if (reg < 0 || (operand->mask & 1) == 0 || component != 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "depth or coverage is not written to its component");
        return sl_ir_dst(SL_IR_NULL, 0, operand->mask);
    }
    return sl_ir_dst(SL_IR_OUTPUT, (unsigned)reg, 1);
}

static struct sl_ir_dst array_destination(struct sl_sm4_lowering *low,
                                          const struct sl_sm4_operand *operand)
{
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_ARRAY, array_of(low, operand), operand->mask);
    dst.index[0] = index_of(low, operand, 1);
    return dst;
}

struct sl_ir_dst sl_sm4_dst(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_NULL, 0, operand->mask);
    if (operand->component_count == 4 && operand->selection != SL_SM4_MASK) {
        sl_sm4_refuse(low, SL_IR_BAD, "a destination without a mask");
    }
    switch (form_of(low, operand, true)) {
    case FORM_TEMP:
        dst = sl_ir_dst(SL_IR_TEMP, temp_of(low, operand), operand->mask);
        break;
    case FORM_ARRAY:
        dst = array_destination(low, operand);
        break;
    case FORM_OUTPUT:
        dst = output_destination(low, operand);
        break;
    case FORM_PREDICATE:
        dst = sl_ir_dst(SL_IR_TEMP, predicate_temp(low, operand), operand->mask);
        break;
    case FORM_DEPTH:
        dst = special_destination(low, operand, low->program->depth_reg,
                                  low->program->depth_component);
        break;
    case FORM_COVERAGE:
        dst = special_destination(low, operand, low->program->coverage_reg,
                                  low->program->coverage_component);
        break;
    case FORM_NONE:
    case FORM_INPUT:
    case FORM_IMMEDIATE:
    case FORM_CONSTANT:
    case FORM_TABLE:
    case FORM_SYSTEM:
    case FORM_VERTEX:
    case FORM_POINT:
    case FORM_PATCH:
    case FORM_DROPPED:
        break;
    }
    dst.saturate = low->insn->saturate;
    return dst;
}

/* ---- by number ---- */

static const struct sl_sm4_operand *operand_at(struct sl_sm4_lowering *low, size_t index)
{
    static const struct sl_sm4_operand none = {.type = SL_SM4_REG_NULL,
                                               .swizzle = IDENTITY_SWIZZLE};
    if (index >= low->insn->operand_count) {
        sl_sm4_refuse(low, SL_IR_BAD, "an operand is missing");
        return &none;
    }
    return &low->insn->operands[index];
}

/* A second destination is where the index says before the first is written. */
struct sl_ir_dst sl_sm4_dst_at(struct sl_sm4_lowering *low, size_t index)
{
    struct sl_ir_dst dst = sl_sm4_dst(low, operand_at(low, index));
    if (index > 0 && dst.index[0].relative) {
        struct sl_ir_src temp = sl_ir_src(SL_IR_TEMP, dst.index[0].temp);
        dst.index[0] =
            index_of_word(low, sl_ir_component(temp, dst.index[0].component), dst.index[0].base);
    }
    return dst;
}

struct sl_ir_src sl_sm4_src_at(struct sl_sm4_lowering *low, size_t index, enum sl_ir_kind kind)
{
    return sl_sm4_src(low, operand_at(low, index), kind);
}

uint16_t sl_sm4_slot(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand,
                     enum sl_sm4_register type, uint32_t limit)
{
    if (operand->type != type) {
        sl_sm4_refuse(low, SL_IR_BAD, "an operand of type %u where type %u is wanted",
                      (unsigned)operand->type, (unsigned)type);
        return 0;
    }
    return (uint16_t)fixed_index(low, operand, 0, limit);
}
