/* Operand tokens. The two encodings differ in where the type and the components lie. */
#include "bytecode/sm4_impl.h"

#include <stdlib.h>
#include <string.h>

#define TYPE_MAX 40u

/* Operands of a program together; 8 for each instruction that may be there. */
#define OPERANDS_TOTAL_MAX (1u << 19)
#define BLOCK_OPERANDS 256u

struct block {
    struct block *next;
    size_t used;
    size_t total; /* with the blocks behind it */
    struct sl_sm4_operand items[BLOCK_OPERANDS];
};

static struct sl_sm4_operand *allocate(struct sl_sm4_reader *reader, size_t count)
{
    struct block *head = reader->program->operands;
    if (!head || BLOCK_OPERANDS - head->used < count) {
        size_t total = head ? head->total : 0;
        if (total >= OPERANDS_TOTAL_MAX) {
            sl_sm4_fail(reader, "the program has too many operands");
            return NULL;
        }
        struct block *block = malloc(sizeof(*block));
        if (!block) {
            reader->no_memory = true;
            return NULL;
        }
        block->next = head;
        block->used = 0;
        block->total = total + BLOCK_OPERANDS;
        reader->program->operands = block;
        head = block;
    }
    struct sl_sm4_operand *operands = head->items + head->used;
    head->used += count;
    return operands;
}

void sl_sm4_free_operands(void *operands)
{
    struct block *block = operands;
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

bool sl_sm4_keep(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn,
                 const struct sl_sm4_operand *operands, size_t count)
{
    if (count == 0) {
        return true;
    }
    struct sl_sm4_operand *kept = allocate(reader, count);
    if (!kept) {
        return false;
    }
    memcpy(kept, operands, count * sizeof(*kept));
    insn->operands = kept;
    insn->operand_count = (uint8_t)count;
    return true;
}

uint32_t sl_sm4_word(struct sl_sm4_reader *reader)
{
    if (reader->why || reader->pos >= reader->end) {
        sl_sm4_fail(reader, "an instruction is shorter than its operands");
        return 0;
    }
    return reader->program->words[reader->pos++];
}

bool sl_sm4_fail(struct sl_sm4_reader *reader, const char *why)
{
    if (!reader->why) {
        reader->why = why;
    }
    return false;
}

static void set_swizzle(struct sl_sm4_operand *operand, uint32_t packed)
{
    for (unsigned i = 0; i < 4; i++) {
        operand->swizzle[i] = (uint8_t)(packed >> (2 * i) & 3);
    }
}

#define IDENTITY 0xE4u

/* field holds a mask, a swizzle or the number of a component. */
static bool decode_components(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand,
                              uint32_t field)
{
    uint32_t token = operand->token;
    static const uint8_t counts[] = {0, 1, 4};
    if (sl_sm4_bits(token, 0, 2) == 3 || sl_sm4_bits(token, 2, 2) == 3) {
        return sl_sm4_fail(reader, "an operand has an unknown number or selection of components");
    }
    operand->component_count = counts[sl_sm4_bits(token, 0, 2)];
    set_swizzle(operand, operand->component_count == 1 ? 0 : IDENTITY);
    if (operand->component_count != 4) {
        bool aero = reader->program->dialect == SL_SM4_AERO;
        bool memory = operand->type == SL_SM4_REG_UAV || operand->type == SL_SM4_REG_GROUP_SHARED;
        if (aero && memory) { /* stores carry their mask in an operand without components */
            operand->mask = field & 0xF ? field & 0xF : 0xF;
        } else {
            operand->mask = operand->component_count;
        }
        return true;
    }
    operand->selection = (enum sl_sm4_selection)sl_sm4_bits(token, 2, 2);
    switch (operand->selection) {
    case SL_SM4_MASK:
        operand->mask = field & 0xF;
        break;
    case SL_SM4_SWIZZLE:
        set_swizzle(operand, field);
        break;
    case SL_SM4_SELECT:
        set_swizzle(operand, (field & 3) * 0x55);
        break;
    }
    return true;
}

static bool decode_type(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand)
{
    bool aero = reader->program->dialect == SL_SM4_AERO;
    uint32_t low = sl_sm4_bits(operand->token, 4, 8);
    uint32_t high = sl_sm4_bits(operand->token, 12, 8);
    uint32_t type = aero ? low : high;
    if (type > TYPE_MAX) {
        return sl_sm4_fail(reader, "an operand has an unknown type");
    }
    operand->type = aero && type == SL_SM4_AERO_PREDICATE_TYPE ? SL_SM4_REG_PREDICATE
                                                               : (enum sl_sm4_register)type;
    return decode_components(reader, operand, aero ? high : low);
}

static bool decode_extended(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand)
{
    if (!(operand->token & SL_SM4_EXTENDED)) {
        return true;
    }
    operand->extended = sl_sm4_word(reader);
    if (reader->why) {
        return false;
    }
    if (operand->extended & SL_SM4_EXTENDED) {
        return sl_sm4_fail(reader, "an operand has more than one extended token");
    }
    bool aero = reader->program->dialect == SL_SM4_AERO;
    if (sl_sm4_bits(operand->extended, 0, 6) != (aero ? 0 : 1)) {
        return true; /* says nothing that has a meaning here */
    }
    uint32_t modifier = sl_sm4_bits(operand->extended, 6, aero ? 2 : 8);
    if (modifier > 3) {
        return sl_sm4_fail(reader, "an operand has an unknown modifier");
    }
    operand->negate = modifier & 1;
    operand->absolute = modifier & 2;
    return true;
}

static bool decode_immediates(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand)
{
    unsigned pieces = operand->type == SL_SM4_REG_IMMEDIATE64 ? 2 : 1;
    if (operand->component_count == 0) {
        return sl_sm4_fail(reader, "a literal has no components");
    }
    unsigned count = operand->component_count == 1 ? pieces : 4;
    for (unsigned i = 0; i < count; i++) {
        operand->immediate[i] = sl_sm4_word(reader);
    }
    for (unsigned i = count; i < 4; i++) {
        operand->immediate[i] = operand->immediate[i - count];
    }
    return !reader->why;
}

static bool decode_operand(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand,
                           unsigned depth);

/* Representations: 0 a word, 1 two words, 2 a register, 3 and 4 both with a register behind. */
static bool decode_index(struct sl_sm4_reader *reader, struct sl_sm4_index *index, unsigned depth)
{
    if (index->representation > 4) {
        return sl_sm4_fail(reader, "an index has an unknown representation");
    }
    if (index->representation == 1 || index->representation == 4) {
        index->immediate = (uint64_t)sl_sm4_word(reader) << 32; /* the high word comes first */
        index->immediate |= sl_sm4_word(reader);
    } else if (index->representation != 2) {
        index->immediate = sl_sm4_word(reader);
    }
    if (index->representation < 2) {
        return !reader->why;
    }
    if (depth == SL_SM4_RELATIVE_DEPTH_MAX) {
        return sl_sm4_fail(reader, "a relative index nests too deeply");
    }
    struct sl_sm4_operand relative;
    if (!decode_operand(reader, &relative, depth + 1)) {
        return false;
    }
    struct sl_sm4_operand *kept = allocate(reader, 1);
    if (!kept) {
        return false;
    }
    *kept = relative;
    index->relative = kept;
    return true;
}

/* Calls itself for relative indices, at most SL_SM4_RELATIVE_DEPTH_MAX deep. */
static bool decode_operand(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand,
                           unsigned depth)
{
    *operand = (struct sl_sm4_operand){.token = sl_sm4_word(reader)};
    if (reader->why || !decode_type(reader, operand) || !decode_extended(reader, operand)) {
        return false;
    }
    operand->index_count = (uint8_t)sl_sm4_bits(operand->token, 20, 2);
    for (unsigned i = 0; i < operand->index_count; i++) {
        struct sl_sm4_index *index = &operand->index[i];
        index->representation = (uint8_t)sl_sm4_bits(operand->token, 22 + 3 * i, 3);
        if (!decode_index(reader, index, depth)) {
            return false;
        }
    }
    if (operand->type == SL_SM4_REG_IMMEDIATE32 || operand->type == SL_SM4_REG_IMMEDIATE64) {
        return decode_immediates(reader, operand);
    }
    if (reader->program->dialect == SL_SM4_AERO && operand->type == SL_SM4_REG_INPUT &&
        operand->index_count == 2) { /* the register comes first there */
        struct sl_sm4_index vertex = operand->index[1];
        operand->index[1] = operand->index[0];
        operand->index[0] = vertex;
    }
    return true;
}

bool sl_sm4_operand(struct sl_sm4_reader *reader, struct sl_sm4_operand *operand)
{
    return decode_operand(reader, operand, 0);
}
