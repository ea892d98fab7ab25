#include "shader/ir.h"

#include "base/buf.h"

#include <stdlib.h>

static const struct sl_ir_op_info op_infos[SL_IR_OP_COUNT] = {
#define SL_IR_OP(name, kind, dsts, srcs, componentwise)                                            \
    [SL_IR_##name] = {#name, SL_IR_KIND_##kind, dsts, srcs, componentwise},
#include "shader/ir_ops.def"
#undef SL_IR_OP
};

const struct sl_ir_op_info *sl_ir_op_info(enum sl_ir_op op)
{
    return &op_infos[op];
}

void sl_ir_destroy(struct sl_ir_program *program)
{
    if (program == NULL) {
        return;
    }
    free(program->insns);
    free(program->arrays);
    free(program->table);
    free(program->inputs);
    free(program->outputs);
    free(program->patch_constants);
    free(program->definitions);
    free(program->phases);
    free(program);
}

/* ---- text ---- */

static const char component_names[] = "xyzw";

static void print_index(const struct sl_ir_index *index, struct sl_buf *text)
{
    if (!index->relative) {
        sl_buf_printf(text, "[%d]", (int)index->base);
        return;
    }
    sl_buf_printf(text, "[r%u.%c%+d]", (unsigned)index->temp,
                  component_names[index->component & 3u], (int)index->base);
}

static const struct {
    const char *name;
    bool has_register;
    unsigned index_count;
} files[] = {
    [SL_IR_NULL] = {"null", false, 0},        [SL_IR_TEMP] = {"r", true, 0},
    [SL_IR_ARRAY] = {"x", true, 1},           [SL_IR_INPUT] = {"v", true, 0},
    [SL_IR_OUTPUT] = {"o", true, 0},          [SL_IR_SYSTEM] = {"sys", true, 0},
    [SL_IR_IMMEDIATE] = {"", false, 0},       [SL_IR_CONSTANT] = {"cb", true, 1},
    [SL_IR_TABLE] = {"icb", false, 1},        [SL_IR_VERTEX_INPUT] = {"v", false, 2},
    [SL_IR_POINT_OUTPUT] = {"ocp", false, 2}, [SL_IR_PATCH] = {"patch", false, 1},
};

static void print_register(enum sl_ir_file file, unsigned reg, const struct sl_ir_index index[2],
                           struct sl_buf *text)
{
    sl_buf_text(text, files[file].name);
    bool indexed = (file == SL_IR_INPUT || file == SL_IR_OUTPUT) && index[0].relative;
    if (files[file].has_register && !indexed) {
        sl_buf_printf(text, "%u", reg);
    }
    unsigned count = indexed ? 1 : files[file].index_count;
    for (unsigned i = 0; i < count; i++) {
        print_index(&index[i], text);
    }
}

static void print_dst(const struct sl_ir_dst *dst, struct sl_buf *text)
{
    print_register(dst->file, dst->reg, dst->index, text);
    if (dst->mask != 0 && dst->mask != 0xF) {
        sl_buf_text(text, ".");
        for (unsigned c = 0; c < 4; c++) {
            if ((dst->mask & 1u << c) != 0) {
                sl_buf_printf(text, "%c", component_names[c]);
            }
        }
    }
}

static void print_src(const struct sl_ir_src *src, struct sl_buf *text)
{
    sl_buf_printf(text, "%s%s", src->negate ? "-" : "", src->absolute ? "|" : "");
    if (src->file == SL_IR_IMMEDIATE) {
        sl_buf_printf(text, "(%08x %08x %08x %08x)", src->immediate[src->swizzle[0] & 3u],
                      src->immediate[src->swizzle[1] & 3u], src->immediate[src->swizzle[2] & 3u],
                      src->immediate[src->swizzle[3] & 3u]);
    } else {
        print_register(src->file, src->reg, src->index, text);
        sl_buf_printf(text, ".%c%c%c%c", component_names[src->swizzle[0] & 3u],
                      component_names[src->swizzle[1] & 3u], component_names[src->swizzle[2] & 3u],
                      component_names[src->swizzle[3] & 3u]);
    }
    sl_buf_text(text, src->absolute ? "|" : "");
}

static const bool uses_target[SL_IR_OP_COUNT] = {
    [SL_IR_IF] = true,     [SL_IR_ELSE] = true,   [SL_IR_LOOP] = true,     [SL_IR_ENDLOOP] = true,
    [SL_IR_BREAK] = true,  [SL_IR_BREAKC] = true, [SL_IR_CONTINUE] = true, [SL_IR_CONTINUEC] = true,
    [SL_IR_SWITCH] = true, [SL_IR_CASE] = true,   [SL_IR_DEFAULT] = true,  [SL_IR_CALL] = true,
    [SL_IR_CALLC] = true,
};

static void print_insn(const struct sl_ir_insn *insn, struct sl_buf *text)
{
    const struct sl_ir_op_info *info = &op_infos[insn->op];
    sl_buf_text(text, info->name);
    if (info->dst_count > 0 && insn->dst[0].saturate) {
        sl_buf_text(text, "_SAT");
    }
    const char *comma = " ";
    for (unsigned i = 0; i < info->dst_count; i++, comma = ", ") {
        sl_buf_text(text, comma);
        print_dst(&insn->dst[i], text);
    }
    for (unsigned i = 0; i < info->src_count; i++, comma = ", ") {
        sl_buf_text(text, comma);
        print_src(&insn->src[i], text);
    }
    if (info->kind == SL_IR_KIND_CONTROL && info->src_count > 0) {
        sl_buf_text(text, insn->nonzero ? " nz" : " z");
    }
    if (uses_target[insn->op]) {
        sl_buf_printf(text, " -> %u", insn->target);
    }
    if (info->dst_count > 0 && info->src_count > 0 && !info->componentwise &&
        (insn->op >= SL_IR_SAMPLE && insn->op <= SL_IR_RESINFO)) {
        sl_buf_printf(text, " t%u s%u", (unsigned)insn->slot, (unsigned)insn->sampler);
    }
    if (insn->memory != SL_IR_MEM_NONE) {
        static const char memories[] = {' ', 't', 'u', 'g'};
        sl_buf_printf(text, " %c%u", memories[insn->memory & 3u], (unsigned)insn->slot);
    }
}

void sl_ir_print(const struct sl_ir_program *program, struct sl_buf *text)
{
    for (uint32_t i = 0; i < program->insn_count; i++) {
        sl_buf_printf(text, "%u: ", i);
        print_insn(&program->insns[i], text);
        sl_buf_text(text, "\n");
    }
}
