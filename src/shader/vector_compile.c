/*
 * Compiling programs for the vector engine. Each operation becomes steps on single components.
 * Swizzles cost nothing, since a component has a place of its own; signs of operands mostly choose
 * a kernel; operands that are the same in all lanes are spread once. What has no kernel, or goes to
 * places that depend on an index, is left to the interpreter.
 */
#include "shader/interp_flow.h"
#include "shader/vector_compiler.h"
#include "shader/vector_fuse.h"

#include <stdlib.h>

/* ---- operations ---- */

static bool is_plain_destination(const struct sl_ir_dst *dst)
{
    return dst->file == SL_IR_TEMP ||
           (dst->file == SL_IR_OUTPUT && !sl_vector_is_relative(dst->index));
}

static struct sl_vector_place place_of_dst(const struct sl_ir_dst *dst, unsigned component)
{
    enum sl_vector_base base = dst->file == SL_IR_TEMP ? SL_VECTOR_TEMPS : SL_VECTOR_OUTPUTS;
    return (struct sl_vector_place){base, dst->reg * 4u + component};
}

/* True if computing component reads the component of the destination called written. */
static bool reads(const struct sl_ir_insn *insn, unsigned component, unsigned written)
{
    enum sl_ir_file file = insn->dst[0].file;
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    bool found = false;
    for (unsigned i = 0; i < count; i++) {
        const struct sl_ir_src *src = &insn->src[i];
        bool same = src->file == file && src->reg == insn->dst[0].reg;
        bool indexed = sl_vector_is_relative(src->index);
        found = found || (same && src->swizzle[component] == written) || indexed;
    }
    return found;
}

/* True if the component can be written while the others remain to be computed. */
static bool is_free(const struct sl_ir_insn *insn, unsigned component, unsigned remaining)
{
    bool read = false;
    for (unsigned c = 0; c < 4; c++) {
        bool other = c != component && (remaining >> c & 1);
        read = read || (other && reads(insn, c, component));
    }
    return !read;
}

static unsigned first_component(unsigned mask)
{
    return (unsigned)__builtin_ctz(mask);
}

/* In an order in which results do not overwrite operands; by way of scratch if there is none. */
static void compile_components(struct sl_vector_compiler *compiler, const struct sl_ir_insn *insn)
{
    struct sl_vector_place moved[4];
    unsigned moved_mask = 0;
    for (unsigned remaining = insn->dst[0].mask; remaining;) {
        unsigned chosen = first_component(remaining);
        for (unsigned c = 4; c-- > 0;) {
            chosen = (remaining >> c & 1) && is_free(insn, c, remaining) ? c : chosen;
        }
        struct sl_vector_place final = place_of_dst(&insn->dst[0], chosen);
        bool direct = is_free(insn, chosen, remaining);
        moved[chosen] = direct ? final : sl_vector_scratch(compiler);
        moved_mask |= direct ? 0 : 1u << chosen;
        sl_vector_compile_component(compiler, chosen, moved[chosen], final);
        remaining &= ~(1u << chosen);
    }
    for (unsigned c = 0; c < 4; c++) {
        if (moved_mask >> c & 1) {
            sl_vector_add_unary(compiler, SL_VECTOR_MOVE, place_of_dst(&insn->dst[0], c), moved[c]);
        }
    }
}

/* True if all components of the result are the same. */
static bool is_uniform(const struct sl_ir_insn *insn)
{
    const struct sl_ir_op_info *info = sl_ir_op_info((enum sl_ir_op)insn->op);
    if (!info->componentwise) {
        return true;
    }
    unsigned first = first_component(insn->dst[0].mask);
    bool same = true;
    for (unsigned i = 0; i < info->src_count; i++) {
        for (unsigned c = first + 1; c < 4; c++) {
            bool counts = insn->dst[0].mask >> c & 1;
            same = same && (!counts || insn->src[i].swizzle[c] == insn->src[i].swizzle[first]);
        }
    }
    return same;
}

static void compile_uniform(struct sl_vector_compiler *compiler, const struct sl_ir_insn *insn)
{
    unsigned first = first_component(insn->dst[0].mask);
    struct sl_vector_place place = place_of_dst(&insn->dst[0], first);
    /* The others are copies of it: bits, if something reads any of them as such. */
    struct sl_vector_place final = place;
    for (unsigned c = first; c < 4; c++) {
        struct sl_vector_place other = place_of_dst(&insn->dst[0], c);
        bool counts = insn->dst[0].mask >> c & 1;
        if (counts && !sl_vector_may_be_denormal(compiler, other)) {
            final = other;
        }
    }
    sl_vector_compile_component(compiler, first, place, final);
    for (unsigned c = first + 1; c < 4; c++) {
        if (insn->dst[0].mask >> c & 1) {
            sl_vector_add_unary(compiler, SL_VECTOR_MOVE, place_of_dst(&insn->dst[0], c), place);
        }
    }
}

/* ---- sampling ---- */

/* Four places in a row. */
static struct sl_vector_place new_scratch_row(struct sl_vector_compiler *compiler)
{
    struct sl_vector_place first = sl_vector_scratch(compiler);
    for (unsigned c = 1; c < 4; c++) {
        sl_vector_scratch(compiler);
    }
    return first;
}

/* True if the result can go to its register while operands are being read. */
static bool is_direct_sample(const struct sl_ir_insn *insn)
{
    const struct sl_ir_dst *dst = &insn->dst[0];
    bool direct = dst->mask == 15 && !dst->saturate;
    for (unsigned c = 0; c < 4; c++) {
        direct = direct && insn->result[c] == c;
    }
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    for (unsigned i = 0; i < count; i++) {
        direct = direct && !(insn->src[i].file == dst->file && insn->src[i].reg == dst->reg);
    }
    return direct;
}

static bool add_sample(struct sl_vector_compiler *compiler, const struct sl_ir_insn *insn)
{
    struct sl_vector_sample sample = {.insn = compiler->insn};
    unsigned count = sl_ir_op_info((enum sl_ir_op)insn->op)->src_count;
    for (unsigned i = 0; i < count; i++) {
        unsigned components = sl_interp_sample_components(insn, i);
        for (unsigned c = 0; c < components; c++) {
            sample.places[i][c] = sl_vector_place_of(compiler, i, c);
        }
    }
    struct sl_vector_code *code = compiler->code;
    struct sl_vector_sample *samples =
        sl_vector_grow(compiler, code->samples, code->sample_count, &compiler->sample_capacity,
                       SL_VECTOR_SAMPLES_MAX, sizeof(*samples));
    if (!samples) {
        return false;
    }
    code->samples = samples;
    code->samples[code->sample_count++] = sample;
    return true;
}

static void compile_sample(struct sl_vector_compiler *compiler, const struct sl_ir_insn *insn)
{
    bool direct = is_direct_sample(insn);
    if (!add_sample(compiler, insn)) {
        return;
    }
    struct sl_vector_op op = {
        .special = SL_VECTOR_SAMPLE,
        .sample = compiler->code->sample_count - 1,
        .dst = direct ? place_of_dst(&insn->dst[0], 0) : new_scratch_row(compiler),
    };
    sl_vector_add_op(compiler, &op);
    for (unsigned c = 0; c < 4 && !direct; c++) {
        struct sl_vector_place texel = op.dst;
        texel.slot += insn->result[c];
        if (insn->dst[0].mask >> c & 1) {
            sl_vector_add_unary(compiler,
                                insn->dst[0].saturate ? SL_VECTOR_SATURATE : SL_VECTOR_MOVE,
                                place_of_dst(&insn->dst[0], c), texel);
        }
    }
}

static void compile_insn(struct sl_vector_compiler *compiler, const struct sl_ir_insn *insn)
{
    compiler->scratch = 0;
    enum sl_ir_op op_name = (enum sl_ir_op)insn->op;
    if (sl_interp_is_flow(op_name)) {
        return;
    }
    bool per_lane_offset = op_name == SL_IR_GATHER4_PO || op_name == SL_IR_GATHER4_PO_C;
    if (sl_interp_samples(op_name) && !per_lane_offset && is_plain_destination(&insn->dst[0])) {
        compile_sample(compiler, insn);
        return;
    }
    bool has_kernel =
        sl_vector_has_kernel((enum sl_ir_op)insn->op) && is_plain_destination(&insn->dst[0]);
    if (!has_kernel) {
        struct sl_vector_op op = {.special = SL_VECTOR_EXECUTE};
        sl_vector_add_op(compiler, &op);
    } else if (insn->dst[0].mask && is_uniform(insn)) {
        compile_uniform(compiler, insn);
    } else if (insn->dst[0].mask) {
        compile_components(compiler, insn);
    }
}

/* ---- programs ---- */

static void find_segments(struct sl_vector_code *code)
{
    const struct sl_ir_program *program = code->program;
    code->next_flow[program->insn_count] = program->insn_count;
    for (uint32_t i = program->insn_count; i-- > 0;) {
        bool flow = sl_interp_is_flow((enum sl_ir_op)program->insns[i].op);
        code->next_flow[i] = flow ? i : code->next_flow[i + 1];
    }
    for (uint32_t i = 0; i < program->insn_count; i++) {
        code->cost[i + 1] = code->cost[i] + program->insns[i].cost;
    }
}

static void find_clears(struct sl_vector_compiler *compiler)
{
    struct sl_vector_code *code = compiler->code;
    const struct sl_ir_program *program = compiler->program;
    size_t most = 4 * ((size_t)program->temp_count + program->output_count) + 1;
    code->cleared = calloc(most, sizeof(*code->cleared));
    if (!code->cleared) {
        compiler->failed = true;
        return;
    }
    for (uint32_t slot = 0; slot < 4 * program->temp_count; slot++) {
        if (compiler->facts.clear_temps[slot / 4] >> slot % 4 & 1) {
            code->cleared[code->cleared_count++] = (struct sl_vector_place){SL_VECTOR_TEMPS, slot};
        }
    }
    for (uint32_t slot = 0; slot < 4 * program->output_count; slot++) {
        if (compiler->facts.clear_outputs[slot / 4] >> slot % 4 & 1) {
            code->cleared[code->cleared_count++] =
                (struct sl_vector_place){SL_VECTOR_OUTPUTS, slot};
        }
    }
}

/* Threads meet, vertices come out and memory changes only in the interpreter. */
static bool can_compile(const struct sl_ir_program *program)
{
    if (program->stage != SL_IR_VERTEX && program->stage != SL_IR_PIXEL &&
        program->stage != SL_IR_DOMAIN) {
        return false;
    }
    bool able = !program->has_side_effects;
    for (uint32_t i = 0; i < program->insn_count; i++) {
        enum sl_ir_op op = (enum sl_ir_op)program->insns[i].op;
        able = able && op != SL_IR_SYNC && op != SL_IR_EMIT && op != SL_IR_CUT;
    }
    return able;
}

static bool compile(struct sl_vector_compiler *compiler)
{
    struct sl_vector_code *code = compiler->code;
    const struct sl_ir_program *program = compiler->program;
    size_t count = (size_t)program->insn_count + 1;
    code->first = calloc(count, sizeof(*code->first));
    code->next_flow = calloc(count, sizeof(*code->next_flow));
    code->cost = calloc(count, sizeof(*code->cost));
    if (!code->first || !code->next_flow || !code->cost ||
        !sl_vector_facts_find(&compiler->facts, program)) {
        return false;
    }
    for (uint32_t i = 0; i < program->insn_count && !compiler->failed; i++) {
        compiler->insn = i;
        code->first[i] = code->op_count;
        compile_insn(compiler, &program->insns[i]);
    }
    code->first[program->insn_count] = code->op_count;
    find_segments(code);
    sl_vector_fuse(code);
    find_clears(compiler);
    return !compiler->failed;
}

struct sl_vector_code *sl_vector_compile(const struct sl_ir_program *program)
{
    if (!can_compile(program)) {
        return NULL;
    }
    struct sl_vector_code *code = calloc(1, sizeof(*code));
    if (!code) {
        return NULL;
    }
    code->program = program;
    struct sl_vector_compiler compiler = {.code = code, .program = program};
    bool compiled = compile(&compiler);
    sl_vector_facts_finish(&compiler.facts);
    if (!compiled) {
        sl_vector_code_destroy(code);
        return NULL;
    }
    return code;
}

uint64_t sl_vector_code_size(const struct sl_vector_code *code)
{
    uint64_t insns = (uint64_t)code->program->insn_count + 1;
    return sizeof(*code) + (uint64_t)code->op_count * sizeof(*code->ops) +
           insns * (sizeof(*code->first) + sizeof(*code->next_flow) + sizeof(*code->cost)) +
           (uint64_t)code->value_count * sizeof(*code->values) +
           (uint64_t)code->cleared_count * sizeof(*code->cleared);
}

void sl_vector_code_destroy(struct sl_vector_code *code)
{
    if (!code) {
        return;
    }
    free(code->ops);
    free(code->first);
    free(code->next_flow);
    free(code->cost);
    free(code->samples);
    free(code->values);
    free(code->cleared);
    free(code);
}
