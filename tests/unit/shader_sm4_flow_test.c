/* Control flow, indices and predicates of SM4 and SM5 programs. */
#include "shader_sm4_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(shader_sm4_flow);

/* Runs a vertex program on one word in all components of v0; o0.x is the result. */
static uint32_t run_word(struct sl_ir_program *program, uint32_t word)
{
    static struct sm4_run run;
    sm4_run_init(&run, program);
    for (unsigned c = 0; c < 4; c++) {
        run.inputs[0][c][0] = word + c;
    }
    sm4_run(&run);
    return run.outputs[0][0][0];
}

#define VS "vs_5_0\ndcl_input v0.xyzw\ndcl_output o0.xyzw\ndcl_temps 4\n"
#define AERO_VS "vs_5_0\n.dialect aero\n"

struct word_case {
    uint32_t in;
    uint32_t out;
};

#define EXPECT_WORDS(text, ...)                                                                    \
    do {                                                                                           \
        struct sl_ir_program *program_ = sm4_program(text, NULL);                                  \
        const struct word_case cases_[] = {__VA_ARGS__};                                           \
        for (size_t i_ = 0; i_ < sizeof(cases_) / sizeof(cases_[0]); i_++) {                       \
            uint32_t out_ = run_word(program_, cases_[i_].in);                                     \
            cr_expect_eq(out_, cases_[i_].out, "%u gives %u, not %u", cases_[i_].in, out_,         \
                         cases_[i_].out);                                                          \
        }                                                                                          \
        sl_ir_destroy(program_);                                                                   \
    } while (0)

Test(shader_sm4_flow, if_tests_zero_or_not)
{
    EXPECT_WORDS(VS "if_nz v0.x\nmov o0.x, l(1)\nelse\nmov o0.x, l(2)\nendif\n"
                    "if_z v0.x\niadd o0.x, o0.x, l(10)\nendif\nret\n",
                 {0, 12}, {5, 1}, {0x80000000, 1});
}

Test(shader_sm4_flow, loops_break_and_continue)
{
    /* The sum of the odd numbers below v0.x. */
    EXPECT_WORDS(VS "loop\nuge r0.y, r0.x, v0.x\nbreakc_nz r0.y\niadd r0.x, r0.x, l(1)\n"
                    "and r0.z, r0.x, l(1)\ncontinuec_nz r0.z\niadd r0.w, r0.x, l(-1)\n"
                    "iadd r1.x, r1.x, r0.w\nendloop\nmov o0.x, r1.x\nret\n",
                 {0, 0}, {2, 1}, {6, 9}, {7, 9});
    EXPECT_WORDS(VS "loop\niadd r0.x, r0.x, l(1)\nult r0.y, r0.x, v0.x\nif_nz r0.y\ncontinue\n"
                    "endif\nbreak\nendloop\nmov o0.x, r0.x\nret\n",
                 {0, 1}, {9, 9});
}

Test(shader_sm4_flow, switches_fall_through_and_have_defaults)
{
    EXPECT_WORDS(VS "switch v0.x\ncase l(1)\ncase l(2)\niadd r0.x, r0.x, l(10)\n"
                    "case l(3)\niadd r0.x, r0.x, l(100)\nbreak\n"
                    "default\nmov r0.x, l(7)\nbreak\nendswitch\nmov o0.x, r0.x\nret\n",
                 {1, 110}, {2, 110}, {3, 100}, {4, 7}, {0x80000001, 7});
}

Test(shader_sm4_flow, functions_return_and_programs_end)
{
    EXPECT_WORDS(VS "call label0\ncallc_nz v0.x, label1\nretc_z v0.x\niadd r0.x, r0.x, l(1000)\n"
                    "mov o0.x, r0.x\nret\n"
                    "label label0\niadd r0.x, r0.x, l(1)\nmov o0.x, r0.x\nret\n"
                    "label label1\ncall label0\niadd r0.x, r0.x, l(100)\nret\n",
                 {0, 1}, {1, 1102});
}

Test(shader_sm4_flow, two_results_read_their_sources_first_and_the_second_wins)
{
    /* 7 / 2 = 3, the rest is 1 */
    EXPECT_WORDS(VS "mov r0.x, v0.x\nudiv r0.x, r0.x, r0.x, l(2)\nmov o0.x, r0.x\nret\n", {7, 1});
    EXPECT_WORDS(VS "mov r0.x, v0.x\nudiv r0.x, r1.x, r0.x, r0.x\niadd o0.x, r0.x, r1.x\nret\n",
                 {7, 1});
    EXPECT_WORDS(VS "mov r0.x, l(0)\nsincos r0.x, r0.x, r0.x\nmov o0.x, r0.x\nret\n",
                 {0, 0x3F800000});
    EXPECT_WORDS(VS "mov r0.x, l(0)\nsincos r0.x, r0.y, r0.x\nmov o0.x, r0.y\nret\n",
                 {0, 0x3F800000});
    EXPECT_WORDS(VS "mov r0.x, v0.x\nmov r1.x, l(9)\nswapc r0.x, r1.x, l(1), r0.x, r1.x\n"
                    "mov o0.x, r1.x\nret\n",
                 {7, 7});
    /* The second destination is where r0.x said before the first changed it. */
    EXPECT_WORDS(VS "dcl_indexableTemp x0[4], 4\nmov r0.x, l(1)\n"
                    "udiv r0.x, x0[r0.x + 0].x, v0.x, l(4)\nmov o0.x, x0[1].x\nret\n",
                 {11, 3});
}

Test(shader_sm4_flow, arrays_read_0_and_drop_writes_outside)
{
    EXPECT_WORDS(VS "dcl_indexableTemp x0[3], 4\ndcl_indexableTemp x1[2], 4\n"
                    "mov x0[1].x, l(11)\nmov x0[2].x, l(12)\nmov x1[0].x, l(99)\n"
                    "mov r0.x, v0.x\nmov x0[r0.x + 1].x, l(55)\n"
                    "iadd o0.x, x0[r0.x + 1].x, x1[0].x\nret\n",
                 {0, 154}, {1, 154}, {2, 99}, {0xFFFFFFFF, 154}, {0xFFFFFFFE, 99});
    /* An index that is an element of another array. */
    EXPECT_WORDS(VS "dcl_indexableTemp x0[3], 4\ndcl_indexableTemp x1[2], 4\n"
                    "mov x0[2].x, l(12)\nmov x1[1].y, l(1)\nmov r0.x, v0.x\n"
                    "mov o0.x, x0[x1[r0.x + 0].y + 1].x\nret\n",
                 {1, 12}, {0, 0});
}

Test(shader_sm4_flow, tables_and_constants_read_0_outside)
{
    static const uint32_t rows[2][4] = {{5, 6, 7, 8}, {15, 16, 17, 18}};
    struct sl_ir_program *program =
        sm4_program("vs_4_0\ndcl_immediateConstantBuffer { { 1, 2, 3, 4}, { 21, 22, 23, 24} }\n"
                    "dcl_constantbuffer cb3[4], dynamicIndexed\ndcl_input v0.xyzw\n"
                    "dcl_output o0.xyzw\ndcl_temps 1\nmov r0.x, v0.x\n"
                    "mov o0.x, cb3[r0.x + 1].z\nmov o0.y, icb[r0.x + 1].y\nret\n",
                    NULL);
    static const uint32_t expected[][3] = {
        {0, 17, 22}, {0xFFFFFFFF, 7, 2}, {1, 0, 0}, {0xFFFFFFFE, 0, 0}};
    for (size_t i = 0; i < 4; i++) {
        static struct sm4_run run;
        sm4_run_init(&run, program);
        run.bindings.constants[3].rows = rows;
        run.bindings.constants[3].row_count = 2;
        run.inputs[0][0][0] = expected[i][0];
        sm4_run(&run);
        cr_expect_eq(run.outputs[0][0][0], expected[i][1], "cb: %u", run.outputs[0][0][0]);
        cr_expect_eq(run.outputs[0][1][0], expected[i][2], "icb: %u", run.outputs[0][1][0]);
    }
    cr_expect_eq(program->constants[3].row_count, 4);
    sl_ir_destroy(program);
}

Test(shader_sm4_flow, relative_inputs_and_outputs_stay_in_their_range)
{
    struct sl_ir_program *program =
        sm4_program("vs_4_0\ndcl_input v0.xyzw\ndcl_input v1.xyzw\ndcl_input v2.xyzw\n"
                    "dcl_input v3.xyzw\ndcl_output o0.xyzw\ndcl_output o1.xyzw\n"
                    "dcl_output o2.xyzw\ndcl_indexrange v1.xyzw 2\ndcl_indexrange o1.xyzw 2\n"
                    "dcl_temps 1\nmov r0.x, v0.x\nmov o0.x, v[r0.x + 1].x\n"
                    "mov o[r0.x + 1].y, l(9)\nret\n",
                    NULL);
    /* index, o0.x, o0.y, o1.y, o2.y: v0 and v3, o0 are out of range */
    static const uint32_t cases[][5] = {
        {0, 101, 0, 9, 0}, {1, 102, 0, 0, 9}, {2, 0, 0, 0, 0}, {0xFFFFFFFF, 0, 0, 0, 0}};
    for (size_t i = 0; i < 4; i++) {
        static struct sm4_run run;
        sm4_run_init(&run, program);
        run.inputs[0][0][0] = cases[i][0];
        for (unsigned reg = 1; reg < 4; reg++) {
            run.inputs[reg][0][0] = 100 + reg;
        }
        sm4_run(&run);
        cr_expect_eq(run.outputs[0][0][0], cases[i][1]);
        cr_expect_eq(run.outputs[0][1][0], cases[i][2]);
        cr_expect_eq(run.outputs[1][1][0], cases[i][3]);
        cr_expect_eq(run.outputs[2][1][0], cases[i][4]);
    }
    sl_ir_destroy(program);
}

Test(shader_sm4_flow, discard_notes_the_lane_and_goes_on)
{
    struct sl_ir_program *program =
        sm4_program("ps_4_0\ndcl_input_ps constant v0.xyzw\ndcl_output o0.xyzw\n"
                    "discard_nz v0.x\ndiscard_z v0.y\nmov o0.xyzw, l(1,2,3,4)\nret\n",
                    NULL);
    cr_expect(program->can_discard);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.lanes = 0xF;
    for (unsigned lane = 0; lane < 4; lane++) {
        run.inputs[0][0][lane] = lane & 1;
        run.inputs[0][1][lane] = lane & 2;
    }
    sm4_run(&run);
    cr_expect_eq(run.call.discarded, 0xB, "%lx", (unsigned long)run.call.discarded);
    cr_expect_eq(run.outputs[0][3][0], 4);
    sl_ir_destroy(program);
}

/* Of a quad only lane 0 is active; the difference is to what lane 1 has in v2. */
Test(shader_sm4_flow, derivatives_read_relative_operands_of_masked_lanes)
{
    struct sl_ir_program *program =
        sm4_program("ps_4_0\ndcl_input_ps linear v0.xyzw\ndcl_input_ps linear v1.xyzw\n"
                    "dcl_input_ps linear v2.xyzw\ndcl_indexrange v1.xyzw 2\n"
                    "dcl_output o0.xyzw\ndcl_temps 1\nmov r0.x, v0.y\nif_nz v0.x\n"
                    "deriv_rtx o0.x, v[r0.x + 1].x\nendif\nret\n",
                    NULL);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.lanes = 0xF;
    run.inputs[0][0][0] = 1;
    for (unsigned lane = 0; lane < 4; lane++) {
        run.inputs[0][1][lane] = 1;
        run.inputs[2][0][lane] = lane == 1 ? 0x40400000 : 0x3F800000; /* 3, 1 */
    }
    sm4_run(&run);
    cr_expect_eq(run.outputs[0][0][0], 0x40000000);
    cr_expect_eq(run.outputs[0][0][1], 0);
    sl_ir_destroy(program);
}

Test(shader_sm4_flow, aero_compares_in_conditions)
{
    /* 1 < 2 and so on; NaN compares false, but is not equal. v0 is a float in x, y = x + 1 ulp */
    EXPECT_WORDS(AERO_VS "ifc_lt v0.x, v0.y\nmov o0.x, l(1)\nelse\nmov o0.x, l(2)\nendif\nret\n",
                 {0x3F800000, 1}, {0xBF800000, 2}, {0x7FC00000, 2});
    EXPECT_WORDS(AERO_VS "ifc_ne v0.x, v0.y\nmov o0.x, l(1)\nendif\n"
                         "ifc_eq v0.x, v0.x\niadd o0.x, o0.x, l(2)\nendif\n"
                         "ifc_gt v0.y, v0.x\niadd o0.x, o0.x, l(4)\nendif\n"
                         "ifc_ge v0.x, v0.y\niadd o0.x, o0.x, l(8)\nendif\n"
                         "ifc_le v0.y, v0.y\niadd o0.x, o0.x, l(16)\nendif\nret\n",
                 {0x3F800000, 1 + 2 + 4 + 16}, {0xBF800000, 1 + 2 + 8 + 16}, {0x7FC00000, 1});
    EXPECT_WORDS(AERO_VS "loop\nadd r0.x, r0.x, l(1.0)\nbreakc_ge r0.x, v0.x\nendloop\n"
                         "mov o0.x, r0.x\nret\n",
                 {0x40400000, 0x40400000}, {0xBF800000, 0x3F800000});
}

Test(shader_sm4_flow, aero_predicates_take_whole_instructions)
{
    /* 1 < NaN and not: ordered false, unordered true. */
    static const struct {
        const char *compare;
        uint32_t less, equal, greater, nan; /* of v0.x with 1.0 */
    } cases[] = {
        {"eq", 0, 1, 0, 0},  {"ne", 1, 0, 1, 1},  {"lt", 1, 0, 0, 0},  {"ge", 0, 1, 1, 0},
        {"le", 1, 1, 0, 0},  {"gt", 0, 0, 1, 0},  {"equ", 0, 1, 0, 1}, {"neu", 1, 0, 1, 1},
        {"ltu", 1, 0, 0, 1}, {"geu", 0, 1, 1, 1}, {"leu", 1, 1, 0, 1}, {"gtu", 0, 0, 1, 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text),
                 AERO_VS "setp_%s p0.xyzw, v0.xxxx, l(1.0)\n(p0.x) mov o0.x, l(1)\n"
                         "(!p0.x) iadd o0.x, o0.x, l(16)\nret\n",
                 cases[i].compare);
        EXPECT_WORDS(text, {0x3F000000, cases[i].less ? 1 : 16},
                     {0x3F800000, cases[i].equal ? 1 : 16}, {0x40000000, cases[i].greater ? 1 : 16},
                     {0x7FC00000, cases[i].nan ? 1 : 16});
    }
}

Test(shader_sm4_flow, aero_clips_below_zero)
{
    struct sl_ir_program *program =
        sm4_program("ps_4_0\n.dialect aero\nclip v0.xyzw\nmov o0.xyzw, l(1.0,0,0,0)\nret\n", NULL);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.lanes = 0xF;
    run.inputs[0][3][1] = 0xBF800000; /* -1 */
    run.inputs[0][1][2] = 0x80000000; /* -0 is not below */
    run.inputs[0][2][3] = 0xFFC00000; /* nor is NaN */
    sm4_run(&run);
    cr_expect_eq(run.call.discarded, 2);
    sl_ir_destroy(program);
}

/* r0.x, r1.x = v0.x * b + c: the low half is the first destination. */
#define PRODUCT(opcode, b, c)                                                                      \
    ".words " opcode " 00101002 0 00101002 1 00100016 0 41 " b " 41 " c "\n"

Test(shader_sm4_flow, aero_products_may_have_both_halves)
{
    /* 0xFFFFFFFF * 2 + 3: unsigned 2 00000001, signed 0 00000001 */
    EXPECT_WORDS(AERO_VS PRODUCT("5874", "2", "3") "ishl r1.x, r1.x, l(4)\n"
                                                   "iadd o0.x, r0.x, r1.x\nret\n",
                 {0xFFFFFFFF, 0x21});
    EXPECT_WORDS(AERO_VS PRODUCT("5875", "2", "3") "ishl r1.x, r1.x, l(4)\n"
                                                   "iadd o0.x, r0.x, r1.x\nret\n",
                 {0xFFFFFFFF, 0x01});
    /* -5 * 1 - 1 = -6 */
    EXPECT_WORDS(AERO_VS PRODUCT("5875", "1", "FFFFFFFF") "mov o0.x, r1.x\nret\n",
                 {0xFFFFFFFB, 0xFFFFFFFF});
}
