#include "shader/interp_flow.h"
#include "shader/vector_code.h"

#include <stdlib.h>

unsigned sl_vector_components_read(const struct sl_ir_insn *insn, unsigned source)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    if (info->componentwise) {
        return insn->dst[0].mask | (info->dst_count > 1 ? insn->dst[1].mask : 0u);
    }
    if (insn->op == SL_IR_DP2 || insn->op == SL_IR_DP3) {
        return insn->op == SL_IR_DP2 ? 3 : 7;
    }
    (void)source;
    return 15;
}

/* The components of the register behind. */
static unsigned register_components(const struct sl_ir_src *src, unsigned components)
{
    unsigned behind = 0;
    for (unsigned c = 0; c < 4; c++) {
        behind |= components >> c & 1 ? 1u << src->swizzle[c] : 0u;
    }
    return behind;
}

/* ---- temps that are more than operands of arithmetic ---- */

/* Texture coordinates count as bits: how sampling treats denormals is its own affair. */
static bool reads_as_bits(enum sl_ir_op op)
{
    bool is_texture = op >= SL_IR_SAMPLE && op <= SL_IR_RESINFO;
    return sl_ir_op_info(op)->kind != SL_IR_KIND_FLOAT || is_texture;
}

static void note_bits_of_index(struct sl_vector_facts *facts, const struct sl_ir_index index[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (index[i].relative) {
            facts->temps_as_bits[index[i].temp] |= (uint8_t)(1u << index[i].component);
        }
    }
}

static void note_bits(struct sl_vector_facts *facts, const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    for (unsigned i = 0; i < info->src_count; i++) {
        const struct sl_ir_src *src = &insn->src[i];
        note_bits_of_index(facts, src->index);
        if (src->file == SL_IR_TEMP && reads_as_bits((enum sl_ir_op)insn->op)) {
            unsigned components = sl_vector_components_read(insn, i);
            facts->temps_as_bits[src->reg] |= (uint8_t)register_components(src, components);
        }
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        note_bits_of_index(facts, insn->dst[i].index);
    }
}

/* ---- what is read before it is written ---- */

/* Components that are known to be written, in all lanes. */
struct written {
    uint8_t *temps;
    uint8_t outputs[SL_IR_REGISTERS_MAX];
    unsigned depth; /* of blocks */
    bool divided;   /* some lanes may be gone: nothing is known to be written from here on */
};

static void note_index_read(struct sl_vector_facts *facts, const struct written *written,
                            const struct sl_ir_index index[2])
{
    for (unsigned i = 0; i < 2; i++) {
        if (index[i].relative) {
            unsigned component = 1u << index[i].component;
            facts->clear_temps[index[i].temp] |=
                (uint8_t)(component & ~(unsigned)written->temps[index[i].temp]);
        }
    }
}

static void note_read(struct sl_vector_facts *facts, const struct written *written,
                      const struct sl_ir_src *src, unsigned components)
{
    unsigned behind = register_components(src, components);
    note_index_read(facts, written, src->index);
    if (src->file == SL_IR_TEMP) {
        facts->clear_temps[src->reg] |= (uint8_t)(behind & ~(unsigned)written->temps[src->reg]);
    }
}

static void note_written(struct written *written, const struct sl_ir_dst *dst)
{
    if (written->depth > 0 || written->divided) {
        return;
    }
    if (dst->file == SL_IR_TEMP) {
        written->temps[dst->reg] |= dst->mask;
    } else if (dst->file == SL_IR_OUTPUT && !dst->index[0].relative) {
        written->outputs[dst->reg] |= dst->mask;
    }
}

static void note_flow(struct written *written, enum sl_ir_op op)
{
    if (op == SL_IR_IF || op == SL_IR_LOOP || op == SL_IR_SWITCH) {
        written->depth++;
    } else if (op == SL_IR_ENDIF || op == SL_IR_ENDLOOP || op == SL_IR_ENDSWITCH) {
        written->depth--;
    }
    /* A loop may cap lanes, blocks and calls may hold returns. */
    written->divided = written->divided || op == SL_IR_LOOP || op == SL_IR_CALL ||
                       op == SL_IR_CALLC || op == SL_IR_RET || op == SL_IR_RETC;
}

static void note_clears(struct sl_vector_facts *facts, struct written *written,
                        const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    for (unsigned i = 0; i < info->src_count; i++) {
        note_read(facts, written, &insn->src[i], sl_vector_components_read(insn, i));
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        note_index_read(facts, written, insn->dst[i].index);
    }
    for (unsigned i = 0; i < info->dst_count; i++) {
        note_written(written, &insn->dst[i]);
    }
    note_flow(written, (enum sl_ir_op)insn->op);
}

/* Outputs may be read back anywhere, and are read at the end: what no plain write sets is cleared.
 */
static void find_clears(struct sl_vector_facts *facts, const struct sl_ir_program *program,
                        uint8_t *temps)
{
    struct written written = {.temps = temps};
    uint8_t read_back[SL_IR_REGISTERS_MAX] = {0};
    for (uint32_t i = 0; i < program->insn_count; i++) {
        const struct sl_ir_insn *insn = &program->insns[i];
        unsigned src_count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
        for (unsigned k = 0; k < src_count; k++) {
            const struct sl_ir_src *src = &insn->src[k];
            for (unsigned reg = 0; src->file == SL_IR_OUTPUT && reg < SL_IR_REGISTERS_MAX; reg++) {
                bool read = src->index[0].relative || reg == src->reg;
                read_back[reg] |= read ? (uint8_t)(15u & ~(unsigned)written.outputs[reg]) : 0;
            }
        }
        note_clears(facts, &written, insn);
    }
    for (unsigned reg = 0; reg < SL_IR_REGISTERS_MAX; reg++) {
        facts->clear_outputs[reg] =
            (uint8_t)((15u & ~(unsigned)written.outputs[reg]) | read_back[reg]);
    }
}

bool sl_vector_facts_find(struct sl_vector_facts *facts, const struct sl_ir_program *program)
{
    size_t count = (size_t)program->temp_count + 1;
    uint8_t *written = calloc(count, 1);
    facts->temps_as_bits = calloc(count, 1);
    facts->clear_temps = calloc(count, 1);
    if (!written || !facts->temps_as_bits || !facts->clear_temps) {
        free(written);
        sl_vector_facts_finish(facts);
        return false;
    }
    for (uint32_t i = 0; i < program->insn_count; i++) {
        note_bits(facts, &program->insns[i]);
    }
    find_clears(facts, program, written);
    free(written);
    return true;
}

void sl_vector_facts_finish(struct sl_vector_facts *facts)
{
    free(facts->temps_as_bits);
    free(facts->clear_temps);
    *facts = (struct sl_vector_facts){0};
}
