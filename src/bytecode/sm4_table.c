#include "bytecode/sm4_table.h"

static const struct sl_sm4_shape shapes[] = {
#define SL_SM4_OP(name, value, mnemonic, dsts, srcs, extra, literal, trait)                        \
    {mnemonic, SL_SM4_##name, dsts, srcs, extra, SL_SM4_LITERAL_##literal, SL_SM4_TRAIT_##trait},
#include "bytecode/sm4_ops.def"
#undef SL_SM4_OP
};

#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* Rows are in the order of their numbers. */
const struct sl_sm4_shape *sl_sm4_shape(uint32_t op)
{
    size_t low = 0;
    size_t high = SHAPES;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uint32_t)shapes[middle].op < op) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < SHAPES && (uint32_t)shapes[low].op == op ? &shapes[low] : NULL;
}

const struct sl_sm4_shape *sl_sm4_shapes(size_t *count)
{
    *count = SHAPES;
    return shapes;
}

const char *sl_sm4_mnemonic(enum sl_sm4_op op)
{
    const struct sl_sm4_shape *shape = sl_sm4_shape((uint32_t)op);
    return shape ? shape->mnemonic : "";
}

static const struct sl_sm4_aero_op aero_ops[] = {
    {0x00, SL_SM4_NOP, 0, 0},
    {0x01, SL_SM4_MOV, 2, 2},
    {0x02, SL_SM4_ADD, 3, 3},
    {0x04, SL_SM4_MAD, 4, 4},
    {0x05, SL_SM4_MUL, 3, 3},
    {0x06, SL_SM4_RCP, 2, 2},
    {0x07, SL_SM4_RSQ, 2, 2},
    {0x08, SL_SM4_DP3, 3, 3},
    {0x09, SL_SM4_DP4, 3, 3},
    {0x0A, SL_SM4_MIN, 3, 3},
    {0x0B, SL_SM4_MAX, 3, 3},
    {0x0C, SL_SM4_LT, 3, 3},
    {0x0D, SL_SM4_GE, 3, 3},
    {0x0E, SL_SM4_EQ, 3, 3},
    {0x0F, SL_SM4_NE, 3, 3},
    {0x10, SL_SM4_AERO_GT, 3, 3},
    {0x11, SL_SM4_AERO_LE, 3, 3},
    {0x18, SL_SM4_FTOI, 2, 2},
    {0x19, SL_SM4_FTOU, 2, 2},
    {0x1A, SL_SM4_ITOF, 2, 2},
    {0x1B, SL_SM4_UTOF, 2, 2},
    {0x1C, SL_SM4_MOVC, 4, 4},
    {0x1D, SL_SM4_IADD, 3, 3},
    {0x1E, SL_SM4_AERO_ISUB, 3, 3},
    {0x1F, SL_SM4_CUSTOMDATA, 0, 0},
    {0x23, SL_SM4_XOR, 3, 3},
    {0x24, SL_SM4_NOT, 2, 2},
    {0x25, SL_SM4_ISHL, 3, 3},
    {0x26, SL_SM4_ISHR, 3, 3},
    {0x28, SL_SM4_IF, 1, 1},
    {0x29, SL_SM4_ELSE, 0, 0},
    {0x2A, SL_SM4_ENDIF, 0, 0},
    {0x2B, SL_SM4_AERO_IFC, 2, 2},
    {0x2C, SL_SM4_AERO_SETP, 3, 3},
    {0x2D, SL_SM4_BREAK, 0, 0},
    {0x2E, SL_SM4_BREAKC, 1, 2},
    {0x2F, SL_SM4_LOOP, 0, 0},
    {0x30, SL_SM4_ENDLOOP, 0, 0},
    {0x31, SL_SM4_CONTINUE, 0, 0},
    {0x32, SL_SM4_CONTINUEC, 1, 2},
    {0x35, SL_SM4_SWITCH, 1, 1},
    {0x36, SL_SM4_CASE, 1, 1},
    {0x37, SL_SM4_DEFAULT, 0, 0},
    {0x38, SL_SM4_ENDSWITCH, 0, 0},
    {0x3A, SL_SM4_DISCARD, 1, 1},
    {0x3B, SL_SM4_AERO_CLIP, 1, 1},
    {0x3C, SL_SM4_UDIV, 4, 4},
    {0x3D, SL_SM4_AERO_IDIV, 4, 4},
    {0x3E, SL_SM4_RET, 0, 0},
    {0x3F, SL_SM4_EMIT, 0, 0},
    {0x40, SL_SM4_CUT, 0, 0},
    {0x41, SL_SM4_EMIT_STREAM, 0, 1},
    {0x42, SL_SM4_CUT_STREAM, 0, 1},
    {0x43, SL_SM4_EMIT_THEN_CUT, 0, 0},
    {0x44, SL_SM4_EMIT_THEN_CUT_STREAM, 0, 1},
    {0x45, SL_SM4_SAMPLE, 4, 4},
    {0x46, SL_SM4_SAMPLE_L, 5, 5},
    {0x4B, SL_SM4_RESINFO, 3, 3},
    {0x4C, SL_SM4_LD, 3, 4},
    {0x4D, SL_SM4_IEQ, 3, 3},
    {0x4E, SL_SM4_IGE, 3, 3},
    {0x4F, SL_SM4_ILT, 3, 3},
    {0x50, SL_SM4_INE, 3, 3},
    {0x51, SL_SM4_ULT, 3, 3},
    {0x52, SL_SM4_UGE, 3, 3},
    {0x53, SL_SM4_LD_RAW, 3, 3},
    {0x54, SL_SM4_LD_STRUCTURED, 4, 4},
    {0x56, SL_SM4_STORE_RAW, 3, 3},
    {0x57, SL_SM4_STORE_STRUCTURED, 4, 4},
    {0x58, SL_SM4_BFREV, 2, 2},
    {0x59, SL_SM4_COUNTBITS, 2, 2},
    {0x5A, SL_SM4_FIRSTBIT_HI, 2, 2},
    {0x5B, SL_SM4_FIRSTBIT_LO, 2, 2},
    {0x5C, SL_SM4_FIRSTBIT_SHI, 2, 2},
    {0x5D, SL_SM4_F32TOF16, 2, 2},
    {0x5E, SL_SM4_F16TOF32, 2, 2},
    {0x5F, SL_SM4_SYNC, 0, 0},
    {0x61, SL_SM4_AERO_IABS, 2, 2},
    {0x62, SL_SM4_INEG, 2, 2},
    {0x63, SL_SM4_IMIN, 3, 3},
    {0x64, SL_SM4_IMAX, 3, 3},
    {0x65, SL_SM4_UMIN, 3, 3},
    {0x66, SL_SM4_UMAX, 3, 3},
    {0x67, SL_SM4_BFI, 5, 5},
    {0x68, SL_SM4_UBFE, 4, 4},
    {0x69, SL_SM4_IBFE, 4, 4},
    {0x6A, SL_SM4_UADDC, 4, 4},
    {0x6B, SL_SM4_USUBB, 4, 4},
    {0x6C, SL_SM4_AERO_IADDC, 4, 4},
    {0x6D, SL_SM4_AERO_ISUBC, 4, 4},
    {0x6E, SL_SM4_UMUL, 3, 4},
    {0x6F, SL_SM4_LD_RAW, 3, 3},
    {0x70, SL_SM4_IMUL, 3, 4},
    {0x71, SL_SM4_AND, 3, 3},
    {0x72, SL_SM4_OR, 3, 3},
    {0x73, SL_SM4_USHR, 3, 3},
    {0x74, SL_SM4_UMAD, 4, 5},
    {0x75, SL_SM4_IMAD, 4, 5},
};

#define AERO_OPS (sizeof(aero_ops) / sizeof(aero_ops[0]))

const struct sl_sm4_aero_op *sl_sm4_aero_op(uint32_t number)
{
    for (size_t i = 0; i < AERO_OPS; i++) {
        if (aero_ops[i].number == number) {
            return &aero_ops[i];
        }
    }
    return NULL;
}

static const struct {
    enum sl_sm4_op op;
    uint16_t number;
} aero_declarations[] = {
    {SL_SM4_DCL_INPUT, 0x100},
    {SL_SM4_DCL_INPUT_SIV, 0x100},
    {SL_SM4_DCL_OUTPUT, 0x101},
    {SL_SM4_DCL_OUTPUT_SIV, 0x101},
    {SL_SM4_DCL_RESOURCE, 0x102},
    {SL_SM4_DCL_SAMPLER, 0x103},
    {SL_SM4_DCL_CONSTANTBUFFER, 0x104},
    {SL_SM4_DCL_INPUTPRIMITIVE, 0x10C},
    {SL_SM4_DCL_OUTPUTTOPOLOGY, 0x10D},
    {SL_SM4_DCL_MAXOUT, 0x10E},
    {SL_SM4_DCL_GS_INSTANCE_COUNT, 0x10F},
    {SL_SM4_DCL_HS_MAX_TESSFACTOR, 0x110},
    {SL_SM4_DCL_INPUT_CONTROL_POINT_COUNT, 0x112},
    {SL_SM4_DCL_TESS_DOMAIN, 0x113},
    {SL_SM4_DCL_TESS_PARTITIONING, 0x114},
    {SL_SM4_DCL_TESS_OUTPUT_PRIMITIVE, 0x115},
    {SL_SM4_DCL_OUTPUT_CONTROL_POINT_COUNT, 0x116},
    {SL_SM4_HS_CONTROL_POINT_PHASE, 0x11A},
    {SL_SM4_HS_FORK_PHASE, 0x11B},
    {SL_SM4_HS_JOIN_PHASE, 0x11C},
    {SL_SM4_DCL_THREAD_GROUP, 0x11F},
    {SL_SM4_DCL_RESOURCE_RAW, 0x205},
    {SL_SM4_DCL_RESOURCE_STRUCTURED, 0x206},
    {SL_SM4_DCL_UAV_RAW, 0x207},
    {SL_SM4_DCL_UAV_STRUCTURED, 0x208},
    {SL_SM4_DCL_UAV_TYPED, 0x209},
    {SL_SM4_DCL_TGSM_RAW, 0x20A},
    {SL_SM4_DCL_TGSM_STRUCTURED, 0x20B},
    {SL_SM4_AERO_DCL_OTHER, 0x200},
};

static uint32_t aero_ld_raw(const struct sl_sm4_insn *insn)
{
    return insn->operands[2].type == SL_SM4_REG_UAV ? 0x6F : 0x53;
}

const struct sl_sm4_aero_op *sl_sm4_aero_op_of(enum sl_sm4_op op)
{
    for (size_t i = 0; i < AERO_OPS; i++) {
        if (aero_ops[i].op == op) {
            return &aero_ops[i];
        }
    }
    return NULL;
}

#define NO_NUMBER 0xFFFFFFFFu

static uint32_t usual_number(enum sl_sm4_op op)
{
    const struct sl_sm4_aero_op *row = sl_sm4_aero_op_of(op);
    if (row) {
        return row->number;
    }
    for (size_t i = 0; i < sizeof(aero_declarations) / sizeof(aero_declarations[0]); i++) {
        if (aero_declarations[i].op == op) {
            return aero_declarations[i].number;
        }
    }
    return NO_NUMBER;
}

bool sl_sm4_aero_knows(enum sl_sm4_op op)
{
    return usual_number(op) != NO_NUMBER;
}

uint32_t sl_sm4_aero_number(const struct sl_sm4_insn *insn)
{
    return insn->op == SL_SM4_LD_RAW ? aero_ld_raw(insn) : usual_number(insn->op);
}

unsigned sl_sm4_dsts(const struct sl_sm4_insn *insn, const struct sl_sm4_shape *shape)
{
    bool adds = insn->op == SL_SM4_IMAD || insn->op == SL_SM4_UMAD;
    bool both = adds && insn->operand_count == shape->dsts + shape->srcs + 1;
    return shape->dsts + (both ? 1u : 0u);
}
