/*
 * Instructions in Aero's private encoding. Its declarations are numbered differently by different
 * writers; most are known by the type of their operand, and what stays unknown is skipped.
 */
#include "bytecode/sm4_impl.h"

#define FIRST_DECLARATION 0x100u
#define OPERANDS_ROOM (SL_SM4_OPERANDS_MAX + 1) /* and a predicate */
#define DIMENSION_TEXTURE2D 2u

struct operands {
    struct sl_sm4_operand items[OPERANDS_ROOM];
    size_t count;
};

size_t sl_sm4_aero_length(const uint32_t *words, size_t pos)
{
    return sl_sm4_bits(words[pos], 11, 13);
}

static bool decode_extensions(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn)
{
    uint32_t word = insn->token;
    while (word & SL_SM4_EXTENDED) {
        word = sl_sm4_word(reader);
        if (reader->why) {
            return false;
        }
        if (sl_sm4_bits(word, 0, 6) == 0) {
            insn->saturate = sl_sm4_bits(word, 13, 1);
        }
    }
    return true;
}

static void keep_rest(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn, size_t from)
{
    insn->data = reader->program->words + from;
    insn->data_count = (uint32_t)(reader->end - from);
    reader->pos = reader->end;
}

/* Declarations whose number is used consistently: plain words follow. */
static const struct {
    uint16_t number;
    enum sl_sm4_op op;
    uint8_t words;
} plain_declarations[] = {
    {0x10C, SL_SM4_DCL_INPUTPRIMITIVE, 1},
    {0x10D, SL_SM4_DCL_OUTPUTTOPOLOGY, 1},
    {0x10E, SL_SM4_DCL_MAXOUT, 1},
    {0x10F, SL_SM4_DCL_GS_INSTANCE_COUNT, 1},
    {0x110, SL_SM4_DCL_HS_MAX_TESSFACTOR, 1},
    {0x112, SL_SM4_DCL_INPUT_CONTROL_POINT_COUNT, 1},
    {0x113, SL_SM4_DCL_TESS_DOMAIN, 1},
    {0x114, SL_SM4_DCL_TESS_PARTITIONING, 1},
    {0x115, SL_SM4_DCL_TESS_OUTPUT_PRIMITIVE, 1},
    {0x116, SL_SM4_DCL_OUTPUT_CONTROL_POINT_COUNT, 1},
    {0x119, SL_SM4_DCL_TESS_DOMAIN, 1},
    {0x11A, SL_SM4_HS_CONTROL_POINT_PHASE, 0},
    {0x11B, SL_SM4_HS_FORK_PHASE, 0},
    {0x11C, SL_SM4_HS_JOIN_PHASE, 0},
    {0x11F, SL_SM4_DCL_THREAD_GROUP, 3},
};

static bool plain_declaration(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn,
                              uint32_t number)
{
    for (size_t i = 0; i < sizeof(plain_declarations) / sizeof(plain_declarations[0]); i++) {
        if (plain_declarations[i].number != number ||
            plain_declarations[i].words != reader->end - reader->pos) {
            continue;
        }
        insn->op = plain_declarations[i].op;
        while (reader->pos < reader->end) {
            insn->extra[insn->extra_count++] = sl_sm4_word(reader);
        }
        return true;
    }
    return false;
}

/* Declarations that have an operand, by its type and what follows. The first match counts. */
#define ANY_NUMBER 0u
#define ANY_WORDS 0xFFu

static const struct {
    uint16_t number;
    uint16_t type;
    uint8_t words;
    enum sl_sm4_op op;
} operand_declarations[] = {
    {0x205, SL_SM4_REG_RESOURCE, 0, SL_SM4_DCL_RESOURCE_RAW},
    {0x206, SL_SM4_REG_RESOURCE, 1, SL_SM4_DCL_RESOURCE_STRUCTURED},
    {0x207, SL_SM4_REG_UAV, 0, SL_SM4_DCL_UAV_RAW},
    {0x208, SL_SM4_REG_UAV, 1, SL_SM4_DCL_UAV_STRUCTURED},
    {ANY_NUMBER, SL_SM4_REG_CONSTANT_BUFFER, ANY_WORDS, SL_SM4_DCL_CONSTANTBUFFER},
    {ANY_NUMBER, SL_SM4_REG_INPUT, 0, SL_SM4_DCL_INPUT},
    {ANY_NUMBER, SL_SM4_REG_INPUT, 1, SL_SM4_DCL_INPUT_SIV},
    {ANY_NUMBER, SL_SM4_REG_OUTPUT, 0, SL_SM4_DCL_OUTPUT},
    {ANY_NUMBER, SL_SM4_REG_OUTPUT, 1, SL_SM4_DCL_OUTPUT_SIV},
    {ANY_NUMBER, SL_SM4_REG_RESOURCE, 1, SL_SM4_DCL_RESOURCE},
    {ANY_NUMBER, SL_SM4_REG_SAMPLER, ANY_WORDS, SL_SM4_DCL_SAMPLER},
    {ANY_NUMBER, SL_SM4_REG_UAV, 2, SL_SM4_DCL_UAV_TYPED},
    {ANY_NUMBER, SL_SM4_REG_GROUP_SHARED, 1, SL_SM4_DCL_TGSM_RAW},
    {ANY_NUMBER, SL_SM4_REG_GROUP_SHARED, 2, SL_SM4_DCL_TGSM_STRUCTURED},
};

static bool find_operand_declaration(struct sl_sm4_insn *insn, uint32_t number,
                                     enum sl_sm4_register type, size_t words)
{
    for (size_t i = 0; i < sizeof(operand_declarations) / sizeof(operand_declarations[0]); i++) {
        bool numbered = operand_declarations[i].number == ANY_NUMBER ||
                        operand_declarations[i].number == number;
        bool counted =
            operand_declarations[i].words == ANY_WORDS || operand_declarations[i].words == words;
        if (numbered && counted && operand_declarations[i].type == (uint16_t)type) {
            insn->op = operand_declarations[i].op;
            return true;
        }
    }
    return false;
}

/* An operand that names a register and at most a few words; false if these words are none. */
static bool operand_declaration(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn,
                                uint32_t number)
{
    struct sl_sm4_operand operand;
    if (!sl_sm4_operand(reader, &operand)) {
        return false;
    }
    size_t words = reader->end - reader->pos;
    unsigned needed = operand.type == SL_SM4_REG_CONSTANT_BUFFER ? 2 : 1;
    if (operand.index_count < needed || words > SL_SM4_EXTRA_MAX ||
        !find_operand_declaration(insn, number, operand.type, words)) {
        return false;
    }
    for (size_t i = 0; i < words; i++) {
        insn->extra[insn->extra_count++] = sl_sm4_word(reader);
    }
    bool has_dimension = insn->op == SL_SM4_DCL_RESOURCE || insn->op == SL_SM4_DCL_UAV_TYPED;
    if (has_dimension && insn->extra[0] == DIMENSION_TEXTURE2D) {
        insn->dimension = SL_SM4_DIM_TEXTURE2D;
    }
    return sl_sm4_keep(reader, insn, &operand, 1);
}

static bool decode_declaration(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn,
                               uint32_t number)
{
    size_t start = reader->pos;
    if (plain_declaration(reader, insn, number) || operand_declaration(reader, insn, number)) {
        return true;
    }
    if (reader->no_memory) {
        return false;
    }
    reader->why = NULL;
    insn->op = SL_SM4_AERO_DCL_OTHER;
    insn->extra_count = 0;
    keep_rest(reader, insn, start);
    return true;
}

static bool read_operands(struct sl_sm4_reader *reader, struct operands *operands)
{
    while (reader->pos < reader->end) {
        if (operands->count == OPERANDS_ROOM) {
            return sl_sm4_fail(reader, "an instruction has too many operands");
        }
        if (!sl_sm4_operand(reader, &operands->items[operands->count])) {
            return false;
        }
        operands->count++;
    }
    return true;
}

static bool is(const struct operands *operands, size_t index, enum sl_sm4_register type)
{
    return operands->items[index].type == type;
}

static void remove_operand(struct operands *operands, size_t index)
{
    for (size_t i = index + 1; i < operands->count; i++) {
        operands->items[i - 1] = operands->items[i];
    }
    operands->count--;
}

/* An operand beyond what the opcode needs is a predicate if it is of that type. */
static void take_predicate(struct sl_sm4_insn *insn, struct operands *operands,
                           const struct sl_sm4_aero_op *row)
{
    if (operands->count <= row->min) {
        return;
    }
    size_t last = operands->count - 1;
    size_t taken = last;
    bool writes_predicate = row->op == SL_SM4_AERO_SETP;
    if (is(operands, 0, SL_SM4_REG_PREDICATE) &&
        (!writes_predicate || is(operands, 1, SL_SM4_REG_PREDICATE))) {
        taken = 0;
    } else if (!is(operands, last, SL_SM4_REG_PREDICATE)) {
        return;
    }
    insn->has_predicate = true;
    insn->predicate = operands->items[taken];
    remove_operand(operands, taken);
}

static struct sl_sm4_operand null_operand(void)
{
    return (struct sl_sm4_operand){.type = SL_SM4_REG_NULL, .swizzle = {0, 1, 2, 3}};
}

/* Aero's order is low, high; the SDK's is high, low, of which the first may be null. */
static void order_products(const struct sl_sm4_insn *insn, struct operands *operands,
                           const struct sl_sm4_aero_op *row)
{
    bool both = operands->count == row->max;
    bool multiplies = insn->op == SL_SM4_IMUL || insn->op == SL_SM4_UMUL;
    bool adds = insn->op == SL_SM4_IMAD || insn->op == SL_SM4_UMAD;
    if (both && (multiplies || adds)) {
        struct sl_sm4_operand low = operands->items[0];
        operands->items[0] = operands->items[1];
        operands->items[1] = low;
    } else if (multiplies) {
        for (size_t i = operands->count; i > 0; i--) {
            operands->items[i] = operands->items[i - 1];
        }
        operands->items[0] = null_operand();
        operands->count++;
    }
}

static void decode_controls(struct sl_sm4_insn *insn, const struct operands *operands)
{
    const struct sl_sm4_shape *shape = sl_sm4_shape((uint32_t)insn->op);
    bool compares = shape->trait == SL_SM4_TRAIT_COMPARE ||
                    (shape->trait == SL_SM4_TRAIT_TEST && operands->count == 2);
    if (compares) {
        insn->compare = (uint8_t)insn->control;
    } else if (shape->trait == SL_SM4_TRAIT_TEST) {
        insn->test_nonzero = (insn->control & 7) == 1;
    }
}

/* Opcodes without a number of their own that their operands tell apart. */
static const struct {
    uint8_t count;
    uint8_t types[4];
    enum sl_sm4_op op;
} guesses[] = {
#define R SL_SM4_REG_TEMP
#define ANY 0xFF
    {4, {R, ANY, SL_SM4_REG_RESOURCE, SL_SM4_REG_SAMPLER}, SL_SM4_SAMPLE},
    {3, {R, ANY, SL_SM4_REG_RESOURCE}, SL_SM4_LD},
    {2, {R, SL_SM4_REG_RESOURCE}, SL_SM4_BUFINFO},
    {2, {R, SL_SM4_REG_UAV}, SL_SM4_BUFINFO},
    {4, {R, SL_SM4_REG_UAV, ANY, ANY}, SL_SM4_AERO_ADD_UAV},
    {3, {SL_SM4_REG_UAV, ANY, ANY}, SL_SM4_STORE_UAV_TYPED},
#undef R
#undef ANY
};

static bool guess(struct sl_sm4_insn *insn, const struct operands *operands)
{
    for (size_t i = 0; i < sizeof(guesses) / sizeof(guesses[0]); i++) {
        bool fits = operands->count == guesses[i].count;
        for (size_t k = 0; fits && k < guesses[i].count; k++) {
            uint8_t wanted = guesses[i].types[k];
            uint32_t type = (uint32_t)operands->items[k].type;
            bool output = wanted == SL_SM4_REG_TEMP && type == SL_SM4_REG_OUTPUT;
            bool value = wanted == 0xFF && type != SL_SM4_REG_UAV && type != SL_SM4_REG_RESOURCE &&
                         type != SL_SM4_REG_SAMPLER;
            fits = type == wanted || output || value;
        }
        if (fits) {
            insn->op = guesses[i].op;
            return true;
        }
    }
    return false;
}

bool sl_sm4_aero_insn(struct sl_sm4_reader *reader, struct sl_sm4_insn *insn)
{
    uint32_t number = sl_sm4_bits(insn->token, 0, 11);
    const struct sl_sm4_aero_op *row = sl_sm4_aero_op(number);
    insn->control = sl_sm4_bits(insn->token, 24, 7);
    if (row && row->op == SL_SM4_CUSTOMDATA) {
        insn->op = SL_SM4_CUSTOMDATA;
        insn->custom_class = insn->control;
        keep_rest(reader, insn, reader->pos);
        return true;
    }
    if (!decode_extensions(reader, insn)) {
        return false;
    }
    if (number >= FIRST_DECLARATION) {
        return decode_declaration(reader, insn, number);
    }
    struct operands operands = {.count = 0};
    if (!read_operands(reader, &operands)) {
        return false;
    }
    if (!row) {
        return guess(insn, &operands) ? sl_sm4_keep(reader, insn, operands.items, operands.count)
                                      : sl_sm4_fail(reader, "an instruction has an unknown opcode");
    }
    insn->op = row->op;
    take_predicate(insn, &operands, row);
    if (operands.count < row->min || operands.count > row->max) {
        return sl_sm4_fail(reader, "an instruction has a wrong number of operands");
    }
    order_products(insn, &operands, row);
    decode_controls(insn, &operands);
    return sl_sm4_keep(reader, insn, operands.items, operands.count);
}
