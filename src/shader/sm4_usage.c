/* What is known of a SM4 or SM5 program from its operands rather than from declarations. */
#include "shader/sm4_lowering.h"

#include "render/texture.h"

sl_sm4_components *sl_sm4_components_of(struct sl_sm4_lowering *low,
                                        const struct sl_sm4_operand *operand)
{
    bool constants = low->phase == SL_SM4_FORK || low->phase == SL_SM4_JOIN;
    if (operand->type == SL_SM4_REG_INPUT || operand->type == SL_SM4_REG_INPUT_CONTROL_POINT) {
        return &low->input_components;
    }
    if (operand->type == SL_SM4_REG_OUTPUT) {
        return constants ? &low->constant_components : &low->output_components;
    }
    return operand->type == SL_SM4_REG_PATCH_CONSTANT ? &low->constant_components : NULL;
}

void sl_sm4_note_output(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    low->writes_depth |= operand->type == SL_SM4_REG_DEPTH ||
                         operand->type == SL_SM4_REG_DEPTH_GE ||
                         operand->type == SL_SM4_REG_DEPTH_LE;
    low->writes_coverage |= operand->type == SL_SM4_REG_COVERAGE_MASK;
}

static void use_register(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    sl_sm4_components *components = sl_sm4_components_of(low, operand);
    if (components == NULL || operand->index_count == 0) {
        return;
    }
    uint64_t reg = operand->index[operand->index_count - 1].immediate;
    for (unsigned c = 0; reg < SL_SM4_REGISTERS_MAX && c < 4; c++) {
        (*components)[reg][c].declared = true;
    }
}

/*
 * Hand-written programs of Aero's dialect declare what their writers thought of; upstream reads
 * them by use, and so does this. Faults are found when the operand is translated.
 */
static void use_operand(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    uint64_t first = operand->index_count > 0 ? operand->index[0].immediate : 0;
    switch ((uint32_t)operand->type) {
    case SL_SM4_REG_TEMP:
        if (first >= low->temp_count && first < SL_SM4_TEMPS_MAX) {
            low->temp_count = (uint32_t)first + 1;
        }
        break;
    case SL_SM4_REG_PREDICATE:
        if (first >= low->predicate_count && first < SL_SM4_PREDICATES_MAX) {
            low->predicate_count = (uint32_t)first + 1;
        }
        break;
    case SL_SM4_REG_CONSTANT_BUFFER:
        if (first < 14 && !low->program->constants[first].used) {
            low->program->constants[first] =
                (struct sl_ir_constant_buffer){true, SL_SM4_CONSTANT_ROWS_MAX};
        }
        break;
    case SL_SM4_REG_SAMPLER:
        low->program->sampler_mask |= first < 16 ? UINT32_C(1) << first : 0;
        break;
    default:
        use_register(low, operand);
        break;
    }
}

/* t# and u# that nobody declared: buffers if a buffer instruction uses them. */
static void use_memory(struct sl_sm4_lowering *low, const struct sl_sm4_operand *operand)
{
    uint64_t slot = operand->index_count > 0 ? operand->index[0].immediate : 0;
    if (operand->type == SL_SM4_REG_UAV && slot < 8 && !low->program->uav_used[slot]) {
        low->program->uavs[slot] = (struct sl_ir_resource){.used = true, .is_buffer = true};
        low->program->uav_used[slot] = true;
        low->uav_flags[slot] = low->insn->op == SL_SM4_STORE_UAV_TYPED ? SL_IR_FLAG_TYPED : 0;
    } else if (operand->type == SL_SM4_REG_RESOURCE && slot < 128 &&
               !low->program->resources[slot].used) {
        enum sl_sm4_op op = low->insn->op;
        bool buffer = op == SL_SM4_LD_RAW || op == SL_SM4_LD_STRUCTURED || op == SL_SM4_BUFINFO;
        low->program->resources[slot] =
            (struct sl_ir_resource){.used = true, .is_buffer = buffer, .dimension = SL_TEXTURE_2D};
    }
}

void sl_sm4_use_operands(struct sl_sm4_lowering *low)
{
    if (sl_sm4_is_declaration(low->insn->op)) {
        return;
    }
    for (size_t i = 0; i < low->insn->operand_count; i++) {
        const struct sl_sm4_operand *operand = &low->insn->operands[i];
        sl_sm4_note_output(low, operand);
        if (low->aero) {
            use_operand(low, operand);
            use_memory(low, operand);
        }
    }
    if (low->insn->has_predicate) {
        use_operand(low, &low->insn->predicate);
    }
}
