/* Building IR programs: how control flow is linked, what is refused, what a program says of itself.
 */
#include "shader/ir_builder.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(shader_builder);

static struct sl_ir_builder builder;
static struct sl_ir_program *program;
static char message[160];

static void start(enum sl_ir_stage stage)
{
    program = NULL;
    message[0] = '\0';
    sl_ir_builder_start(&builder, stage, SL_IR_DXBC, 5, 0);
}

static enum sl_ir_verdict complete(void)
{
    enum sl_ir_verdict verdict =
        sl_ir_builder_complete(&builder, &program, message, sizeof(message));
    sl_ir_builder_finish(&builder);
    return verdict;
}

static void op(enum sl_ir_op op_code)
{
    sl_ir_append(&builder, op_code);
}

static void condition(enum sl_ir_op op_code)
{
    sl_ir_append_condition(&builder, op_code, sl_ir_src(SL_IR_TEMP, 0), true);
}

static void number(enum sl_ir_op op_code, uint32_t label)
{
    sl_ir_append(&builder, op_code)->target = label;
}

static void expect_targets(const uint32_t *targets, uint32_t count)
{
    cr_assert(complete() == SL_IR_OK, "%s", message);
    for (uint32_t i = 0; i < count; i++) {
        cr_expect(program->insns[i].target == targets[i], "%u: %u, not %u", i,
                  program->insns[i].target, targets[i]);
    }
    sl_ir_destroy(program);
}

static void expect_bad(const char *part)
{
    cr_expect(complete() == SL_IR_BAD);
    cr_expect(strstr(message, part) != NULL, "'%s' has no '%s'", message, part);
}

Test(shader_builder, branches_and_loops)
{
    start(SL_IR_PIXEL);
    condition(SL_IR_IF);     /* 0 */
    op(SL_IR_LOOP);          /* 1 */
    condition(SL_IR_BREAKC); /* 2 */
    condition(SL_IR_IF);     /* 3 */
    op(SL_IR_CONTINUE);      /* 4 */
    op(SL_IR_ENDIF);         /* 5 */
    op(SL_IR_BREAK);         /* 6 */
    op(SL_IR_ENDLOOP);       /* 7 */
    op(SL_IR_ELSE);          /* 8 */
    op(SL_IR_ENDIF);         /* 9 */
    static const uint32_t targets[] = {8, 7, 7, 5, 7, 0, 7, 1, 9, 0};
    expect_targets(targets, 10);
}

Test(shader_builder, switches)
{
    start(SL_IR_PIXEL);
    op(SL_IR_LOOP);          /* 0 */
    condition(SL_IR_SWITCH); /* 1 */
    condition(SL_IR_CASE);   /* 2 */
    op(SL_IR_BREAK);         /* 3: the switch */
    condition(SL_IR_CASE);   /* 4 */
    op(SL_IR_CONTINUE);      /* 5: the loop */
    op(SL_IR_DEFAULT);       /* 6 */
    op(SL_IR_BREAK);         /* 7 */
    op(SL_IR_ENDSWITCH);     /* 8 */
    op(SL_IR_BREAK);         /* 9: the loop */
    op(SL_IR_ENDLOOP);       /* 10 */
    static const uint32_t targets[] = {10, 2, 4, 8, 6, 10, 8, 8, 0, 10, 0};
    expect_targets(targets, 11);
    start(SL_IR_PIXEL);
    condition(SL_IR_SWITCH);
    op(SL_IR_ENDSWITCH);
    static const uint32_t empty[] = {1};
    expect_targets(empty, 1);
}

Test(shader_builder, functions_and_returns)
{
    start(SL_IR_VERTEX);
    number(SL_IR_CALL, 70);  /* 0 */
    condition(SL_IR_RETC);   /* 1 */
    op(SL_IR_RET);           /* 2 */
    number(SL_IR_LABEL, 9);  /* 3 */
    op(SL_IR_RET);           /* 4 */
    number(SL_IR_LABEL, 70); /* 5 */
    number(SL_IR_CALL, 9);   /* 6 */
    cr_assert(complete() == SL_IR_OK, "%s", message);
    cr_expect(program->insns[0].target == 5);
    cr_expect(program->insns[6].target == 3);
    cr_expect(program->insn_count == 8 && program->insns[7].op == SL_IR_RET);
    cr_expect((program->insns[1].flags & SL_IR_FLAG_EXIT) != 0);
    cr_expect((program->insns[2].flags & SL_IR_FLAG_EXIT) != 0);
    cr_expect((program->insns[4].flags & SL_IR_FLAG_EXIT) == 0);
    cr_expect((program->insns[7].flags & SL_IR_FLAG_EXIT) == 0);
    cr_expect(program->has_loops);
    sl_ir_destroy(program);
}

Test(shader_builder, phases_end_by_themselves)
{
    start(SL_IR_HULL);
    sl_ir_builder_phase(&builder, SL_IR_PHASE_FORK, 3);
    op(SL_IR_RET);
    sl_ir_builder_phase(&builder, SL_IR_PHASE_JOIN, 1);
    op(SL_IR_RET);
    cr_assert(complete() == SL_IR_OK, "%s", message);
    cr_expect(program->phase_count == 2 && program->phases[1].first == 1);
    cr_expect(program->phases[0].instance_count == 3);
    cr_expect((program->insns[0].flags & program->insns[1].flags & SL_IR_FLAG_EXIT) != 0);
    sl_ir_destroy(program);
}

Test(shader_builder, shapes_that_are_refused)
{
    static const struct {
        enum sl_ir_op ops[4];
        unsigned count;
        const char *part;
    } rows[] = {
        {{SL_IR_ENDIF}, 1, "endif without if"},
        {{SL_IR_LOOP, SL_IR_ENDIF}, 2, "endif without if"},
        {{SL_IR_IF, SL_IR_ENDLOOP}, 2, "without its start"},
        {{SL_IR_IF, SL_IR_ELSE, SL_IR_ELSE, SL_IR_ENDIF}, 4, "else without if"},
        {{SL_IR_IF}, 1, "has no end"},
        {{SL_IR_BREAK}, 1, "outside a loop"},
        {{SL_IR_SWITCH, SL_IR_CONTINUE, SL_IR_ENDSWITCH}, 3, "outside a loop"},
        {{SL_IR_CASE}, 1, "case outside a switch"},
        {{SL_IR_SWITCH, SL_IR_IF, SL_IR_CASE}, 3, "case outside a switch"},
        {{SL_IR_SWITCH, SL_IR_DEFAULT, SL_IR_DEFAULT, SL_IR_ENDSWITCH}, 4, "two defaults"},
        {{SL_IR_ENDSWITCH}, 1, "endswitch without switch"},
        {{SL_IR_CALL}, 1, "does not exist"},
        {{SL_IR_IF, SL_IR_RET, SL_IR_LABEL}, 3, "inside a block"},
        {{SL_IR_CALL, SL_IR_LABEL}, 2, "no return"},
        {{SL_IR_RET, SL_IR_LABEL, SL_IR_CALL, SL_IR_RET}, 4, "recur"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        start(SL_IR_PIXEL);
        for (unsigned k = 0; k < rows[i].count; k++) {
            op(rows[i].ops[k]);
        }
        expect_bad(rows[i].part);
    }
}

Test(shader_builder, registers_are_counted_and_checked)
{
    start(SL_IR_PIXEL);
    struct sl_ir_src relative = sl_ir_constant(3, 5);
    relative.index[0] = (struct sl_ir_index){.base = 5, .relative = true, .temp = 41};
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, 7, 0xF), relative);
    sl_ir_builder_input(&builder)->reg = 9;
    cr_assert(complete() == SL_IR_OK, "%s", message);
    cr_expect(program->temp_count == 42 && program->output_count == 8);
    cr_expect(program->input_count == 10);
    cr_expect(program->constants[3].used && !program->constants[0].used);
    sl_ir_destroy(program);
    start(SL_IR_PIXEL);
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_OUTPUT, SL_IR_REGISTERS_MAX, 0xF),
                  sl_ir_word(0));
    expect_bad("out of range");
    start(SL_IR_PIXEL);
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_ARRAY, 0, 0xF), sl_ir_word(0));
    expect_bad("out of range");
    start(SL_IR_PIXEL);
    sl_ir_append1(&builder, SL_IR_MOV, sl_ir_dst(SL_IR_TEMP, 0, 0xF), sl_ir_constant(14, 0));
    expect_bad("out of range");
    start(SL_IR_PIXEL);
    sl_ir_builder_output(&builder)->reg = SL_IR_REGISTERS_MAX;
    expect_bad("out of range");
}

Test(shader_builder, scratch_temps_are_used_again)
{
    start(SL_IR_PIXEL);
    sl_ir_builder_reserve(&builder, 10);
    sl_ir_builder_source(&builder, 1);
    cr_expect(sl_ir_builder_scratch(&builder) == 10);
    cr_expect(sl_ir_builder_scratch(&builder) == 11);
    sl_ir_builder_source(&builder, 5);
    cr_expect(sl_ir_builder_keep(&builder) == 10);
    cr_expect(sl_ir_builder_scratch(&builder) == 11);
    op(SL_IR_EMIT);
    op(SL_IR_EMIT);
    cr_assert(complete() == SL_IR_OK);
    cr_expect(program->temp_count == 12);
    cr_expect(program->insns[0].cost == 1 && program->insns[0].source_offset == 5);
    cr_expect(program->insns[1].cost == 0 && program->insns[1].source_offset == 5);
    sl_ir_destroy(program);
}

Test(shader_builder, too_much_is_refused)
{
    start(SL_IR_PIXEL);
    for (unsigned i = 0; i <= SL_IR_TEMPS_MAX; i++) {
        sl_ir_builder_keep(&builder);
    }
    expect_bad("more registers");
    start(SL_IR_PIXEL);
    for (unsigned i = 0; i <= SL_IR_ELEMENTS_MAX; i++) {
        sl_ir_builder_input(&builder);
    }
    expect_bad("more registers");
    start(SL_IR_PIXEL);
    sl_ir_builder_array(&builder, SL_IR_TEMPS_MAX);
    sl_ir_builder_array(&builder, 1);
    expect_bad("more registers");
}

static void unary(enum sl_ir_op op_code, unsigned dst, struct sl_ir_src src)
{
    sl_ir_append1(&builder, op_code, sl_ir_dst(SL_IR_TEMP, dst, 0xF), src);
}

static struct sl_ir_src temp(unsigned reg)
{
    return sl_ir_src(SL_IR_TEMP, reg);
}

static bool reads_bits(void)
{
    cr_assert(complete() == SL_IR_OK, "%s", message);
    bool answer = program->reads_bits;
    sl_ir_destroy(program);
    return answer;
}

Test(shader_builder, who_sees_the_bits_of_a_nan)
{
    start(SL_IR_PIXEL);
    unary(SL_IR_SQRT, 0, sl_ir_constant(0, 0));
    unary(SL_IR_NOT, 1, temp(0));
    cr_expect(reads_bits(), "a result");

    start(SL_IR_PIXEL);
    unary(SL_IR_NOT, 1, sl_ir_constant(0, 0));
    cr_expect(!reads_bits(), "a constant");

    start(SL_IR_PIXEL);
    unary(SL_IR_NOT, 1, sl_ir_src(SL_IR_INPUT, 0));
    cr_expect(reads_bits(), "what another program computed");

    start(SL_IR_VERTEX);
    unary(SL_IR_NOT, 1, sl_ir_src(SL_IR_INPUT, 0));
    cr_expect(!reads_bits(), "vertex data");

    start(SL_IR_VERTEX);
    unary(SL_IR_SQRT, 0, sl_ir_constant(0, 0));
    sl_ir_append2(&builder, SL_IR_LT, sl_ir_dst(SL_IR_TEMP, 0, 0xF), temp(0), temp(0));
    unary(SL_IR_NOT, 1, temp(0));
    cr_expect(!reads_bits(), "a mask in the register of a result");

    start(SL_IR_VERTEX);
    unary(SL_IR_SQRT, 0, sl_ir_constant(0, 0));
    unary(SL_IR_MOV, 2, temp(0));
    unary(SL_IR_FTOI, 0, temp(0));
    unary(SL_IR_NOT, 1, temp(0));
    unary(SL_IR_NOT, 1, temp(2));
    cr_expect(reads_bits(), "a copy of a result");

    start(SL_IR_VERTEX);
    sl_ir_append1(&builder, SL_IR_SQRT, sl_ir_dst(SL_IR_TEMP, 0, 0x1), sl_ir_constant(0, 0));
    sl_ir_append1(&builder, SL_IR_NOT, sl_ir_dst(SL_IR_TEMP, 1, 0x2), temp(0));
    cr_expect(!reads_bits(), "another component");

    /* Read first, written in the iteration before, and moved against the order. */
    start(SL_IR_VERTEX);
    op(SL_IR_LOOP);
    unary(SL_IR_NOT, 1, temp(3));
    unary(SL_IR_MOV, 3, temp(2));
    unary(SL_IR_MOV, 2, temp(0));
    unary(SL_IR_SQRT, 0, sl_ir_constant(0, 0));
    condition(SL_IR_BREAKC);
    op(SL_IR_ENDLOOP);
    cr_expect(reads_bits(), "around a loop");

    /* Only one side of a branch overwrites the result. */
    start(SL_IR_VERTEX);
    unary(SL_IR_SQRT, 0, sl_ir_constant(0, 0));
    condition(SL_IR_IF);
    unary(SL_IR_FTOI, 0, temp(0));
    op(SL_IR_ENDIF);
    unary(SL_IR_NOT, 1, temp(0));
    cr_expect(reads_bits(), "after a branch");
}

Test(shader_builder, facts)
{
    start(SL_IR_COMPUTE);
    op(SL_IR_STORE);
    op(SL_IR_SAMPLE);
    condition(SL_IR_DISCARD);
    cr_assert(complete() == SL_IR_OK, "%s", message);
    cr_expect(program->has_side_effects && program->can_discard);
    cr_expect(!program->uses_derivatives, "only pixel programs have quads");
    cr_expect(!program->has_loops);
    sl_ir_destroy(program);
}

Test(shader_builder, text)
{
    start(SL_IR_PIXEL);
    struct sl_ir_dst dst = sl_ir_dst(SL_IR_TEMP, 3, 0x5);
    dst.saturate = true;
    struct sl_ir_src relative = sl_ir_constant(2, 5);
    relative.index[0] = (struct sl_ir_index){5, true, 1, 4};
    sl_ir_append2(&builder, SL_IR_ADD, dst, sl_ir_negated(sl_ir_component(temp(1), 2)), relative);
    condition(SL_IR_IF);
    op(SL_IR_ENDIF);
    cr_assert(complete() == SL_IR_OK, "%s", message);
    struct sl_buf text = {0};
    sl_ir_print(program, &text);
    cr_expect_str_eq(sl_buf_cstr(&text), "0: ADD_SAT r3.xz, -r1.zzzz, cb2[r4.y+5].xyzw\n"
                                         "1: IF r0.xyzw nz -> 2\n2: ENDIF\n3: RET\n");
    sl_buf_finish(&text);
    sl_ir_destroy(program);
}
