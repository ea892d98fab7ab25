/* Control flow of D3D9 programs, and what is refused. */
#include "fail_alloc.h"
#include "shader_d3d9_rig.h"

#include "base/buf.h"
#include "bytecode/d3d9.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(shader_d3d9_flow);

static struct d3d9_rig rig;

/* Runs a vertex program for one lane with v0; its result is in oPos. */
static void run_with(const char *listing, float x, float y, const struct sl_ir_options *options)
{
    d3d9_rig_start(&rig, listing, 1, options);
    d3d9_rig_input(&rig, 0, 0, x, y, 0, 0);
    d3d9_rig_run(&rig);
}

static void expect(const char *listing, float x, float y, float z, float w)
{
    run_with(listing, 0, 0, NULL);
    d3d9_rig_expect(&rig, listing, 0, 0, x, y, z, w);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_flow, loop_counts_and_steps)
{
    /* aL = 2, 5, 8: c2 + c5 + c8. */
    expect("vs_2_0\ndefi i0, 3, 2, 3, 0\ndef c0, 0, 1, 2, 3\ndef c2, 1, 0, 0, 1\n"
           "def c5, 10, 0, 0, 1\ndef c8, 100, 0, 0, 1\nmov r0, c0.x\n"
           "loop aL, i0\nadd r0, r0, c0[aL]\nendloop\nmov oPos, r0\n",
           111, 0, 0, 3);
    /* Downwards. */
    expect("vs_2_0\ndefi i0, 3, 5, -2, 0\ndef c0, 0, 0, 0, 0\ndef c5, 1, 0, 0, 1\n"
           "def c3, 10, 0, 0, 1\ndef c1, 100, 0, 0, 1\nmov r0, c0\n"
           "loop aL, i0\nmad r0, r0, c5.w, c0[aL]\nendloop\nmov oPos, r0\n",
           111, 0, 0, 3);
    expect("vs_2_0\ndefi i0, 0, 1, 1, 0\ndef c0, 1, 1, 1, 1\nmov r0, c0\n"
           "loop aL, i0\nadd r0, r0, c0\nendloop\nmov oPos, r0\n",
           1, 1, 1, 1);
    expect("vs_2_0\ndefi i0, -7, 1, 1, 0\ndef c0, 1, 1, 1, 1\nmov r0, c0\n"
           "loop aL, i0\nadd r0, r0, c0\nendloop\nmov oPos, r0\n",
           1, 1, 1, 1);
    /* No more than 255 times; aL ends where it was. */
    expect("vs_2_0\ndefi i0, 1000, 0, 0, 0\ndef c0, 1, 0, 0, 1\nmov r0, c0.y\n"
           "loop aL, i0\nadd r0, r0, c0.x\nendloop\nmov oPos, r0\n",
           255, 255, 255, 255);
}

Test(shader_d3d9_flow, loop_as_a_range)
{
    static const struct sl_ir_options options = {.d3d9_loop_range = true};
    static const struct {
        const char *range;
        float expected;
    } rows[] = {
        {"2, 5, 3", 100100}, /* c2, c5 */
        {"5, 2, -3", 100100}, {"5, 2, 1", 0}, {"2, 5, -1", 0}, {"3, 3, 1", 1000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char listing[400];
        snprintf(listing, sizeof(listing),
                 "vs_2_0\ndefi i0, %s, 0\ndef c0, 0, 0, 0, 0\ndef c1, 10, 0, 0, 0\n"
                 "def c2, 100, 0, 0, 0\ndef c3, 1000, 0, 0, 0\ndef c4, 10000, 0, 0, 0\n"
                 "def c5, 100000, 0, 0, 0\nmov r0, c0\nloop aL, i0\nadd r0, r0, c0[aL]\n"
                 "endloop\nmov oPos, r0\n",
                 rows[i].range);
        run_with(listing, 0, 0, &options);
        d3d9_rig_expect(&rig, rows[i].range, 0, 0, rows[i].expected, 0, 0, 0);
        d3d9_rig_finish(&rig);
    }
}

Test(shader_d3d9_flow, loops_hide_the_address_of_those_around)
{
    /* Outer aL 1, 2; inner 3; after the inner loop aL is the outer one again. */
    expect("vs_2_0\ndefi i0, 2, 1, 1, 0\ndefi i1, 1, 3, 0, 0\ndef c0, 0, 0, 0, 0\n"
           "def c1, 1, 0, 0, 0\ndef c2, 10, 0, 0, 0\ndef c3, 0, 1, 0, 0\nmov r0, c0\n"
           "loop aL, i0\nloop aL, i1\nadd r0, r0, c0[aL]\nendloop\nadd r0, r0, c0[aL]\nendloop\n"
           "mov oPos, r0\n",
           11, 2, 0, 0);
}

Test(shader_d3d9_flow, functions_see_and_keep_the_address_of_their_caller)
{
    static const char listing[] =
        "vs_2_0\ndefi i0, 2, 1, 1, 0\ndefi i1, 3, 3, 0, 0\ndef c0, 0, 0, 0, 0\n"
        "def c1, 1, 0, 0, 0\ndef c2, 10, 0, 0, 0\ndef c3, 0, 1, 0, 0\ndefb b0, true\n"
        "mov r0, c0\n"
        "loop aL, i0\ncall l0\nadd r0, r0, c0[aL]\nendloop\n"
        "mov oPos, r0\nret\n"
        "label l0\n"
        "add r0.w, r0.w, c0[aL].x\n"
        "loop aL, i1\nadd r0, r0, c0[aL]\nif b0\nret\nendif\nendloop\n"
        "ret\n";
    /* The function leaves its loop by ret in the first of three iterations. */
    expect(listing, 11, 2, 0, 11);
}

Test(shader_d3d9_flow, rep_and_break)
{
    expect("vs_2_0\ndefi i0, 300, 7, 7, 7\ndef c0, 1, 0, 0, 0\nmov r0, c0.y\n"
           "rep i0\nadd r0, r0, c0.x\nendrep\nmov oPos, r0\n",
           300, 300, 300, 300);
    expect("vs_2_x\ndefi i0, 10, 0, 0, 0\ndef c0, 1, 0, 4, 0\nmov r0, c0.y\n"
           "rep i0\nadd r0, r0, c0.x\nbreak_ge r0.x, c0.z\nendrep\nmov oPos, r0\n",
           4, 4, 4, 4);
    expect("vs_2_x\ndefi i0, 10, 0, 0, 0\ndefi i1, 3, 0, 0, 0\ndef c0, 1, 0, 4, 0\n"
           "mov r0, c0.y\nrep i0\nrep i1\nadd r0, r0, c0.x\nbreak\nendrep\nendrep\n"
           "mov oPos, r0\n",
           10, 10, 10, 10);
    expect("vs_2_x\ndefi i0, 10, 0, 0, 0\ndef c0, 1, 0, 4, 0\n"
           "mov r0, c0.y\nrep i0\nadd r0, r0, c0.x\nsetp_eq p0, r0.x, c0.z\n"
           "breakp p0.x\nendrep\nmov oPos, r0\n",
           4, 4, 4, 4);
}

Test(shader_d3d9_flow, as_many_iterations_as_are_allowed)
{
    run_with("vs_2_0\ndefi i0, 65535, 0, 0, 0\ndef c0, 1, 0, 0, 0\nmov r0, c0.y\n"
             "rep i0\nadd r0, r0, c0.x\nendrep\nmov oPos, r0\n",
             0, 0, NULL);
    cr_expect(rig.call.capped == 0);
    d3d9_rig_expect(&rig, "65535", 0, 0, 65535, 65535, 65535, 65535);
    d3d9_rig_finish(&rig);
    run_with("vs_2_0\ndefi i0, 65536, 0, 0, 0\ndef c0, 1, 0, 0, 0\nmov r0, c0.y\n"
             "rep i0\nadd r0, r0, c0.x\nendrep\nmov oPos, r0\n",
             0, 0, NULL);
    cr_expect(rig.call.capped == 1);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_flow, conditions)
{
    static const struct {
        const char *condition;
        bool taken[4]; /* (1, 2), (2, 1), (1, 1), (NaN, 1) */
    } rows[] = {
        {"if_gt v0.x, v0.y", {false, true, false, false}},
        {"if_eq v0.x, v0.y", {false, false, true, false}},
        {"if_ge v0.x, v0.y", {false, true, true, false}},
        {"if_lt v0.x, v0.y", {true, false, false, false}},
        {"if_ne v0.x, v0.y", {true, true, false, true}},
        {"if_le v0.x, v0.y", {true, false, true, false}},
        {"if_gt -v0.x, -v0.y", {true, false, false, false}},
        {"if b1", {true, true, true, true}},
        {"if !b1", {false, false, false, false}},
        {"if b2", {false, false, false, false}},
        {"setp_gt p0, v0.x, v0.y\nif p0.z", {false, true, false, false}},
        {"setp_gt p0, v0.x, v0.y\nif !p0.z", {true, false, true, true}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char listing[400];
        snprintf(listing, sizeof(listing),
                 "vs_2_x\ndef c0, 1, 0, 0, 0\ndcl_position v0\ndefb b1, true\n"
                 "%s\nmov r0, c0.x\nelse\nmov r0, c0.y\nendif\nmov oPos, r0\n",
                 rows[i].condition);
        d3d9_rig_start(&rig, listing, 4, NULL);
        d3d9_rig_input(&rig, 0, 0, 1, 2, 0, 0);
        d3d9_rig_input(&rig, 0, 1, 2, 1, 0, 0);
        d3d9_rig_input(&rig, 0, 2, 1, 1, 0, 0);
        d3d9_rig_input(&rig, 0, 3, 0, 1, 0, 0);
        rig.inputs[0][0][3] = D3D9_NAN;
        d3d9_rig_run(&rig);
        for (unsigned lane = 0; lane < 4; lane++) {
            cr_expect((d3d9_rig_float(&rig, 0, 0, lane) > 0) == rows[i].taken[lane], "%s, lane %u",
                      rows[i].condition, lane);
        }
        d3d9_rig_finish(&rig);
    }
}

Test(shader_d3d9_flow, conditional_calls)
{
    static const char listing[] = "vs_2_x\ndef c0, 1, 10, 100, 0\ndefb b0, true\nmov r0, c0.w\n"
                                  "callnz l3, b0\ncallnz l4, !b0\nsetp_eq p0, c0.x, c0.x\n"
                                  "callnz l5, p0.x\nmov oPos, r0\nret\n"
                                  "label l3\nadd r0, r0, c0.x\nret\n"
                                  "label l4\nadd r0, r0, c0.y\nret\n"
                                  "label l5\nadd r0, r0, c0.z\ncall l3\nret\n";
    expect(listing, 102, 102, 102, 102);
}

Test(shader_d3d9_flow, main_returns_early)
{
    d3d9_rig_start(&rig,
                   "vs_2_x\ndef c0, 1, 2, 0, 0\ndcl_position v0\nmov oPos, c0.x\n"
                   "if_gt v0.x, c0.z\nret\nendif\nmov oPos, c0.y\n",
                   2, NULL);
    d3d9_rig_input(&rig, 0, 0, 1, 0, 0, 0);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "returned", 0, 0, 1, 1, 1, 1);
    d3d9_rig_expect(&rig, "went on", 0, 1, 2, 2, 2, 2);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_flow, costs_are_those_of_the_source)
{
    /* 2 + loop 1 + 3 * (add, endloop) + mov: the IR's own operations do not count. */
    run_with("vs_2_0\ndefi i0, 3, 0, 0, 0\ndef c0, 1, 0, 0, 0\nmov r0, c0\nlit r1, r0\n"
             "loop aL, i0\nadd r0, r0, c0\nendloop\nmov oPos, r0\n",
             0, 0, NULL);
    cr_expect(rig.call.work == 2 + 1 + 3 * 2 + 1, "%llu", (unsigned long long)rig.call.work);
    d3d9_rig_finish(&rig);
}

static void expect_bad(const char *listing, const char *part)
{
    char message[160] = "";
    enum sl_ir_verdict verdict = d3d9_rig_verdict(listing, message);
    cr_expect(verdict == SL_IR_BAD, "%s", listing);
    cr_expect(strstr(message, part) != NULL, "'%s' has no '%s'\n%s", message, part, listing);
}

Test(shader_d3d9_flow, bad_programs)
{
    expect_bad("vs_2_0\nmov oPos, c0\nendif\n", "endif without if");
    expect_bad("vs_2_0\nif b0\nmov oPos, c0\n", "has no end");
    expect_bad("vs_2_0\nelse\nendif\nmov oPos, c0\n", "else without if");
    expect_bad("vs_2_0\nif b0\nelse\nelse\nendif\nmov oPos, c0\n", "else without if");
    expect_bad("vs_2_x\nbreak\nmov oPos, c0\n", "outside a loop");
    expect_bad("vs_2_0\nrep i0\nendloop\nmov oPos, c0\n", "without its start");
    expect_bad("vs_2_0\nloop aL, i0\nendrep\nmov oPos, c0\n", "without its start");
    expect_bad("vs_2_0\nrep i0\nif b0\nendrep\nendif\nmov oPos, c0\n", "without its start");
    expect_bad("vs_2_0\ncall l1\nmov oPos, c0\n", "does not exist");
    expect_bad("vs_2_0\ncall l1\nmov oPos, c0\nlabel l1\nret\n", "no return before");
    expect_bad("vs_2_0\ncall l1\nmov oPos, c0\nret\nlabel l1\ncall l1\nret\n", "recur");
    expect_bad("vs_2_0\ncall l1\nmov oPos, c0\nret\nlabel l1\ncall l2\nret\nlabel l2\n"
               "callnz l1, b0\nret\n",
               "recur");
    expect_bad("vs_2_0\ncall l1\nmov oPos, c0\nret\nlabel l1\nret\nlabel l1\nret\n", "twice");
    expect_bad("vs_2_0\nm4x4 oPos, v0, c253\n", "constant register is out of range");
    expect_bad("vs_2_0\nm3x3 oPos.xyz, v0, r30\n", "temporary register is out of range");
    expect_bad("vs_2_0\nadd a0.x, c0, c0\nmov oPos, c0\n", "wrong kind");
    expect_bad("vs_2_0\nmova r0, c0\nmov oPos, c0\n", "wrong kind");
}

static void append_levels(struct sl_buf *text, const char *line, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        sl_buf_text(text, line);
    }
}

Test(shader_d3d9_flow, nesting_has_a_limit)
{
    for (unsigned depth = 64; depth <= 65; depth++) {
        struct sl_buf text = {0};
        sl_buf_text(&text, "vs_2_0\n");
        append_levels(&text, "if b0\n", depth);
        append_levels(&text, "endif\n", depth);
        sl_buf_text(&text, "mov oPos, c0\n");
        char message[160] = "";
        enum sl_ir_verdict verdict = d3d9_rig_verdict(sl_buf_cstr(&text), message);
        cr_expect(verdict == (depth == 64 ? SL_IR_OK : SL_IR_BAD), "%u: %s", depth, message);
        sl_buf_finish(&text);
    }
}

Test(shader_d3d9_flow, calls_have_a_limit)
{
    for (unsigned depth = 32; depth <= 33; depth++) {
        struct sl_buf text = {0};
        sl_buf_text(&text, "vs_2_0\ncall l0\nmov oPos, r0\nret\n");
        for (unsigned i = 0; i < depth; i++) {
            sl_buf_printf(&text, "label l%u\n", i);
            if (i + 1 < depth) {
                sl_buf_printf(&text, "call l%u\n", i + 1);
            }
            sl_buf_text(&text, "ret\n");
        }
        char message[160] = "";
        enum sl_ir_verdict verdict = d3d9_rig_verdict(sl_buf_cstr(&text), message);
        cr_expect(verdict == (depth == 32 ? SL_IR_OK : SL_IR_BAD), "%u: %s", depth, message);
        sl_buf_finish(&text);
    }
}

static void assemble(const char *listing, struct sl_buf *tokens)
{
    uint32_t line;
    char message[160];
    cr_assert(sl_d3d9_assemble(listing, strlen(listing), tokens, &line, message, sizeof(message)));
}

Test(shader_d3d9_flow, without_memory)
{
    struct sl_buf tokens = {0};
    assemble("vs_2_0\ndef c0, 1, 2, 3, 4\ndefi i0, 2, 0, 1, 0\ndcl_position v0\n"
             "loop aL, i0\nlit r0, c0[aL]\ncall l0\nendloop\nmov oPos, r0\nret\nlabel l0\nret\n",
             &tokens);
    unsigned failures = 0;
    for (;; failures++) {
        struct sl_ir_program *program = NULL;
        char message[160] = "";
        fail_alloc_arm(failures + 1);
        enum sl_ir_verdict verdict =
            sl_ir_translate(tokens.data, tokens.size, NULL, &program, message, sizeof(message));
        bool failed = fail_alloc_disarm();
        cr_expect(verdict == (failed ? SL_IR_NO_MEMORY : SL_IR_OK), "%u: %s", failures, message);
        sl_ir_destroy(program);
        if (!failed) {
            break;
        }
    }
    cr_expect(failures >= 6, "%u", failures);
    sl_buf_finish(&tokens);
}

Test(shader_d3d9_flow, bytes_of_no_family)
{
    struct sl_ir_program *program = NULL;
    char message[160] = "";
    static const uint8_t junk[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    cr_expect(sl_ir_translate(junk, 8, NULL, &program, message, sizeof(message)) == SL_IR_BAD);
    cr_expect(sl_ir_translate(junk, 0, NULL, &program, message, sizeof(message)) == SL_IR_BAD);
    cr_expect(sl_ir_translate((const uint8_t *)"DXBC", 4, NULL, &program, message,
                              sizeof(message)) == SL_IR_BAD);
    cr_expect(message[0] != '\0' && program == NULL);
}
