/*
 * The vector engine against the interpreter: random programs of all operations on values where
 * rules change, and the programs of the data folder. A case is its number: SHADER_VECTOR_CASE=n
 * runs one of them alone and prints its program.
 */
#include "base/buf.h"
#include "render/convert.h"
#include "render/f32_math.h"
#include "shader/exec.h"
#include "shader/host_flags.h"
#include "shader/ir_builder.h"
#include "shader/vector_code.h"

#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(shader_vector);

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CASES 400u
#define INPUTS 4u
#define OUTPUTS 4u
#define TEMPS 6u
#define ROWS 8u

/* ---- random numbers ---- */

/* SplitMix64. */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((next(state) >> 32) * limit >> 32);
}

static bool one_in(uint64_t *state, uint32_t n)
{
    return below(state, n) == 0;
}

static const uint32_t special_words[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF, 0x00800000,
    0x80800000, 0x00800001, 0x3F800000, 0xBF800000, 0x3F7FFFFF, 0xBF7FFFFF, 0x3F000000,
    0xBF000000, 0x3FC00000, 0xBFC00000, 0x40200000, 0x4B000000, 0x4AFFFFFF, 0xCB000001,
    0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x4F800000, 0x4F7FFFFF, 0x7F7FFFFF, 0xFF7FFFFF,
    0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFFFFFFF, 0x7FFFFFFF,
    0x0B800000, 0x20000000, 0xA0000000, 0x4E800000, 0x4E800001, 0x3FB504F3, 0x3FB504F4,
    0xC2FC0000, 0xC3150000, 0x43000000, 0x42FE0000, 2,          31,         32,
};

/* What a case feeds its program: mostly plain numbers, or numbers near the end of the range. */
enum flavour { PLAIN, TINY, ANYTHING, FLAVOURS, COUNTS = FLAVOURS };

static uint32_t word(uint64_t *state, enum flavour flavour)
{
    if (flavour == ANYTHING) {
        return one_in(state, 3) ? (uint32_t)next(state)
                                : special_words[below(state, COUNT(special_words))];
    }
    if (flavour == COUNTS) {
        return below(state, 20);
    }
    uint32_t bits = (uint32_t)next(state);
    if (flavour == TINY) {
        return (bits & 0x807FFFFF) | (bits >> 24 & 3 ? below(state, 3) << 23 : 60u << 23);
    }
    return (bits & 0x80FFFFFF) | 0x3F000000;
}

/* ---- random programs ---- */

struct maker {
    struct sl_ir_builder builder;
    uint64_t state;
    unsigned depth;
    unsigned loops; /* open ones; each has a temp of its own that counts */
    bool pixel;
};

static struct sl_ir_index make_index(struct maker *maker, int32_t limit)
{
    uint64_t *state = &maker->state;
    struct sl_ir_index index = {(int32_t)below(state, (uint32_t)limit), one_in(state, 6),
                                (uint8_t)below(state, 4), (uint16_t)below(state, TEMPS)};
    return index;
}

static struct sl_ir_src make_src(struct maker *maker)
{
    uint64_t *state = &maker->state;
    struct sl_ir_src src = sl_ir_src(SL_IR_TEMP, below(state, TEMPS));
    switch (below(state, 8)) {
    case 0:
        src = sl_ir_src(SL_IR_INPUT, below(state, INPUTS));
        break;
    case 1:
        src = sl_ir_constant(0, 0);
        src.index[0] = make_index(maker, ROWS + 2);
        src.clamp = one_in(state, 2);
        src.limit = ROWS - 1;
        break;
    case 2:
        src = sl_ir_bits(word(state, ANYTHING), word(state, ANYTHING), word(state, PLAIN),
                         word(state, PLAIN));
        break;
    case 3:
        if (one_in(state, 4)) {
            src = sl_ir_src(SL_IR_ARRAY, 0);
            src.index[0] = make_index(maker, 4);
        } else if (one_in(state, 2)) {
            src = sl_ir_src(SL_IR_OUTPUT, below(state, OUTPUTS));
        }
        break;
    default:
        break;
    }
    for (unsigned c = 0; c < 4; c++) {
        src.swizzle[c] = (uint8_t)below(state, 4);
    }
    src.negate = one_in(state, 5);
    src.absolute = one_in(state, 8);
    return src;
}

static struct sl_ir_dst make_dst(struct maker *maker)
{
    uint64_t *state = &maker->state;
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_TEMP, below(state, TEMPS), 1 + below(state, 15));
    switch (below(state, 10)) {
    case 0:
    case 1:
        dst.file = SL_IR_OUTPUT;
        dst.reg = (uint16_t)below(state, OUTPUTS);
        dst.index[0] = make_index(maker, OUTPUTS);
        break;
    case 2:
        dst.file = one_in(state, 3) ? SL_IR_ARRAY : SL_IR_TEMP;
        dst.reg = dst.file == SL_IR_ARRAY ? 0 : dst.reg;
        dst.index[0] = make_index(maker, 4);
        break;
    case 3:
        dst.file = one_in(state, 3) ? SL_IR_NULL : SL_IR_TEMP;
        break;
    default:
        break;
    }
    return dst;
}

static bool is_arithmetic(const struct maker *maker, enum sl_ir_op op)
{
    bool derivative = op >= SL_IR_DDX_COARSE && op <= SL_IR_DDY_FINE;
    bool dot = op >= SL_IR_DP2 && op <= SL_IR_DP4;
    return derivative ? maker->pixel : sl_ir_op_info(op)->componentwise || dot;
}

/* Programs of floats and moves only are the ones that fast passes and joined steps are for. */
static enum sl_ir_op choose_operation(struct maker *maker, bool only_floats)
{
    static const enum sl_ir_op usual[] = {SL_IR_ADD, SL_IR_MUL, SL_IR_MAD, SL_IR_MOV, SL_IR_DP2,
                                          SL_IR_DP3, SL_IR_DP4, SL_IR_FRC, SL_IR_MUL, SL_IR_MAD};
    if (only_floats && !one_in(&maker->state, 3)) {
        return usual[below(&maker->state, COUNT(usual))];
    }
    enum sl_ir_op op;
    do {
        op = (enum sl_ir_op)below(&maker->state, SL_IR_OP_COUNT);
    } while (!is_arithmetic(maker, op) ||
             (only_floats && sl_ir_op_info(op)->kind == SL_IR_KIND_INT));
    return op;
}

static void append_arithmetic(struct maker *maker, bool only_floats)
{
    enum sl_ir_op op = choose_operation(maker, only_floats);
    sl_ir_builder_source(&maker->builder, 0);
    const struct sl_ir_op_info *info = sl_ir_op_info(op);
    struct sl_ir_insn insn = {0};
    for (unsigned i = 0; i < info->dst_count; i++) {
        insn.dst[i] = make_dst(maker);
        insn.dst[i].saturate = info->kind != SL_IR_KIND_INT && one_in(&maker->state, 8);
    }
    for (unsigned i = 0; i < info->src_count; i++) {
        insn.src[i] = make_src(maker);
    }
    struct sl_ir_insn *appended = sl_ir_append(&maker->builder, op);
    memcpy(appended->dst, insn.dst, sizeof(insn.dst));
    memcpy(appended->src, insn.src, sizeof(insn.src));
    bool to_temp = insn.dst[0].file == SL_IR_TEMP && info->kind != SL_IR_KIND_INT;
    appended->flags = to_temp && one_in(&maker->state, 20) ? SL_IR_FLAG_ALL_LANES : 0;
}

/* A condition that some lanes meet: a comparison into a temp that nothing else uses. */
static struct sl_ir_src append_condition(struct maker *maker)
{
    uint16_t reg = sl_ir_builder_scratch(&maker->builder);
    enum sl_ir_op op = one_in(&maker->state, 2) ? SL_IR_LT : SL_IR_NE;
    sl_ir_append2(&maker->builder, op, sl_ir_dst(SL_IR_TEMP, reg, 1), make_src(maker),
                  make_src(maker));
    return sl_ir_component(sl_ir_src(SL_IR_TEMP, reg), 0);
}

static void append_block(struct maker *maker, unsigned count, bool only_floats);

static void append_if(struct maker *maker, unsigned count, bool only_floats)
{
    sl_ir_builder_source(&maker->builder, 0);
    struct sl_ir_src condition = append_condition(maker);
    sl_ir_append_condition(&maker->builder, SL_IR_IF, condition, one_in(&maker->state, 2));
    append_block(maker, count, only_floats);
    if (one_in(&maker->state, 2)) {
        sl_ir_builder_source(&maker->builder, 0);
        sl_ir_append(&maker->builder, SL_IR_ELSE);
        append_block(maker, count, only_floats);
    }
    sl_ir_builder_source(&maker->builder, 0);
    sl_ir_append(&maker->builder, SL_IR_ENDIF);
}

/* At most six rounds; lanes leave and skip parts on the way. */
static void append_loop(struct maker *maker, unsigned count, bool only_floats)
{
    struct sl_ir_builder *builder = &maker->builder;
    unsigned counter = TEMPS + maker->loops++;
    sl_ir_builder_source(builder, 0);
    sl_ir_append1(builder, SL_IR_MOV, sl_ir_dst(SL_IR_TEMP, counter, 1), sl_ir_word(0));
    sl_ir_append(builder, SL_IR_LOOP);
    sl_ir_builder_source(builder, 0);
    struct sl_ir_src counted = sl_ir_component(sl_ir_src(SL_IR_TEMP, counter), 0);
    sl_ir_append2(builder, SL_IR_UGE, sl_ir_dst(SL_IR_TEMP, counter, 2), counted, sl_ir_word(6));
    sl_ir_append_condition(builder, SL_IR_BREAKC, sl_ir_component(counted, 0), false)->src[0] =
        sl_ir_component(sl_ir_src(SL_IR_TEMP, counter), 1);
    builder->program->insns[builder->program->insn_count - 1].nonzero = true;
    sl_ir_builder_source(builder, 0);
    sl_ir_append2(builder, SL_IR_IADD, sl_ir_dst(SL_IR_TEMP, counter, 1), counted, sl_ir_word(1));
    append_block(maker, count, only_floats);
    sl_ir_builder_source(builder, 0);
    sl_ir_append_condition(builder, one_in(&maker->state, 2) ? SL_IR_BREAKC : SL_IR_CONTINUEC,
                           append_condition(maker), true);
    append_block(maker, count, only_floats);
    sl_ir_builder_source(builder, 0);
    sl_ir_append(builder, SL_IR_ENDLOOP);
}

static void append_switch(struct maker *maker, unsigned count, bool only_floats)
{
    struct sl_ir_builder *builder = &maker->builder;
    sl_ir_builder_source(builder, 0);
    sl_ir_append_condition(builder, SL_IR_SWITCH, append_condition(maker), false);
    for (unsigned i = 0; i < 3; i++) {
        sl_ir_builder_source(builder, 0);
        if (i == 1) {
            sl_ir_append(builder, SL_IR_DEFAULT);
        } else {
            sl_ir_append(builder, SL_IR_CASE)->src[0] = sl_ir_word(i ? UINT32_MAX : 0);
        }
        append_block(maker, count, only_floats);
        if (one_in(&maker->state, 2)) {
            sl_ir_append(builder, SL_IR_BREAK);
        }
    }
    sl_ir_builder_source(builder, 0);
    sl_ir_append(builder, SL_IR_ENDSWITCH);
}

static void append_leave(struct maker *maker)
{
    sl_ir_builder_source(&maker->builder, 0);
    enum sl_ir_op op = maker->pixel && one_in(&maker->state, 2) ? SL_IR_DISCARD : SL_IR_RETC;
    sl_ir_append_condition(&maker->builder, op, append_condition(maker), true);
}

static void append_block(struct maker *maker, unsigned count, bool only_floats)
{
    maker->depth++;
    for (unsigned i = 0; i < count; i++) {
        uint32_t kind = below(&maker->state, 40);
        if (kind == 0 && maker->depth < 4) {
            append_if(maker, count / 2, only_floats);
        } else if (kind == 1 && maker->depth < 4 && maker->loops < 3) {
            append_loop(maker, count / 3, only_floats);
        } else if (kind == 2 && maker->depth < 4) {
            append_switch(maker, count / 3, only_floats);
        } else if (kind == 3) {
            append_leave(maker);
        } else {
            append_arithmetic(maker, only_floats);
        }
    }
    maker->depth--;
}

static struct sl_ir_program *make_program(uint32_t number)
{
    struct maker maker = {.state = number, .pixel = number % 2};
    sl_ir_builder_start(&maker.builder, maker.pixel ? SL_IR_PIXEL : SL_IR_VERTEX, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(&maker.builder, TEMPS + 3);
    sl_ir_builder_array(&maker.builder, 3);
    bool only_floats = number % 4 < 2;
    for (unsigned i = 0; i < TEMPS - 1; i++) { /* the last one is zero */
        sl_ir_builder_source(&maker.builder, 0);
        sl_ir_append1(&maker.builder, SL_IR_MOV, sl_ir_dst(SL_IR_TEMP, i, 15),
                      sl_ir_src(SL_IR_INPUT, i % INPUTS));
    }
    append_block(&maker, 4 + below(&maker.state, 40), only_floats);
    for (unsigned i = 0; i < OUTPUTS; i++) {
        sl_ir_builder_source(&maker.builder, 0);
        sl_ir_append2(&maker.builder, SL_IR_ADD, sl_ir_dst(SL_IR_OUTPUT, i, 5),
                      sl_ir_src(SL_IR_TEMP, i), sl_ir_src(SL_IR_TEMP, i + 1));
    }
    struct sl_ir_program *program = NULL;
    char message[100];
    enum sl_ir_verdict verdict =
        sl_ir_builder_complete(&maker.builder, &program, message, sizeof(message));
    sl_ir_builder_finish(&maker.builder);
    cr_assert_eq(verdict, SL_IR_OK, "case %u: %s", number, message);
    return program;
}

/* ---- comparing ---- */

/* Everything that both engines get. */
struct setting {
    struct sl_shader_bindings bindings;
    uint32_t rows[256][4];
    uint8_t texels[16 * 16 * 4];
    uint8_t words[256];
    struct sl_texture texture;
    struct sl_sampler sampler;
    sl_register_lanes inputs[SL_IR_REGISTERS_MAX];
    sl_register_lanes outputs[2][SL_IR_REGISTERS_MAX];
    sl_register_lanes system[SL_IR_SYS_COUNT];
    uint32_t records[32 * 32][4];
};

static struct setting *new_setting(void)
{
    struct setting *setting = calloc(1, sizeof(*setting));
    cr_assert(setting);
    struct sl_shader_bindings *bindings = &setting->bindings;
    for (unsigned i = 0; i < COUNT(bindings->constants); i++) {
        bindings->constants[i].rows = (const uint32_t(*)[4])setting->rows;
        bindings->constants[i].row_count = 256;
    }
    for (unsigned i = 0; i < sizeof(setting->texels); i++) {
        setting->texels[i] = (uint8_t)(i * 37);
    }
    setting->texture = (struct sl_texture){
        .format = SL_TEXEL_R8G8B8A8,
        .level_count = 1,
        .layer_count = 1,
        .levels = {{setting->texels, 16, 16, 64}},
    };
    setting->sampler = (struct sl_sampler){.min_lod = -128, .max_lod = 128};
    for (unsigned i = 0; i < COUNT(bindings->samplers); i++) {
        bindings->samplers[i] = &setting->sampler;
    }
    return setting;
}

/* Constants of programs that loop are counts, so that loops end before their cap. */
static void randomise(struct setting *setting, uint64_t *state, enum flavour flavour, bool loops)
{
    for (unsigned i = 0; i < 256; i++) {
        for (unsigned c = 0; c < 4; c++) {
            setting->rows[i][c] = word(state, loops ? COUNTS : flavour);
        }
    }
    for (unsigned i = 0; i < SL_IR_REGISTERS_MAX; i++) {
        for (unsigned c = 0; c < 4; c++) {
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                setting->inputs[i][c][lane] = word(state, flavour);
            }
        }
    }
    for (unsigned i = 0; i < COUNT(setting->records); i++) {
        for (unsigned c = 0; c < 4; c++) {
            setting->records[i][c] = word(state, flavour);
        }
    }
}

static bool is_nan(uint32_t bits)
{
    return (bits & 0x7FFFFFFF) > 0x7F800000;
}

static struct sl_shader_call make_call(struct setting *setting, const struct sl_ir_program *program,
                                       unsigned which)
{
    return (struct sl_shader_call){
        .program = program,
        .bindings = &setting->bindings,
        .inputs = (const sl_register_lanes *)setting->inputs,
        .outputs = setting->outputs[which],
        .system = (const sl_register_lanes *)setting->system,
        .vertices = (const uint32_t(*)[4])setting->records,
        .vertex_count = 32,
        .vertex_stride = 32,
        .points = (const uint32_t(*)[4])setting->records,
        .point_count = 32,
        .point_stride = 32,
        .patch = (const uint32_t(*)[4])setting->records,
    };
}

/* Empty if both engines agree, else where they do not. */
static void compare(struct setting *setting, const struct sl_ir_program *program,
                    const struct sl_shader_call *calls, char *message, size_t size)
{
    message[0] = '\0';
    if (calls[0].work != calls[1].work || calls[0].discarded != calls[1].discarded ||
        calls[0].capped != calls[1].capped) {
        snprintf(message, size, "work %llu and %llu", (unsigned long long)calls[0].work,
                 (unsigned long long)calls[1].work);
    }
    for (uint32_t i = 0; i < program->output_count * 4 * SL_LANES; i++) {
        uint32_t reg = i / (4 * SL_LANES);
        uint32_t c = i / SL_LANES % 4;
        uint32_t lane = i % SL_LANES;
        uint32_t a = setting->outputs[0][reg][c][lane];
        uint32_t b = setting->outputs[1][reg][c][lane];
        bool same = a == b || (!program->reads_bits && is_nan(a) && is_nan(b));
        if (!same && (calls[0].lanes >> lane & 1)) {
            snprintf(message, size, "o%u[%u] lane %u: %08x, not %08x", reg, c, lane, b, a);
        }
    }
}

/* Runs a program several times on both; true if it was the vector engine's at all. */
static bool check_program(struct setting *setting, const struct sl_ir_program *program,
                          uint32_t number, char *message, size_t size)
{
    struct sl_vector_code *code = sl_vector_compile(program);
    message[0] = '\0';
    if (!code) {
        return false;
    }
    struct sl_vector_machine *vector = sl_vector_machine_create(code);
    struct sl_machine *machine = sl_machine_create(program, SL_LANES);
    cr_assert(vector && machine);
    uint64_t state = number;
    for (unsigned run = 0; run < 4 && !message[0]; run++) {
        randomise(setting, &state, (enum flavour)((number + run) % FLAVOURS), program->has_loops);
        struct sl_shader_call calls[2];
        uint64_t quads = one_in(&state, 2) ? UINT64_MAX : next(&state);
        uint64_t lanes = (quads & UINT64_C(0x1111111111111111)) * 15;
        for (unsigned i = 0; i < 2; i++) {
            memset(setting->outputs[i], 0xEE, sizeof(setting->outputs[i]));
            calls[i] = make_call(setting, program, i);
            calls[i].lanes = program->stage == SL_IR_PIXEL ? lanes : quads;
            calls[i].keep_outputs = run == 3;
        }
        sl_interp_run(machine, &calls[0]);
        sl_vector_run(vector, &calls[1]);
        compare(setting, program, calls, message, size);
    }
    sl_machine_destroy(machine);
    sl_vector_machine_destroy(vector);
    sl_vector_code_destroy(code);
    return true;
}

static void print_case(const struct sl_ir_program *program)
{
    struct sl_buf text = {0};
    sl_ir_print(program, &text);
    fwrite(text.data, 1, text.size, stderr);
    sl_buf_finish(&text);
}

Test(shader_vector, random_programs)
{
    const char *chosen = getenv("SHADER_VECTOR_CASE");
    uint32_t first = chosen ? (uint32_t)strtoul(chosen, NULL, 10) : 1;
    uint32_t end = chosen ? first + 1 : CASES;
    struct setting *setting = new_setting();
    setting->bindings.constants[0].row_count = ROWS;
    for (uint32_t number = first; number < end; number++) {
        struct sl_ir_program *program = make_program(number);
        char message[100];
        bool run = check_program(setting, program, number, message, sizeof(message));
        if (chosen) {
            print_case(program);
        }
        sl_ir_destroy(program);
        cr_assert(run, "case %u", number);
        cr_assert_str_empty(message, "case %u: %s", number, message);
    }
    free(setting);
}

/* ---- joined steps ---- */

/* Operations with signs; chains of them are what steps are joined from. */
struct link {
    enum sl_ir_op op;
    unsigned negated; /* bits of operands */
    bool saturate;
};

static const struct link links[] = {
    {SL_IR_MUL, 0, false}, {SL_IR_MUL, 1, false}, {SL_IR_ADD, 0, false}, {SL_IR_ADD, 1, false},
    {SL_IR_ADD, 2, false}, {SL_IR_MAD, 0, false}, {SL_IR_MAD, 1, false}, {SL_IR_MAD, 4, false},
    {SL_IR_DP2, 0, false}, {SL_IR_DP3, 0, false}, {SL_IR_DP4, 0, false}, {SL_IR_FRC, 0, false},
    {SL_IR_MUL, 0, true},  {SL_IR_ADD, 0, true},  {SL_IR_MAD, 0, true},  {SL_IR_DP3, 0, true},
    {SL_IR_MOV, 0, false},
};

/* Its operands are inputs, but for the one that the link before has computed. */
static void append_link(struct sl_ir_builder *builder, const struct link *link, unsigned number,
                        unsigned chained)
{
    sl_ir_builder_source(builder, 0);
    struct sl_ir_insn *insn = sl_ir_append(builder, link->op);
    insn->dst[0] = sl_ir_dst(SL_IR_TEMP, number, 1);
    insn->dst[0].saturate = link->saturate;
    for (unsigned i = 0; i < sl_ir_op_info(link->op)->src_count; i++) {
        bool is_chained = number > 0 && i == chained;
        insn->src[i] = is_chained ? sl_ir_component(sl_ir_src(SL_IR_TEMP, number - 1), 0)
                                  : sl_ir_src(SL_IR_INPUT, (number + i) % INPUTS);
        insn->src[i].negate = link->negated >> i & 1;
    }
}

static struct sl_ir_program *make_chain(const struct link *const chain[3],
                                        const unsigned operands[3])
{
    struct sl_ir_builder builder;
    sl_ir_builder_start(&builder, SL_IR_VERTEX, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(&builder, 3);
    for (unsigned i = 0; i < 3; i++) {
        append_link(&builder, chain[i], i, operands[i]);
    }
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 0, 1), sl_ir_src(SL_IR_TEMP, 2));
    struct sl_ir_program *program = NULL;
    char message[100];
    cr_assert_eq(sl_ir_builder_complete(&builder, &program, message, sizeof(message)), SL_IR_OK,
                 "%s", message);
    sl_ir_builder_finish(&builder);
    return program;
}

/* All chains of two links, and a third one that may join them. */
Test(shader_vector, joined_steps)
{
    static const struct link thirds[2] = {{SL_IR_MAD, 0, false}, {SL_IR_ADD, 0, false}};
    struct setting *setting = new_setting();
    unsigned joined = 0;
    for (uint32_t number = 0; number < COUNT(links) * COUNT(links) * 18; number++) {
        const struct link *const chain[3] = {&links[number / 18 / COUNT(links)],
                                             &links[number / 18 % COUNT(links)],
                                             &thirds[number / 9 % 2]};
        const unsigned operands[3] = {0, number % 3, number / 3 % 3};
        if (operands[1] >= sl_ir_op_info(chain[1]->op)->src_count) {
            continue;
        }
        struct sl_ir_program *program = make_chain(chain, operands);
        char message[100];
        cr_assert(check_program(setting, program, number, message, sizeof(message)));
        cr_assert_str_empty(message, "chain %u: %s", number, message);
        struct sl_vector_code *code = sl_vector_compile(program);
        joined += code && code->op_count < 3;
        sl_vector_code_destroy(code);
        sl_ir_destroy(program);
    }
    cr_assert_gt(joined, 1000, "%u", joined);
    free(setting);
}

/*
 * Lane n stays for 300 n rounds of a loop whose operations count as 255 instructions each: the last
 * ones exceed what an invocation may execute, in the middle of a round.
 */
Test(shader_vector, lanes_end_at_their_cap)
{
    struct sl_ir_builder builder;
    sl_ir_builder_start(&builder, SL_IR_VERTEX, SL_IR_DXBC, 5, 0);
    sl_ir_builder_reserve(&builder, 2);
    struct sl_ir_src count = sl_ir_component(sl_ir_src(SL_IR_TEMP, 0), 0);
    struct sl_ir_src done = sl_ir_component(sl_ir_src(SL_IR_TEMP, 0), 1);
    struct sl_ir_src rounds = sl_ir_component(sl_ir_src(SL_IR_INPUT, 0), 0);
    sl_ir_builder_source(&builder, 0);
    sl_ir_append(&builder, SL_IR_LOOP);
    sl_ir_append2(&builder, SL_IR_UGE, sl_ir_dst(SL_IR_TEMP, 0, 2), count, rounds)->cost = 255;
    sl_ir_append_condition(&builder, SL_IR_BREAKC, done, true)->cost = 255;
    for (unsigned i = 0; i < 2; i++) {
        struct sl_ir_dst dst = sl_ir_dst(i ? SL_IR_OUTPUT : SL_IR_TEMP, 0, 1);
        sl_ir_append2(&builder, SL_IR_IADD, dst, count, sl_ir_word(i ? 0 : 1))->cost = 255;
    }
    sl_ir_append(&builder, SL_IR_ENDLOOP)->cost = 255;
    struct sl_ir_program *program = NULL;
    char message[100];
    cr_assert_eq(sl_ir_builder_complete(&builder, &program, message, sizeof(message)), SL_IR_OK);
    sl_ir_builder_finish(&builder);
    struct setting *setting = new_setting();
    for (uint32_t lane = 0; lane < SL_LANES; lane++) {
        setting->inputs[0][0][lane] = 300 * lane;
    }
    struct sl_vector_code *code = sl_vector_compile(program);
    struct sl_vector_machine *vector = code ? sl_vector_machine_create(code) : NULL;
    struct sl_machine *machine = sl_machine_create(program, SL_LANES);
    cr_assert(vector && machine);
    struct sl_shader_call calls[2];
    for (unsigned i = 0; i < 2; i++) {
        calls[i] = make_call(setting, program, i);
        calls[i].lanes = UINT64_MAX;
    }
    sl_interp_run(machine, &calls[0]);
    sl_vector_run(vector, &calls[1]);
    compare(setting, program, calls, message, sizeof(message));
    cr_assert_str_empty(message, "%s", message);
    /* A round is 5 * 255; 13158 of them fit. */
    cr_assert_eq(calls[1].capped, ~UINT64_C(0) << 44, "%llx", (unsigned long long)calls[1].capped);
    sl_machine_destroy(machine);
    sl_vector_machine_destroy(vector);
    sl_vector_code_destroy(code);
    sl_ir_destroy(program);
    free(setting);
}

/* ---- the programs of the data folder ---- */

static struct sl_ir_program *translate(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file, "%s", path);
    static uint8_t bytes[1 << 16];
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    struct sl_ir_program *program = NULL;
    char message[100];
    enum sl_ir_verdict verdict =
        sl_ir_translate(bytes, size, NULL, &program, message, sizeof(message));
    return verdict == SL_IR_OK ? program : NULL;
}

static unsigned check_folder(const char *folder)
{
    DIR *directory = opendir(folder);
    if (!directory) {
        return 0;
    }
    struct setting *setting = new_setting();
    for (unsigned i = 0; i < COUNT(setting->bindings.resources); i++) {
        setting->bindings.resources[i].texture = i % 8 == 7 ? NULL : &setting->texture;
        setting->bindings.resources[i].bytes = setting->words;
        setting->bindings.resources[i].size_bytes = sizeof(setting->words);
    }
    unsigned count = 0;
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        struct sl_ir_program *program = entry->d_name[0] == '.' ? NULL : translate(path);
        char message[100] = "";
        if (program) {
            count += check_program(setting, program, 3 + count, message, sizeof(message));
        }
        cr_assert_str_empty(message, "%s: %s", path, message);
        sl_ir_destroy(program);
    }
    closedir(directory);
    free(setting);
    return count;
}

Test(shader_vector, programs_of_compilers)
{
    unsigned count =
        check_folder("../shared/data/hlsl/d3d9/bin") + check_folder("../shared/data/hlsl/dxbc/bin");
    if (count == 0) {
        cr_skip_test("no ../shared/data/hlsl");
    }
}

/* ---- kernels ---- */

struct kernel_table {
    const char *name;
    const sl_vector_function *functions;
};

static const struct kernel_table *kernel_tables(size_t *count)
{
    static struct kernel_table tables[] = {
        {"the base", sl_vector_kernels_base},
#if SL_VECTOR_HAS_WIDE
        {"AVX2", sl_vector_kernels_avx2},
        {"AVX-512", sl_vector_kernels_avx512},
#endif
    };
    const sl_vector_function *best = sl_vector_kernels();
    *count = 1;
    while (tables[*count - 1].functions != best) {
        (*count)++;
    }
    return tables;
}

/* All kernels give the same for all widths of vectors, on special values and any others. */
Test(shader_vector, widths_agree)
{
    size_t count;
    const struct kernel_table *tables = kernel_tables(&count);
    uint64_t state = 5;
    for (unsigned round = 0; round < 200 * SL_VECTOR_KERNEL_COUNT; round++) {
        unsigned kernel = round % SL_VECTOR_KERNEL_COUNT;
        static uint32_t places[SL_VECTOR_SRCS][SL_LANES];
        struct sl_vector_step step = {.and_bits = word(&state, ANYTHING),
                                      .xor_bits = word(&state, ANYTHING)};
        for (unsigned i = 0; i < SL_VECTOR_SRCS; i++) {
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                places[i][lane] = word(&state, (enum flavour)(round / 7 % FLAVOURS));
            }
            step.src[i] = places[i];
        }
        uint32_t expected[SL_LANES];
        tables[0].functions[kernel](&step, expected);
        for (size_t t = 1; t < count; t++) {
            uint32_t result[SL_LANES];
            tables[t].functions[kernel](&step, result);
            for (unsigned lane = 0; lane < SL_LANES; lane++) {
                bool same = result[lane] == expected[lane] ||
                            (is_nan(result[lane]) && is_nan(expected[lane]));
                cr_assert(same, "kernel %u, %s: %08x, not %08x", kernel, tables[t].name,
                          result[lane], expected[lane]);
            }
        }
    }
}

/* Bits of floats from first on, in steps; 64 at a time. */
static void check_roots(uint64_t first, uint64_t end, uint32_t step_size)
{
    size_t count;
    const struct kernel_table *tables = kernel_tables(&count);
    static uint32_t in[SL_LANES];
    uint32_t out[SL_LANES];
    uint32_t expected[SL_LANES];
    struct sl_vector_step step = {.src = {in}};
    for (uint64_t bits = first; bits < end; bits += (uint64_t)SL_LANES * step_size) {
        for (uint32_t lane = 0; lane < SL_LANES; lane++) {
            in[lane] = (uint32_t)bits + lane * step_size;
            expected[lane] = sl_f32_to_bits(sl_f32_rsq(sl_f32_from_bits(in[lane])));
        }
        for (size_t t = 0; t < count; t++) {
            tables[t].functions[SL_VECTOR_RSQ](&step, out);
            if (memcmp(out, expected, sizeof(out)) != 0) {
                cr_assert_fail("%s: a float from %08x on, in steps of %u", tables[t].name, in[0],
                               step_size);
            }
        }
    }
}

/* The kernel has a sequence of its own, so all floats of two exponents, and some of all. */
Test(shader_vector, reciprocal_roots_are_those_of_the_definition)
{
    check_roots(0x3F000000, 0x40000000, 1);
    check_roots(0x00800000, 0x7F800000, 1009);
    check_roots(0, UINT64_C(1) << 32, 64007);
}

/* ---- programs it does not take, and lack of memory ---- */

Test(shader_vector, leaves_other_programs_to_the_interpreter)
{
    struct sl_ir_builder builder;
    sl_ir_builder_start(&builder, SL_IR_COMPUTE, SL_IR_DXBC, 5, 0);
    struct sl_ir_program *program = NULL;
    char message[100];
    cr_assert_eq(sl_ir_builder_complete(&builder, &program, message, sizeof(message)), SL_IR_OK);
    sl_ir_builder_finish(&builder);
    cr_assert_null(sl_vector_compile(program));
    sl_ir_destroy(program);
    sl_vector_code_destroy(NULL);
    sl_vector_machine_destroy(NULL);
}

Test(shader_vector, every_allocation_may_fail)
{
    struct sl_ir_program *program = make_program(7);
    for (unsigned n = 1;; n++) {
        fail_alloc_arm(n);
        struct sl_vector_code *code = sl_vector_compile(program);
        struct sl_vector_machine *machine = code ? sl_vector_machine_create(code) : NULL;
        bool failed = fail_alloc_disarm();
        cr_assert_eq(machine == NULL, failed, "allocation %u", n);
        sl_vector_machine_destroy(machine);
        sl_vector_code_destroy(code);
        if (!failed) {
            break;
        }
    }
    sl_ir_destroy(program);
}
