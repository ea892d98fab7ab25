/* What SM4 and SM5 programs say of themselves: signatures, declarations, stages; what is refused.
 */
#include "shader_sm4_rig.h"

#include "bytecode/dxbc.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(shader_sm4_program);

/* ---- signatures ---- */

#define VS4 "vs_4_0\ndcl_output o0.xyzw\nret\n"

/* A copy; register UINT16_MAX if there is none. */
static struct sl_ir_element position_of(const struct sl_ir_program *program)
{
    for (uint32_t i = 0; i < program->output_element_count; i++) {
        if (program->outputs[i].system_value == SL_SV_POSITION) {
            return program->outputs[i];
        }
    }
    return (struct sl_ir_element){.reg = UINT16_MAX};
}

Test(shader_sm4_program, position_goes_by_value_then_name_then_register)
{
    static const struct {
        struct sm4_row rows[4];
        uint16_t reg;
        uint8_t mask;
    } cases[] = {
        {{{'O', "POSITION", 0, 0, 1, 15}, {'O', "A", 0, 1, 2, 7}, {0}}, 2, 7},
        {{{'O', "POSITION", 0, 0, 1, 15}, {'O', "sv_position", 0, 0, 3, 15}, {0}}, 3, 15},
        {{{'O', "A", 0, 0, 0, 15}, {'O', "Position", 0, 0, 3, 15}, {0}}, 3, 15},
        {{{'O', "A", 0, 0, 0, 3}, {'O', "POSITION", 1, 0, 3, 15}, {0}}, 0, 3},
        {{{'O', "A", 0, 0, 2, 15}, {0}}, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_ir_program *program = sm4_program(VS4, cases[i].rows);
        struct sl_ir_element position = position_of(program);
        cr_expect_eq(position.reg, cases[i].reg, "case %zu: o%u", i, (unsigned)position.reg);
        cr_expect_eq(position.mask, cases[i].mask);
        cr_expect(program->has_output_signature && !program->has_input_signature);
        sl_ir_destroy(program);
    }
    struct sl_ir_program *program = sm4_program(VS4, NULL);
    cr_expect_eq(position_of(program).reg, 0);
    cr_expect(!program->has_output_signature);
    sl_ir_destroy(program);
    program =
        sm4_program("vs_4_0\ndcl_output o0.xyzw\ndcl_output_siv o2.xyzw, position\nret\n", NULL);
    cr_expect_eq(position_of(program).reg, 2, "declared");
    sl_ir_destroy(program);
}

Test(shader_sm4_program, pixel_inputs_are_interpolated_as_declared)
{
    static const struct sm4_row rows[] = {{'I', "SV_Position", 0, 1, 0, 15},
                                          {'I', "A", 0, 0, 1, 3},
                                          {'I', "B", 0, 0, 1, 12},
                                          {'I', "C", 0, 0, 2, 15},
                                          {'I', "D", 7, 0, 3, 1},
                                          {'I', "SV_PrimitiveID", 0, 7, 3, 2},
                                          {'I', "SV_IsFrontFace", 0, 9, 3, 4},
                                          {0}};
    struct sl_ir_program *program =
        sm4_program("ps_4_0\ndcl_globalFlags forceEarlyDepthStencil\n"
                    "dcl_input_ps_siv linear noperspective v0.xyzw, position\n"
                    "dcl_input_ps linear v1.xy\ndcl_input_ps constant v1.zw\n"
                    "dcl_input_ps linear noperspective centroid v2.xyzw\ndcl_input_ps linear v3.x\n"
                    "dcl_input_ps_sgv v3.y, primitive_id\n"
                    "dcl_input_ps_sgv v3.z, is_front_face\nret\n",
                    rows);
    static const struct {
        uint16_t reg;
        uint8_t mask, interpolation, value;
    } expected[] = {
        {0, 15, SL_IR_LINEAR, SL_SV_POSITION},
        {1, 3, SL_IR_PERSPECTIVE, 0},
        {1, 12, SL_IR_FLAT, 0},
        {2, 15, SL_IR_LINEAR, 0},
        {3, 1, SL_IR_PERSPECTIVE, 0},
        {3, 2, SL_IR_FLAT, SL_SV_PRIMITIVE_ID},
        {3, 4, SL_IR_FLAT, SL_SV_IS_FRONT_FACE},
    };
    cr_assert_eq(program->input_element_count, 7);
    for (size_t i = 0; i < 7; i++) {
        const struct sl_ir_element *element = &program->inputs[i];
        cr_expect_eq(element->reg, expected[i].reg);
        cr_expect_eq(element->mask, expected[i].mask);
        cr_expect_eq(element->interpolation, expected[i].interpolation, "element %zu", i);
        cr_expect_eq(element->system_value, expected[i].value);
    }
    cr_expect_eq(program->inputs[4].semantic_index, 7);
    cr_expect_eq(program->inputs[4].semantic_hash, sl_dxbc_semantic_hash("d"));
    cr_expect_eq(program->input_count, 4);
    cr_expect(program->early_depth);
    sl_ir_destroy(program);

    program = sm4_program("ps_4_0\n.dialect aero\nmov o0.xyzw, v1.xyzw\nret\n",
                          (const struct sm4_row[]){{'I', "POSITION", 0, 0, 0, 15},
                                                   {'I', "A", 0, 0, 1, 15},
                                                   {'I', "SV_PRIMITIVEID", 0, 0, 2, 1},
                                                   {0}});
    cr_expect_eq(program->inputs[0].system_value, SL_SV_POSITION, "by its name");
    cr_expect_eq(program->inputs[1].interpolation, SL_IR_PERSPECTIVE);
    cr_expect_eq(program->inputs[2].interpolation, SL_IR_FLAT);
    sl_ir_destroy(program);
}

Test(shader_sm4_program, pixel_outputs_are_targets_depth_and_coverage)
{
    struct sl_ir_program *program =
        sm4_program("ps_5_0\ndcl_output o0.xyzw\ndcl_output o2.xyzw\ndcl_output oDepth\n"
                    "dcl_output oMask\nmov o0.xyzw, l(1,2,3,4)\nmov oDepth, l(0.5)\n"
                    "mov oMask, l(1)\nret\n",
                    (const struct sm4_row[]){{'O', "SV_Target", 0, 0, 0, 7},
                                             {'O', "SV_Target", 2, 64, 2, 1},
                                             {'O', "SV_Depth", 0, 0, UINT32_MAX, 1},
                                             {'O', "SV_Coverage", 0, 0, UINT32_MAX, 1},
                                             {0}});
    cr_expect_eq(program->color_mask[0], 7);
    cr_expect_eq(program->color_mask[1], 0);
    cr_expect_eq(program->color_mask[2], 1);
    cr_assert(program->depth_reg >= 3 && program->coverage_reg >= 3);
    cr_expect_neq(program->depth_reg, program->coverage_reg);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    sm4_run(&run);
    cr_expect_eq(run.outputs[program->depth_reg][0][0], 0x3F000000);
    cr_expect_eq(run.outputs[program->coverage_reg][0][0], 1);
    sl_ir_destroy(program);

    program = sm4_program("ps_4_0\n.dialect aero\nmov o0.xyzw, v0.xyzw\nmov o1.y, v0.x\nret\n",
                          (const struct sm4_row[]){
                              {'O', "SV_Target", 0, 0, 0, 15}, {'O', "SV_Depth", 0, 0, 1, 2}, {0}});
    cr_expect_eq(program->depth_reg, 1);
    cr_expect_eq(program->depth_component, 1);
    cr_expect_eq(program->color_mask[1], 0);
    cr_expect_eq(program->coverage_reg, -1);
    sl_ir_destroy(program);

    program = sm4_program("ps_4_0\ndcl_output o0.xyzw\ndcl_output o3.xy\nret\n", NULL);
    cr_expect_eq(program->color_mask[0], 15);
    cr_expect_eq(program->color_mask[3], 3);
    sl_ir_destroy(program);
}

Test(shader_sm4_program, an_option_inverts_w_of_the_position)
{
    static const struct sl_ir_options options = {.position_w_reciprocal = true};
    static const struct sm4_row rows[] = {{'I', "SV_Position", 0, 1, 1, 15}, {0}};
    struct sm4_result result = sm4_translate(
        "ps_4_0\ndcl_input_ps_siv linear noperspective v1.xyzw, position\ndcl_output o0.xyzw\n"
        "mov o0.xyzw, v1.xyzw\nret\n",
        rows, &options);
    cr_assert_eq(result.verdict, SL_IR_OK, "%s", result.message);
    static struct sm4_run run;
    sm4_run_init(&run, result.program);
    run.inputs[1][2][0] = 0x3E000000;
    run.inputs[1][3][0] = 0x40800000; /* 4 */
    sm4_run(&run);
    cr_expect_eq(run.outputs[0][2][0], 0x3E000000);
    cr_expect_eq(run.outputs[0][3][0], 0x3E800000);
    sl_ir_destroy(result.program);
}

/* ---- geometry ---- */

struct emitted {
    uint32_t words[16];
    unsigned count;
};

static void note_vertex(void *data, const sl_register_lanes *outputs)
{
    struct emitted *emitted = data;
    emitted->words[emitted->count++ % 16] = outputs[0][0][0];
}

static void note_cut(void *data)
{
    struct emitted *emitted = data;
    emitted->words[emitted->count++ % 16] = UINT32_MAX;
}

static void expect_strip(const char *text)
{
    static const uint32_t vertices[3][4] = {{10}, {20}, {30}};
    static const uint32_t expected[] = {12, UINT32_MAX, 22, 22, UINT32_MAX};
    struct sl_ir_program *program = sm4_program(text, NULL);
    struct emitted emitted = {.count = 0};
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.vertices = vertices;
    run.call.vertex_count = 3;
    run.call.vertex_stride = 1;
    run.call.emit = note_vertex;
    run.call.cut = note_cut;
    run.call.data = &emitted;
    run.system[SL_IR_SYS_PRIMITIVE_ID][0][0] = 2;
    sm4_run(&run);
    cr_assert_eq(emitted.count, 5);
    cr_expect_eq(memcmp(emitted.words, expected, sizeof(expected)), 0);
    cr_expect_eq(program->input_primitive, SL_IR_PRIM_TRIANGLE);
    cr_expect_eq(program->output_strip, SL_IR_STRIP_TRIANGLE);
    cr_expect_eq(program->max_vertices, 6);
    sl_ir_destroy(program);
}

Test(shader_sm4_program, geometry_emits_and_cuts)
{
    expect_strip("gs_5_0\ndcl_input v[3][0].xyzw\ndcl_input vPrim\ndcl_temps 1\n"
                 "dcl_inputprimitive triangle\ndcl_stream m0\ndcl_outputtopology trianglestrip\n"
                 "dcl_output o0.xyzw\ndcl_maxout 6\n"
                 "iadd o0.x, v[0][0].x, vPrim\nemit_then_cut_stream m0\n"
                 "mov r0.x, l(-1)\niadd o0.x, v[r0.x + 2][0].x, vPrim\nemit\nemit_stream m0\n"
                 "cut_stream m0\nret\n");
    expect_strip("gs_4_0\n.dialect aero\n.words 110C 4\n.words 110D 3\n.words 110E 6\n"
                 "mov r0.x, l(2)\niadd o0.x, v[0][0].x, r0.x\nemit\ncut\n"
                 "iadd o0.x, v[1][0].x, r0.x\nemit\nemit\ncut\nret\n");
}

Test(shader_sm4_program, geometry_has_instances)
{
    struct sl_ir_program *program =
        sm4_program("gs_5_0\ndcl_input vGSInstanceID\ndcl_inputprimitive lineadj\n"
                    "dcl_outputtopology pointlist\ndcl_output o0.xyzw\ndcl_maxout 1\n"
                    "dcl_gs_instance_count 5\nmov o0.x, vGSInstanceID.x\nemit\nret\n",
                    NULL);
    cr_expect_eq(program->instance_count, 5);
    cr_expect_eq(program->input_primitive, SL_IR_PRIM_LINE_ADJ);
    cr_expect_eq(program->output_strip, SL_IR_STRIP_POINT);
    sl_ir_destroy(program);
}

/* ---- tessellation ---- */

#define HULL                                                                                       \
    "hs_5_0\nhs_decls\ndcl_input_control_point_count 4\ndcl_output_control_point_count 2\n"        \
    "dcl_tessellator_domain domain_tri\ndcl_tessellator_partitioning partitioning_integer\n"       \
    "dcl_tessellator_output_primitive output_triangle_ccw\ndcl_hs_max_tessfactor l(8.0)\n"

#define CONTROL_POINTS                                                                             \
    "hs_control_point_phase\ndcl_input vOutputControlPointID\ndcl_input v[4][1].xyzw\n"            \
    "dcl_output o0.xyzw\ndcl_temps 1\nmov r0.x, vOutputControlPointID\n"                           \
    "mov o0.xyzw, v[r0.x + 1][1].xyzw\nret\n"

#define FORK                                                                                       \
    "hs_fork_phase\ndcl_hs_fork_phase_instance_count 3\ndcl_input vForkInstanceID\n"               \
    "dcl_output_siv o0.x, finalTriUeq0EdgeTessFactor\n"                                            \
    "dcl_output_siv o1.x, finalTriVeq0EdgeTessFactor\n"                                            \
    "dcl_output_siv o2.x, finalTriWeq0EdgeTessFactor\ndcl_temps 1\ndcl_indexrange o0.x 3\n"        \
    "mov r0.x, vForkInstanceID.x\nmov o[r0.x + 0].x, vocp[1][0].y\nret\n"

#define JOIN                                                                                       \
    "hs_join_phase\ndcl_input vpc1.x\ndcl_output_siv o3.x, finalTriInsideTessFactor\n"             \
    "mov o3.x, vpc1.x\nret\n"

static const struct sm4_row hull_rows[] = {{'I', "A", 0, 0, 0, 15},
                                           {'I', "B", 0, 0, 1, 15},
                                           {'O', "B", 0, 0, 0, 15},
                                           {'P', "SV_TessFactor", 0, 13, 0, 1},
                                           {'P', "SV_TessFactor", 1, 13, 1, 1},
                                           {'P', "SV_TessFactor", 2, 13, 2, 1},
                                           {'P', "SV_InsideTessFactor", 0, 14, 3, 1},
                                           {0}};

static void expect_factors(const struct sl_ir_program *program)
{
    cr_assert_eq(program->patch_element_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_expect_eq(program->patch_constants[i].system_value, SL_SV_TRI_EDGE_TESS + i);
        cr_expect_eq(program->patch_constants[i].mask, 1);
        cr_expect_eq(program->patch_constants[i].reg, i);
    }
}

Test(shader_sm4_program, hull_phases_run_apart)
{
    static const uint32_t vertices[4 * 2][4] = {{0}, {10}, {0}, {20}, {0}, {30}, {0}, {40}};
    static const uint32_t points[2][4] = {{0}, {1, 77}};
    static const uint32_t patch[4][4] = {{0}, {66}};
    struct sl_ir_program *program = sm4_program(HULL CONTROL_POINTS FORK JOIN, hull_rows);
    cr_expect_eq(program->input_points, 4);
    cr_expect_eq(program->output_points, 2);
    cr_expect_eq(program->domain, SL_IR_DOMAIN_TRI);
    cr_expect_eq(program->tess_output, SL_IR_TESS_CCW);
    cr_expect_eq(program->max_tess_factor, 8.0f);
    expect_factors(program);
    cr_assert_eq(program->phase_count, 3);
    cr_expect_eq(program->phases[0].kind, SL_IR_PHASE_CONTROL_POINT);
    cr_expect_eq(program->phases[1].kind, SL_IR_PHASE_FORK);
    cr_expect_eq(program->phases[1].instance_count, 3);
    cr_expect_eq(program->phases[2].kind, SL_IR_PHASE_JOIN);
    cr_expect_eq(program->phases[2].instance_count, 1);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.vertices = vertices;
    run.call.vertex_count = 4;
    run.call.vertex_stride = 2;
    run.call.lanes = 3;
    run.system[SL_IR_SYS_OUTPUT_POINT_ID][0][1] = 1;
    sm4_run(&run);
    cr_expect_eq(run.outputs[0][0][0], 20);
    cr_expect_eq(run.outputs[0][0][1], 30);
    run.call.points = points;
    run.call.point_count = 2;
    run.call.point_stride = 1;
    run.call.lanes = 1;
    run.system[SL_IR_SYS_FORK_INSTANCE_ID][0][0] = 2;
    run.call.first = program->phases[1].first;
    sm4_run(&run);
    cr_expect_eq(run.outputs[2][0][0], 77);
    run.call.patch = patch;
    run.call.first = program->phases[2].first;
    sm4_run(&run);
    cr_expect_eq(run.outputs[3][0][0], 66);
    sl_ir_destroy(program);
}

Test(shader_sm4_program, hull_without_control_point_phase_passes_points_on)
{
    static const uint32_t vertices[4][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9}, {13}};
    struct sl_ir_program *program = sm4_program(HULL FORK JOIN, hull_rows);
    cr_assert_eq(program->phase_count, 3);
    cr_expect_eq(program->phases[0].kind, SL_IR_PHASE_CONTROL_POINT);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.vertices = vertices;
    run.call.vertex_count = 4;
    run.call.vertex_stride = 1;
    run.system[SL_IR_SYS_OUTPUT_POINT_ID][0][0] = 1;
    sm4_run(&run);
    cr_expect_eq(run.outputs[0][3][0], 8);
    sl_ir_destroy(program);
}

Test(shader_sm4_program, factors_go_by_name_and_domain)
{
    static const struct {
        const char *domain;
        struct sm4_row rows[3];
        uint8_t values[7];
    } cases[] = {
        {"tri",
         {{'P', "SV_TessFactor", 0, 0, 0, 7}, {'P', "SV_InsideTessFactor", 0, 0, 0, 8}, {0}},
         {17, 18, 19, 20}},
        {"quad",
         {{'P', "sv_tessfactor", 0, 0, 0, 15}, {'P', "SV_InsideTessFactor", 0, 0, 1, 3}, {0}},
         {11, 12, 13, 14, 15, 16}},
        {"isoline",
         {{'P', "SV_TessFactor", 0, 16, 0, 1}, {'P', "SV_TessFactor", 1, 15, 1, 1}, {0}},
         {22, 21}},
        {"isoline", {{'P', "SV_TessFactor", 0, 0, 0, 3}, {0}}, {22, 21}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[400];
        snprintf(text, sizeof(text),
                 "ds_5_0\ndcl_input_control_point_count 3\ndcl_tessellator_domain domain_%s\n"
                 "dcl_input vDomain.xyz\ndcl_input vicp[3][0].xyzw\ndcl_output o0.xyzw\n"
                 "mul o0.xyzw, vDomain.xyzz, vicp[2][0].xyzw\nret\n",
                 cases[i].domain);
        struct sl_ir_program *program = sm4_program(text, cases[i].rows);
        for (uint32_t k = 0; k < program->patch_element_count; k++) {
            cr_expect_eq(program->patch_constants[k].system_value, cases[i].values[k], "%s %u: %u",
                         cases[i].domain, k, (unsigned)program->patch_constants[k].system_value);
        }
        cr_expect_eq(cases[i].values[program->patch_element_count], 0);
        sl_ir_destroy(program);
    }
}

Test(shader_sm4_program, aero_hull_programs_are_split_at_returns)
{
    struct sl_ir_program *program = sm4_program(
        "hs_5_0\n.dialect aero\n.words 1112 3\nmov o0.xyzw, v1.xyzw\nmov o0.x, v0.x\nret\n"
        "mov o0.xyz, l(2.0)\nmov o1.x, l(3.0)\nret\n",
        (const struct sm4_row[]){{'I', "SV_OutputControlPointID", 0, 0, 0, 1},
                                 {'I', "A", 0, 0, 1, 15},
                                 {'O', "A", 0, 0, 0, 15},
                                 {'P', "SV_TessFactor", 0, 0, 0, 7},
                                 {'P', "SV_InsideTessFactor", 0, 0, 1, 1},
                                 {0}});
    static const uint32_t vertices[3 * 2][4] = {{0}, {0}, {0}, {5, 6, 7, 8}, {0}, {0}};
    cr_expect_eq(program->input_points, 3);
    cr_expect_eq(program->output_points, 3);
    cr_assert_eq(program->phase_count, 2);
    static struct sm4_run run;
    sm4_run_init(&run, program);
    run.call.vertices = vertices;
    run.call.vertex_count = 3;
    run.call.vertex_stride = 2;
    run.system[SL_IR_SYS_OUTPUT_POINT_ID][0][0] = 1;
    sm4_run(&run);
    cr_expect_eq(run.outputs[0][0][0], 1);
    cr_expect_eq(run.outputs[0][1][0], 6);
    run.call.first = program->phases[1].first;
    sm4_run(&run);
    cr_expect_eq(run.outputs[0][2][0], 0x40000000);
    cr_expect_eq(run.outputs[1][0][0], 0x40400000);
    sl_ir_destroy(program);

    /* Factors among the outputs of the only phase: it runs again for the patch. */
    program = sm4_program("hs_5_0\n.dialect aero\n.words 1112 3\nmov o0.xyzw, l(4.0)\nret\n",
                          (const struct sm4_row[]){{'O', "SV_TessFactor", 0, 0, 0, 7},
                                                   {'O', "SV_InsideTessFactor", 0, 0, 0, 8},
                                                   {0}});
    cr_expect_eq(program->phase_count, 2);
    cr_expect_eq(program->patch_element_count, 4);
    cr_expect_eq(program->patch_constants[3].system_value, SL_SV_TRI_INSIDE_TESS);
    sl_ir_destroy(program);
}

/* ---- refusals ---- */

struct refusal {
    const char *text;
    const char *message; /* a part of it */
};

static void expect_refusals(const struct refusal *cases, size_t count, enum sl_ir_verdict verdict)
{
    for (size_t i = 0; i < count; i++) {
        struct sm4_result result = sm4_translate(cases[i].text, NULL, NULL);
        cr_expect_eq(result.verdict, verdict, "verdict %d for\n%s", (int)result.verdict,
                     cases[i].text);
        cr_expect(strstr(result.message, cases[i].message) != NULL, "'%s', not '%s'",
                  result.message, cases[i].message);
        cr_expect_null(result.program);
        sl_ir_destroy(result.program);
    }
}

#define EXPECT_REFUSALS(cases, verdict)                                                            \
    expect_refusals(cases, sizeof(cases) / sizeof((cases)[0]), verdict)

#define VSX "vs_5_0\ndcl_input v0.xyzw\ndcl_output o0.xyzw\ndcl_temps 2\n"
#define CSX "cs_5_0\ndcl_temps 2\ndcl_thread_group 4, 1, 1\n"
#define PSX "ps_5_0\ndcl_input_ps linear v0.xyzw\ndcl_output o0.xyzw\ndcl_temps 2\n"
#define GSX "gs_5_0\ndcl_inputprimitive point\ndcl_outputtopology pointlist\n"

Test(shader_sm4_program, bad_programs_are_named)
{
    static const struct refusal cases[] = {
        {VSX "if_nz v0.x\nret\n", ""},
        {VSX "endif\nret\n", "endif without if"},
        {VSX "loop\nif_z v0.x\nendloop\nendif\nret\n", ""},
        {VSX "break\nret\n", "outside a loop"},
        {VSX "case l(1)\nret\n", "case outside"},
        {VSX "call label7\nret\n", ""},
        {VSX "mov r2.x, l(1)\nret\n", "below 2 (mov, word"},
        {VSX "mov o0.x, x0[0].x\nret\n", "x0 is not declared"},
        {VSX "mov o0.x, v32.x\nret\n", "above 31"},
        {VSX "mov o32.x, v0.x\nret\n", "above 31"},
        {VSX "mov o0.x, cb3[0].x\nret\n", "cb3 is not declared"},
        {VSX "mov o0.x, vThreadID.x\nret\n", "no place here"},
        {VSX "mov oDepth, v0.x\nret\n", "no place here"},
        {VSX "mov v0.x, v0.x\nret\n", "no place here"},
        {VSX "sync_g_t\nret\n", "barrier"},
        {VSX "emit\nret\n", "outside a geometry"},
        {VSX "dcl_indexableTemp x0[4095], 4\nret\n", "more than 4096 temporary"},
        {"vs_4_0\ndcl_temps 4097\nret\n", "more than 4096 temporary"},
        {"vs_4_0\ndcl_constantbuffer cb14[1], immediateIndexed\nret\n", "below 14"},
        {"vs_4_0\ndcl_constantbuffer cb0[4097], immediateIndexed\nret\n", "more than 4096 rows"},
        {"vs_4_0\ndcl_sampler s16, mode_default\nret\n", "below 16"},
        {"vs_4_0\ndcl_resource_texture2d (float,float,float,float) t128\nret\n", "below 128"},
        {"vs_4_0\ndcl_input v32.xyzw\nret\n", "above 31"},
        {"vs_4_0\ndcl_output o30.xyzw\ndcl_indexrange o30.xyzw 3\nret\n", "index range"},
        {PSX "sample r0.xyzw, v0.xyxx, t0.xyzw, s0\nret\n", "t0 is not declared as a texture"},
        {PSX "dcl_resource_texture2d (float,float,float,float) t0\n"
             "sample r0.xyzw, v0.xyxx, t0.xyzw, s0\nret\n",
         "s0 is not declared"},
        {PSX "dcl_resource_raw t0\nld r0.xyzw, v0.xyzw, t0.xyzw\nret\n", "no typed buffer"},
        {PSX "dcl_resource_raw t0\nld_structured r0.x, l(0), l(0), t0.x\nret\n", "otherwise"},
        {PSX "ld_raw r0.x, l(0), g0.x\nret\n", "g0 is not declared"},
        {VSX "dcl_uav_raw u0\nstore_raw u0.x, l(0), l(1)\nret\n", "not for this stage"},
        {CSX "store_raw u0.x, l(0), l(1)\nret\n", "u0 is not declared"},
        {CSX "dcl_resource_raw t0\natomic_iadd t0, l(0), l(1)\nret\n", "an atomic on t0"},
        {CSX "dcl_resource_structured t0, 0\nret\n", "0 bytes"},
        {CSX "dcl_resource_structured t0, 6\nret\n", "6 bytes"},
        {CSX "dcl_tgsm_raw g0, 32768\ndcl_tgsm_raw g1, 4\nret\n", "32768 bytes of shared"},
        {CSX "dcl_tgsm_structured g0, 2048, 0x200000\nret\n", "32768 bytes of shared"},
        {CSX "dcl_uav_raw u8\nret\n", "below 8"},
        {CSX "mov r0.x, v0.x\nret\n", "no place here"},
        {"cs_5_0\nret\n", "no thread group"},
        {"cs_5_0\ndcl_thread_group 1, 0, 1\nret\n", "0, not 1"},
        {"cs_5_0\ndcl_thread_group 1, 1, 65\nret\n", "65, not 1 to 64"},
        {"cs_5_0\ndcl_thread_group 32, 33, 1\nret\n", "1056 threads"},
        {GSX "dcl_output o0.xyzw\nret\n", "missing"},
        {GSX "dcl_output o0.xyzw\ndcl_maxout 257\nret\n", "257 vertices of 4"},
        {GSX "dcl_output o0.xyzw\ndcl_maxout 0\nret\n", "0, not 1"},
        {GSX "dcl_gs_instance_count 33\ndcl_maxout 1\nret\n", "33, not 1"},
        {GSX "dcl_input v[1][0].xyzw\ndcl_output o0.xyzw\ndcl_maxout 1\nmov o0.xyzw, "
             "v0.xyzw\nret\n",
         "without the number of a vertex"},
        {"hs_5_0\nret\n", "no domain"},
        {HULL "mov r0.x, r0.x\nret\n", "without phases"},
        {HULL JOIN FORK, "out of place"},
        {HULL "hs_fork_phase\ndcl_hs_fork_phase_instance_count 129\nret\n", "129 instances"},
        {"hs_5_0\ndcl_tessellator_domain domain_tri\nhs_control_point_phase\nret\n",
         "number of input points"},
        {"hs_5_0\ndcl_hs_max_tessfactor l(65.0)\nret\n", "not 1 to 64"},
        {VSX "hs_fork_phase\nret\n", "out of place"},
        {"ds_5_0\nret\n", "no domain"},
        {"vs_5_0\n.dialect aero\n(p0.x) if_nz v0.x\nendif\nret\n", "predicate on a block"},
        {"vs_5_0\n.dialect aero\nmov r0.x, p16.x\nret\n", "not a register"},
    };
    EXPECT_REFUSALS(cases, SL_IR_BAD);
}

Test(shader_sm4_program, what_the_device_refuses_is_named)
{
    static const struct refusal cases[] = {
        {PSX "dcl_resource_texture2dms(4) (float,float,float,float) t0\nret\n", "multisampled"},
        {PSX "ldms r0.xyzw, v0.xyzw, t0.xyzw, l(0)\nret\n", "multisampled"},
        {PSX "samplepos r0.xyzw, t0.xyzw, l(0)\nret\n", "sample positions"},
        {PSX "sampleinfo r0.xyzw, rasterizer.xyzw\nret\n", "sample positions"},
        {PSX "eval_centroid r0.xyzw, v0.xyzw\nret\n", "evaluation"},
        {PSX "ftod r0.xy, v0.x\nret\n", "doubles"},
        {PSX "mov r0.xyzw, d(1.0l, 2.0l)\nret\n", "doubles"},
        {PSX "dcl_uav_typed_texture2d (uint,uint,uint,uint) u0\nret\n", "unordered access"},
        {"hs_5_0\ndcl_tessellator_partitioning partitioning_fractional_even\nret\n", "fractional"},
    };
    EXPECT_REFUSALS(cases, SL_IR_UNSUPPORTED);
    static const struct refusal streams[] = {
        {GSX "emit_stream m1\nret\n", "stream other than 0"},
        {GSX "cut_stream m2\nret\n", "stream other than 0"},
        {"gs_5_0\n.dialect aero\nemit_then_cut_stream l(1)\nret\n", "stream other than 0"},
    };
    EXPECT_REFUSALS(streams, SL_IR_WRONG_STREAM);
}

Test(shader_sm4_program, running_out_of_memory_is_no_other_fault)
{
    struct sl_buf container = {0};
    sm4_container(HULL CONTROL_POINTS FORK JOIN, hull_rows, &container);
    for (unsigned n = 1;; n++) {
        struct sl_ir_program *program = NULL;
        char message[100] = "";
        fail_alloc_arm(n);
        enum sl_ir_verdict verdict = sl_ir_translate(container.data, container.size, NULL, &program,
                                                     message, sizeof(message));
        bool failed = fail_alloc_disarm();
        if (!failed) {
            cr_expect_eq(verdict, SL_IR_OK);
            cr_expect(n > 5);
            sl_ir_destroy(program);
            break;
        }
        cr_assert_eq(verdict, SL_IR_NO_MEMORY, "allocation %u: %d %s", n, (int)verdict, message);
        cr_assert_null(program);
    }
    sl_buf_finish(&container);
}

/* ---- compilers' programs ---- */

/* What uses something that the device refuses, and what that is. */
static const struct {
    const char *name;
    enum sl_ir_verdict verdict;
    const char *message;
} refused[] = {
    {"cs_blur.", SL_IR_UNSUPPORTED, "unordered access view"},
    {"ps_uav5.", SL_IR_UNSUPPORTED, "unordered access view"},
    {"hs_tri.", SL_IR_UNSUPPORTED, "fractional partitioning"},
    {"ps_lookups.", SL_IR_UNSUPPORTED, "multisampled texture"},
    {"ps_msaa5.", SL_IR_UNSUPPORTED, "evaluation of inputs"},
    {"ps_double5.", SL_IR_UNSUPPORTED, "doubles"},
    {"gs_cut_stream1.", SL_IR_WRONG_STREAM, "stream other than 0"},
    {"gs_emit_stream1.", SL_IR_WRONG_STREAM, "stream other than 0"},
    {"gs_emit_stream_cut_stream.", SL_IR_WRONG_STREAM, "stream other than 0"},
    {"gs_emitthen_cut_stream1.", SL_IR_WRONG_STREAM, "stream other than 0"},
};

static void expect_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    const char *name = strrchr(path, '/') + 1;
    enum sl_ir_verdict expected = SL_IR_OK;
    const char *part = "";
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (strncmp(name, refused[i].name, strlen(refused[i].name)) == 0) {
            expected = refused[i].verdict;
            part = refused[i].message;
        }
    }
    struct sl_ir_program *program = NULL;
    char message[200] = "";
    enum sl_ir_verdict verdict =
        sl_ir_translate(bytes, size, NULL, &program, message, sizeof(message));
    cr_expect_eq(verdict, expected, "%s: %d %s", name, (int)verdict, message);
    cr_expect(strstr(message, part) != NULL, "%s: %s", name, message);
    sl_ir_destroy(program);
}

Test(shader_sm4_program, programs_of_compilers_and_fixtures_translate)
{
    static const char *const patterns[] = {"../shared/data/hlsl/dxbc/bin/*.dxbc",
                                           "../shared/data/hlsl/other-producers/*.dxbc",
                                           "../shared/data/shaders/sm45-aero/*.dxbc"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        glob_t found;
        if (glob(patterns[i], 0, NULL, &found) == 0) {
            for (size_t k = 0; k < found.gl_pathc; k++) {
                expect_file(found.gl_pathv[k]);
            }
            count += found.gl_pathc;
            globfree(&found);
        }
    }
    if (count == 0) {
        cr_skip_test("no shared data");
    }
}
