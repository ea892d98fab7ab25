/* Textures, buffers, shared memory and atomics in SM4 and SM5 programs. */
#include "shader/sm4_lowering.h"

#include <string.h>

/* Where the operands of a texture instruction lie. */
struct texture_row {
    uint16_t from;
    uint16_t to;
    uint8_t resource;
    uint8_t sampler;
    uint8_t sources[3];
    uint8_t source_count;
};

static const struct texture_row texture_rows[] = {
    {SL_SM4_SAMPLE, SL_IR_SAMPLE, 2, 3, {1}, 1},
    {SL_SM4_SAMPLE_B, SL_IR_SAMPLE_B, 2, 3, {1, 4}, 2},
    {SL_SM4_SAMPLE_L, SL_IR_SAMPLE_L, 2, 3, {1, 4}, 2},
    {SL_SM4_SAMPLE_D, SL_IR_SAMPLE_D, 2, 3, {1, 4, 5}, 3},
    {SL_SM4_SAMPLE_C, SL_IR_SAMPLE_C, 2, 3, {1, 4}, 2},
    {SL_SM4_SAMPLE_C_LZ, SL_IR_SAMPLE_C_LZ, 2, 3, {1, 4}, 2},
    {SL_SM4_GATHER4, SL_IR_GATHER4, 2, 3, {1}, 1},
    {SL_SM4_GATHER4_C, SL_IR_GATHER4_C, 2, 3, {1, 4}, 2},
    {SL_SM4_GATHER4_PO, SL_IR_GATHER4_PO, 3, 4, {1, 2}, 2},
    {SL_SM4_GATHER4_PO_C, SL_IR_GATHER4_PO_C, 3, 4, {1, 2, 5}, 3},
    {SL_SM4_LOD, SL_IR_LOD, 2, 3, {1}, 1},
};

static const struct sl_sm4_operand *operand_at(struct sl_sm4_lowering *low, size_t index)
{
    static const struct sl_sm4_operand none = {.type = SL_SM4_REG_NULL, .swizzle = {0, 1, 2, 3}};
    return index < low->insn->operand_count ? &low->insn->operands[index] : &none;
}

/* ---- textures ---- */

/* t#, which must be declared as what the instruction takes. */
static uint16_t resource_slot(struct sl_sm4_lowering *low, size_t index, bool buffer)
{
    uint16_t slot = sl_sm4_slot(low, operand_at(low, index), SL_SM4_REG_RESOURCE, 128);
    const struct sl_ir_resource *resource = &low->program->resources[slot];
    if (!resource->used || resource->is_buffer != buffer) {
        sl_sm4_refuse(low, SL_IR_BAD, "t%u is not declared as a %s", (unsigned)slot,
                      buffer ? "buffer" : "texture");
    }
    return slot;
}

static void set_resource(struct sl_sm4_lowering *low, struct sl_ir_insn *insn, size_t index,
                         uint16_t slot)
{
    insn->memory = SL_IR_MEM_RESOURCE;
    insn->slot = slot;
    insn->dimension = low->program->resources[slot].dimension;
    memcpy(insn->result, operand_at(low, index)->swizzle, sizeof(insn->result));
    memcpy(insn->offset, low->insn->offset, sizeof(insn->offset));
}

static void lower_texture(struct sl_sm4_lowering *low, const struct texture_row *row)
{
    enum sl_ir_op op = (enum sl_ir_op)row->to;
    uint16_t slot = resource_slot(low, row->resource, false);
    uint16_t sampler = sl_sm4_slot(low, operand_at(low, row->sampler), SL_SM4_REG_SAMPLER, 16);
    if ((low->program->sampler_mask & UINT32_C(1) << sampler) == 0) {
        sl_sm4_refuse(low, SL_IR_BAD, "s%u is not declared", (unsigned)sampler);
    }
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src srcs[3];
    for (unsigned i = 0; i < row->source_count; i++) {
        bool texels = op == SL_IR_GATHER4_PO || op == SL_IR_GATHER4_PO_C;
        enum sl_ir_kind kind = texels && i == 1 ? SL_IR_KIND_INT : SL_IR_KIND_FLOAT;
        srcs[i] = sl_sm4_src_at(low, row->sources[i], kind);
    }
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, op);
    insn->dst[0] = dst;
    for (unsigned i = 0; i < row->source_count; i++) {
        insn->src[i] = srcs[i];
    }
    set_resource(low, insn, row->resource, slot);
    insn->sampler = sampler;
    insn->channel = operand_at(low, row->sampler)->swizzle[0];
}

/* dst, address, memory: one element of a typed buffer. */
static void lower_typed_load(struct sl_sm4_lowering *low, enum sl_ir_memory memory, uint16_t slot)
{
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src address = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    if (low->insn->offset[0] != 0) { /* in elements here */
        struct sl_ir_src moved;
        sl_ir_append2(&low->builder, SL_IR_IADD, sl_sm4_scratch(low, 1, &moved), address,
                      sl_ir_word((uint32_t)(int32_t)low->insn->offset[0]));
        address = moved;
    }
    struct sl_ir_insn *insn = sl_ir_append2(&low->builder, SL_IR_LOAD, dst, address, sl_ir_word(0));
    insn->memory = (uint8_t)memory;
    insn->slot = slot;
    insn->flags = SL_IR_FLAG_TYPED;
    memcpy(insn->result, operand_at(low, 2)->swizzle, sizeof(insn->result));
}

/* The level is in w of the address; in Aero's dialect in z, or an operand of its own. */
static void lower_load(struct sl_sm4_lowering *low)
{
    uint16_t slot = sl_sm4_slot(low, operand_at(low, 2), SL_SM4_REG_RESOURCE, 128);
    const struct sl_ir_resource *resource = &low->program->resources[slot];
    if (resource->used && resource->is_buffer) {
        if (low->resource_flags[slot] != SL_IR_FLAG_TYPED) {
            sl_sm4_refuse(low, SL_IR_BAD, "t%u is no typed buffer", (unsigned)slot);
        }
        lower_typed_load(low, SL_IR_MEM_RESOURCE, slot);
        return;
    }
    resource_slot(low, 2, false);
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src address = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    struct sl_ir_src level = sl_ir_component(address, low->aero ? 2 : 3);
    if (low->insn->operand_count > 3) {
        level = sl_sm4_src_at(low, 3, SL_IR_KIND_INT);
    }
    struct sl_ir_insn *insn = sl_ir_append2(&low->builder, SL_IR_LD, dst, address, level);
    set_resource(low, insn, 2, slot);
}

static void lower_resinfo(struct sl_sm4_lowering *low)
{
    static const uint8_t flags[4] = {0, SL_IR_FLAG_RETURN_RCP, SL_IR_FLAG_RETURN_UINT, 0};
    uint16_t slot = resource_slot(low, 2, false);
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src level = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    struct sl_ir_insn *insn = sl_ir_append1(&low->builder, SL_IR_RESINFO, dst, level);
    set_resource(low, insn, 2, slot);
    insn->flags = flags[low->insn->control & 3];
}

/* ---- buffers ---- */

struct place {
    enum sl_ir_memory memory;
    uint16_t slot;
    uint8_t flags; /* SL_IR_FLAG_STRUCTURED, _TYPED or 0 = raw */
};

/* t#, u# or g#, as declared. */
static struct place place_at(struct sl_sm4_lowering *low, size_t index)
{
    const struct sl_sm4_operand *operand = operand_at(low, index);
    struct place place = {.memory = SL_IR_MEM_UAV};
    switch ((uint32_t)operand->type) {
    case SL_SM4_REG_RESOURCE:
        place.memory = SL_IR_MEM_RESOURCE;
        place.slot = resource_slot(low, index, true);
        place.flags = low->resource_flags[place.slot];
        return place;
    case SL_SM4_REG_GROUP_SHARED:
        place.memory = SL_IR_MEM_SHARED;
        place.slot = sl_sm4_slot(low, operand, SL_SM4_REG_GROUP_SHARED, SL_IR_SHARED_MAX);
        if (low->program->shared[place.slot].stride_bytes != 0) {
            place.flags = SL_IR_FLAG_STRUCTURED;
        }
        if (!low->program->shared[place.slot].used || low->program->stage != SL_IR_COMPUTE) {
            sl_sm4_refuse(low, SL_IR_BAD, "g%u is not declared", (unsigned)place.slot);
        }
        return place;
    default:
        break;
    }
    place.slot = sl_sm4_slot(low, operand, SL_SM4_REG_UAV, 8);
    place.flags = low->uav_flags[place.slot];
    if (!low->program->uav_used[place.slot] ||
        (low->program->stage != SL_IR_COMPUTE && low->program->stage != SL_IR_PIXEL)) {
        sl_sm4_refuse(low, SL_IR_BAD, "u%u is not declared, or not for this stage",
                      (unsigned)place.slot);
    }
    return place;
}

static void want_layout(struct sl_sm4_lowering *low, struct place place, uint8_t flags)
{
    if (place.flags != flags) {
        sl_sm4_refuse(low, SL_IR_BAD, "a buffer is accessed otherwise than it is declared");
    }
}

static void set_place(struct sl_ir_insn *insn, struct place place)
{
    insn->memory = (uint8_t)place.memory;
    insn->slot = place.slot;
    insn->flags = place.flags;
}

/* dst, address or index, [byte offset,] memory. */
static void lower_buffer_load(struct sl_sm4_lowering *low, bool structured)
{
    size_t last = structured ? 3 : 2;
    struct place place = place_at(low, last);
    want_layout(low, place, structured ? SL_IR_FLAG_STRUCTURED : 0);
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_src address = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    struct sl_ir_src offset = structured ? sl_sm4_src_at(low, 2, SL_IR_KIND_INT) : sl_ir_word(0);
    struct sl_ir_insn *insn = sl_ir_append2(&low->builder, SL_IR_LOAD, dst, address, offset);
    set_place(insn, place);
    memcpy(insn->result, operand_at(low, last)->swizzle, sizeof(insn->result));
}

/* memory, address or index, [byte offset,] value. A typed element is one word. */
static void lower_store(struct sl_sm4_lowering *low, uint8_t flags)
{
    bool structured = flags == SL_IR_FLAG_STRUCTURED;
    struct place place = place_at(low, 0);
    want_layout(low, place, flags);
    if (place.memory == SL_IR_MEM_RESOURCE) {
        sl_sm4_refuse(low, SL_IR_BAD, "a store to t%u", (unsigned)place.slot);
    }
    struct sl_ir_src address = sl_sm4_src_at(low, 1, SL_IR_KIND_INT);
    struct sl_ir_src offset = structured ? sl_sm4_src_at(low, 2, SL_IR_KIND_INT) : sl_ir_word(0);
    struct sl_ir_src value = sl_sm4_src_at(low, structured ? 3 : 2, SL_IR_KIND_INT);
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, SL_IR_STORE);
    set_place(insn, place);
    uint8_t mask = operand_at(low, 0)->mask;
    insn->dst[0] = sl_ir_dst(SL_IR_NULL, 0, flags == SL_IR_FLAG_TYPED ? 1 : mask);
    insn->src[0] = address;
    insn->src[1] = offset;
    insn->src[2] = value;
}

static void lower_bufinfo(struct sl_sm4_lowering *low)
{
    struct place place = place_at(low, 1);
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, SL_IR_BUFINFO);
    set_place(insn, place);
    insn->dst[0] = dst;
    memcpy(insn->result, operand_at(low, 1)->swizzle, sizeof(insn->result));
    if (place.memory == SL_IR_MEM_SHARED) {
        sl_sm4_refuse(low, SL_IR_BAD, "bufinfo of g%u", (unsigned)place.slot);
    }
}

/* ---- atomics ---- */

struct atomic_row {
    uint16_t from;
    uint8_t atomic;   /* enum sl_ir_atomic */
    bool returns_old; /* and has a destination for it before the memory */
};

static const struct atomic_row atomic_rows[] = {
    {SL_SM4_ATOMIC_AND, SL_IR_ATOMIC_AND, false},
    {SL_SM4_ATOMIC_OR, SL_IR_ATOMIC_OR, false},
    {SL_SM4_ATOMIC_XOR, SL_IR_ATOMIC_XOR, false},
    {SL_SM4_ATOMIC_CMP_STORE, SL_IR_ATOMIC_CMP_STORE, false},
    {SL_SM4_ATOMIC_IADD, SL_IR_ATOMIC_ADD, false},
    {SL_SM4_ATOMIC_IMAX, SL_IR_ATOMIC_IMAX, false},
    {SL_SM4_ATOMIC_IMIN, SL_IR_ATOMIC_IMIN, false},
    {SL_SM4_ATOMIC_UMAX, SL_IR_ATOMIC_UMAX, false},
    {SL_SM4_ATOMIC_UMIN, SL_IR_ATOMIC_UMIN, false},
    {SL_SM4_IMM_ATOMIC_IADD, SL_IR_ATOMIC_ADD, true},
    {SL_SM4_IMM_ATOMIC_AND, SL_IR_ATOMIC_AND, true},
    {SL_SM4_IMM_ATOMIC_OR, SL_IR_ATOMIC_OR, true},
    {SL_SM4_IMM_ATOMIC_XOR, SL_IR_ATOMIC_XOR, true},
    {SL_SM4_IMM_ATOMIC_EXCH, SL_IR_ATOMIC_EXCHANGE, true},
    {SL_SM4_IMM_ATOMIC_CMP_EXCH, SL_IR_ATOMIC_CMP_STORE, true},
    {SL_SM4_IMM_ATOMIC_IMAX, SL_IR_ATOMIC_IMAX, true},
    {SL_SM4_IMM_ATOMIC_IMIN, SL_IR_ATOMIC_IMIN, true},
    {SL_SM4_IMM_ATOMIC_UMAX, SL_IR_ATOMIC_UMAX, true},
    {SL_SM4_IMM_ATOMIC_UMIN, SL_IR_ATOMIC_UMIN, true},
    {SL_SM4_AERO_ADD_UAV, SL_IR_ATOMIC_ADD, true},
};

/* [old,] memory, address, [compare,] value. Structures are addressed by index and byte offset. */
static void lower_atomic(struct sl_sm4_lowering *low, const struct atomic_row *row)
{
    size_t at = row->returns_old ? 1 : 0;
    bool compares = row->atomic == SL_IR_ATOMIC_CMP_STORE;
    struct place place = place_at(low, at);
    if (place.memory == SL_IR_MEM_RESOURCE) {
        sl_sm4_refuse(low, SL_IR_BAD, "an atomic on t%u", (unsigned)place.slot);
    }
    struct sl_ir_dst old = sl_ir_dst(SL_IR_NULL, 0, 0);
    if (row->returns_old) {
        old = sl_sm4_dst_at(low, 0);
    }
    struct sl_ir_src address = sl_sm4_src_at(low, at + 1, SL_IR_KIND_INT);
    struct sl_ir_src compare = sl_ir_word(0);
    if (compares) {
        compare = sl_sm4_src_at(low, at + 2, SL_IR_KIND_INT);
    }
    struct sl_ir_src value = sl_sm4_src_at(low, at + (compares ? 3 : 2), SL_IR_KIND_INT);
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, SL_IR_ATOMIC);
    set_place(insn, place);
    if (low->insn->op == SL_SM4_AERO_ADD_UAV) {
        insn->flags = SL_IR_FLAG_WORD_INDEX;
    }
    insn->atomic = row->atomic;
    insn->dst[0] = old;
    insn->src[0] = address;
    insn->src[1] = sl_ir_component(address, 1);
    insn->src[2] = value;
    insn->src[3] = compare;
}

static void lower_counter(struct sl_sm4_lowering *low, enum sl_ir_op op)
{
    struct place place = place_at(low, 1);
    struct sl_ir_dst dst = sl_sm4_dst_at(low, 0);
    if (place.memory != SL_IR_MEM_UAV) {
        sl_sm4_refuse(low, SL_IR_BAD, "a counter of what is no u#");
    }
    struct sl_ir_insn *insn = sl_ir_append(&low->builder, op);
    set_place(insn, place);
    insn->dst[0] = dst;
}

/* ---- */

static void lower_uav_load(struct sl_sm4_lowering *low)
{
    struct place place = place_at(low, 2);
    want_layout(low, place, SL_IR_FLAG_TYPED);
    lower_typed_load(low, place.memory, place.slot);
}

static bool lower_irregular(struct sl_sm4_lowering *low)
{
    switch ((uint32_t)low->insn->op) {
    case SL_SM4_LD:
        lower_load(low);
        return true;
    case SL_SM4_RESINFO:
        lower_resinfo(low);
        return true;
    case SL_SM4_LD_RAW:
        lower_buffer_load(low, false);
        return true;
    case SL_SM4_LD_STRUCTURED:
        lower_buffer_load(low, true);
        return true;
    case SL_SM4_LD_UAV_TYPED:
        lower_uav_load(low);
        return true;
    case SL_SM4_STORE_RAW:
        lower_store(low, 0);
        return true;
    case SL_SM4_STORE_STRUCTURED:
        lower_store(low, SL_IR_FLAG_STRUCTURED);
        return true;
    case SL_SM4_STORE_UAV_TYPED:
        lower_store(low, SL_IR_FLAG_TYPED);
        return true;
    case SL_SM4_BUFINFO:
        lower_bufinfo(low);
        return true;
    case SL_SM4_IMM_ATOMIC_ALLOC:
        lower_counter(low, SL_IR_COUNTER_ALLOC);
        return true;
    case SL_SM4_IMM_ATOMIC_CONSUME:
        lower_counter(low, SL_IR_COUNTER_CONSUME);
        return true;
    default:
        return false;
    }
}

bool sl_sm4_lower_memory(struct sl_sm4_lowering *low)
{
    for (size_t i = 0; i < sizeof(texture_rows) / sizeof(texture_rows[0]); i++) {
        if (texture_rows[i].from == (uint16_t)low->insn->op) {
            lower_texture(low, &texture_rows[i]);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof(atomic_rows) / sizeof(atomic_rows[0]); i++) {
        if (atomic_rows[i].from == (uint16_t)low->insn->op) {
            lower_atomic(low, &atomic_rows[i]);
            return true;
        }
    }
    return lower_irregular(low);
}
