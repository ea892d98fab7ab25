/*
 * Shader blobs of any family: translating them must say something, and a program must be in order:
 * its targets inside, its registers counted, its text printable.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "shader/exec.h"

#include <stdlib.h>

#define MESSAGE_SIZE 100

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static void check_insn(const struct sl_ir_program *program, const struct sl_ir_insn *insn)
{
    check(insn->op < SL_IR_OP_COUNT);
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    check(insn->target < program->insn_count || info->kind != SL_IR_KIND_CONTROL);
    for (unsigned i = 0; i < info->src_count; i++) {
        const struct sl_ir_src *src = &insn->src[i];
        check(src->file != SL_IR_TEMP || src->reg < program->temp_count);
        check(src->file != SL_IR_OUTPUT || src->reg < program->output_count);
        for (unsigned k = 0; k < 2; k++) {
            check(!src->index[k].relative || src->index[k].temp < program->temp_count);
        }
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        const struct sl_ir_dst *dst = &insn->dst[i];
        check(dst->file != SL_IR_TEMP || dst->reg < program->temp_count);
        check(dst->file != SL_IR_OUTPUT || dst->reg < program->output_count);
    }
}

static void check_program(const struct sl_ir_program *program)
{
    check(program->insn_count > 0);
    for (uint32_t i = 0; i < program->insn_count; i++) {
        check_insn(program, &program->insns[i]);
    }
    for (uint32_t i = 0; i < program->input_element_count; i++) {
        check(program->inputs[i].reg < SL_IR_REGISTERS_MAX);
    }
    for (uint32_t i = 0; i < program->output_element_count; i++) {
        check(program->outputs[i].reg < program->output_count);
    }
    struct sl_buf text = {0};
    sl_ir_print(program, &text);
    sl_buf_finish(&text);
    struct sl_machine *machine = sl_machine_create(program, 4);
    sl_machine_destroy(machine);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sl_ir_program *program = NULL;
    char message[MESSAGE_SIZE] = "";
    enum sl_ir_verdict verdict =
        sl_ir_translate(data, size, NULL, &program, message, sizeof(message));
    if (verdict == SL_IR_OK) {
        check(program != NULL);
        check_program(program);
        sl_ir_destroy(program);
    } else {
        check(program == NULL && message[0] != '\0');
    }
    return 0;
}
