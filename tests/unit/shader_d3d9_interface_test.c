/* Inputs, outputs and constants that D3D9 programs say they use. */
#include "bytecode/dxbc.h"
#include "shader_d3d9_rig.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

TestSuite(shader_d3d9_interface);

static struct d3d9_rig rig;

/* Its index, or count. */
static uint32_t find(const struct sl_ir_element *elements, uint32_t count, unsigned usage,
                     unsigned index)
{
    uint32_t i = 0;
    while (i < count && (elements[i].usage != usage || elements[i].semantic_index != index)) {
        i++;
    }
    return i;
}

static const struct sl_ir_element *input(unsigned usage, unsigned index)
{
    uint32_t count = rig.program->input_element_count;
    uint32_t i = find(rig.program->inputs, count, usage, index);
    cr_assert(i < count, "no input of usage %u, index %u", usage, index);
    return &rig.program->inputs[i];
}

static bool has_output(unsigned usage, unsigned index)
{
    uint32_t count = rig.program->output_element_count;
    return find(rig.program->outputs, count, usage, index) < count;
}

static const struct sl_ir_element *output(unsigned usage, unsigned index)
{
    cr_assert(has_output(usage, index), "no output of usage %u, index %u", usage, index);
    return &rig.program->outputs[find(rig.program->outputs, rig.program->output_element_count,
                                      usage, index)];
}

Test(shader_d3d9_interface, vertex_inputs_by_semantic)
{
    d3d9_rig_start(&rig,
                   "vs_2_0\ndcl_position v3\ndcl_texcoord1 v5\ndcl_normal v7\n"
                   "mov oPos, v3\nmov oT0, v5\n",
                   1, NULL);
    cr_assert(rig.program->input_element_count == 2);
    cr_expect(input(SL_IR_USAGE_POSITION, 0)->reg == 3);
    cr_expect(input(SL_IR_USAGE_POSITION, 0)->declared);
    cr_expect(input(SL_IR_USAGE_TEXCOORD, 1)->reg == 5);
    cr_expect(rig.program->input_count == 6);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, vertex_inputs_by_number)
{
    /* One that is read has no declaration: all count by their numbers. */
    d3d9_rig_start(&rig, "vs_2_0\ndcl_position v0\nmov oPos, v0\nmov oT0, v2\n", 1, NULL);
    cr_assert(rig.program->input_element_count == 2);
    for (unsigned i = 0; i < 2; i++) {
        cr_expect(rig.program->inputs[i].reg == 2 * i);
        cr_expect(!rig.program->inputs[i].declared);
        cr_expect(rig.program->inputs[i].usage == 0xFF);
    }
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, vertex_outputs_of_version_2)
{
    d3d9_rig_start(&rig,
                   "vs_2_0\nmov oPos, c0\nmov oFog, c0.x\nmov oPts, c0.x\nmov oD1.xyz, c0\n"
                   "mov oT3.xy, c0\n",
                   1, NULL);
    cr_assert(rig.program->output_element_count == 5);
    cr_expect(output(SL_IR_USAGE_POSITION, 0)->system_value == SL_SV_POSITION);
    cr_expect(output(SL_IR_USAGE_PSIZE, 0)->system_value == SL_IR_SV_POINT_SIZE);
    cr_expect(has_output(SL_IR_USAGE_FOG, 0));
    cr_expect(output(SL_IR_USAGE_COLOR, 1)->mask == 0x7);
    cr_expect(output(SL_IR_USAGE_COLOR, 1)->saturate);
    cr_expect(output(SL_IR_USAGE_TEXCOORD, 3)->mask == 0x3);
    cr_expect(!output(SL_IR_USAGE_TEXCOORD, 3)->saturate);
    cr_expect(!has_output(SL_IR_USAGE_COLOR, 0));
    d3d9_rig_finish(&rig);
    static const struct sl_ir_options options = {.no_color_clamp = true};
    d3d9_rig_start(&rig, "vs_2_0\nmov oPos, c0\nmov oD0, c0\n", 1, &options);
    cr_expect(!output(SL_IR_USAGE_COLOR, 0)->saturate);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, vertex_outputs_of_version_1_have_defaults)
{
    d3d9_rig_start(&rig, "vs_1_1\nmov oPos, c0\nmov oT1.x, c0\n", 1, NULL);
    cr_expect(rig.program->output_count == 3);
    cr_expect(output(SL_IR_USAGE_TEXCOORD, 1)->mask == 0x1);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "oD0", output(SL_IR_USAGE_COLOR, 0)->reg, 0, 0, 0, 0, 1);
    d3d9_rig_expect(&rig, "oT7", output(SL_IR_USAGE_TEXCOORD, 7)->reg, 0, 0, 0, 0, 1);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, vertex_outputs_of_version_3)
{
    d3d9_rig_start(&rig,
                   "vs_3_0\ndcl_position o4\ndcl_texcoord2 o1.xy\ndcl_texcoord5 o1.zw\n"
                   "dcl_color o0\ndcl_tangent o2\nmov o4, c0\nmov o1, c1\nmov o0, c2\n",
                   1, NULL);
    d3d9_rig_set(&rig, 0, 1, 1, 2, 3, 4);
    cr_assert(rig.program->output_element_count == 4);
    cr_expect(output(SL_IR_USAGE_POSITION, 0)->system_value == SL_SV_POSITION);
    cr_expect(output(SL_IR_USAGE_TEXCOORD, 2)->mask == 0x3);
    cr_expect(output(SL_IR_USAGE_TEXCOORD, 5)->mask == 0xC);
    cr_expect(output(SL_IR_USAGE_TEXCOORD, 5)->reg == output(SL_IR_USAGE_TEXCOORD, 2)->reg);
    cr_expect(!output(SL_IR_USAGE_COLOR, 0)->saturate);
    cr_expect(!has_output(SL_IR_USAGE_TANGENT, 0), "it is never written");
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "o1", output(SL_IR_USAGE_TEXCOORD, 2)->reg, 0, 1, 2, 3, 4);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, undeclared_outputs_of_version_3)
{
    d3d9_rig_start(&rig, "vs_3_0\nmov o0, c0\nmov o3, c0\n", 1, NULL);
    cr_expect(output(SL_IR_USAGE_POSITION, 0)->system_value == SL_SV_POSITION);
    cr_expect(has_output(SL_IR_USAGE_TEXCOORD, 3));
    d3d9_rig_finish(&rig);
    /* With any declaration o0 is a texture coordinate; oPos is the declared position. */
    d3d9_rig_start(&rig, "vs_3_0\ndcl_position o2\nmov o0, c0\nmov oPos, c1\n", 1, NULL);
    d3d9_rig_set(&rig, 0, 1, 1, 2, 3, 4);
    cr_expect(has_output(SL_IR_USAGE_TEXCOORD, 0));
    cr_assert(rig.program->output_element_count == 2);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "oPos", output(SL_IR_USAGE_POSITION, 0)->reg, 0, 1, 2, 3, 4);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, outputs_addressed_relatively)
{
    d3d9_rig_start(&rig,
                   "vs_3_0\ndefi i0, 3, 1, 1, 0\ndcl_position o0\ndcl_texcoord0 o1\n"
                   "dcl_texcoord1 o2\ndcl_texcoord2 o3\nmov o0, c0\n"
                   "loop aL, i0\nmov o0[aL], c10[aL]\nendloop\n",
                   1, NULL);
    for (unsigned i = 0; i < 4; i++) {
        d3d9_rig_set(&rig, 0, 10 + i, (float)i, 0, 0, 1);
    }
    d3d9_rig_run(&rig);
    for (unsigned i = 0; i < 3; i++) {
        d3d9_rig_expect(&rig, "o#", output(SL_IR_USAGE_TEXCOORD, i)->reg, 0, (float)i + 1, 0, 0, 1);
    }
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, inputs_addressed_relatively)
{
    d3d9_rig_start(&rig,
                   "vs_3_0\ndefi i0, 2, 1, 1, 0\ndcl_position v0\ndcl_texcoord0 v1\n"
                   "dcl_texcoord1 v2\nmov r0, v0\nloop aL, i0\nadd r0, r0, v0[aL]\nendloop\n"
                   "mov oPos, r0\n",
                   1, NULL);
    cr_expect(rig.program->input_element_count == 3);
    d3d9_rig_input(&rig, 0, 0, 1, 0, 0, 0);
    d3d9_rig_input(&rig, 1, 0, 10, 1, 0, 0);
    d3d9_rig_input(&rig, 2, 0, 100, 1, 0, 0);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "sum", 0, 0, 111, 2, 0, 0);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, alpha_that_a_branch_leaves_out_is_one)
{
    d3d9_rig_start(&rig,
                   "vs_2_0\ndcl_position v0\nmov oPos, v0\nif b0\nmov oT0, c0\nendif\n"
                   "mov oT1, c0\n",
                   1, NULL);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "oT0", output(SL_IR_USAGE_TEXCOORD, 0)->reg, 0, 0, 0, 0, 1);
    d3d9_rig_expect(&rig, "oT1", output(SL_IR_USAGE_TEXCOORD, 1)->reg, 0, 0, 0, 0, 0);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, pixel_inputs_of_version_2)
{
    d3d9_rig_start(&rig, "ps_2_0\ndcl t3\ndcl v1\nmad r0, t3, v1, v1\nmov oC0, r0\n", 1, NULL);
    cr_assert(rig.program->input_element_count == 2);
    d3d9_rig_input(&rig, input(SL_IR_USAGE_TEXCOORD, 3)->reg, 0, 1, 2, 3, 4);
    d3d9_rig_input(&rig, input(SL_IR_USAGE_COLOR, 1)->reg, 0, 5, 6, 7, 8);
    d3d9_rig_run(&rig);
    d3d9_rig_expect(&rig, "mad", 0, 0, 10, 18, 28, 40);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, pixel_inputs_of_version_3)
{
    d3d9_rig_start(&rig,
                   "ps_3_0\ndcl_texcoord1 v0.xy\ndcl_fog v0.z\ndcl_normal v4\n"
                   "add r0, v0, v4\nadd r0, r0, v2\nmov oC0, r0\n",
                   1, NULL);
    cr_assert(rig.program->input_element_count == 4);
    cr_expect(input(SL_IR_USAGE_TEXCOORD, 1)->mask == 0x3);
    cr_expect(input(SL_IR_USAGE_FOG, 0)->mask == 0x4);
    cr_expect(input(SL_IR_USAGE_FOG, 0)->reg == input(SL_IR_USAGE_TEXCOORD, 1)->reg);
    cr_expect(input(SL_IR_USAGE_NORMAL, 0)->mask == 0xF);
    cr_expect(!input(SL_IR_USAGE_COLOR, 2)->declared, "an undeclared v# reads COLOR #");
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, pixel_position_and_face)
{
    static const char listing[] = "ps_3_0\ndcl vPos.xy\ndcl vFace\ndcl_position v1\n"
                                  "mov r0, vPos\nadd r0.z, v1.y, v1.y\nmov r0.w, vFace\n"
                                  "mov oC0, r0\n";
    for (unsigned half = 0; half < 2; half++) {
        const struct sl_ir_options options = {.vpos_half = half != 0};
        d3d9_rig_start(&rig, listing, 1, &options);
        unsigned position = d3d9_rig_system_reg(&rig, SL_IR_SV_PIXEL_POSITION);
        d3d9_rig_input(&rig, position, 0, 10, 20, 77, 77);
        d3d9_rig_input(&rig, d3d9_rig_system_reg(&rig, SL_IR_SV_FACE_SIGN), 0, -1, 7, 7, 7);
        d3d9_rig_run(&rig);
        float offset = half ? 0.5f : 0;
        d3d9_rig_expect(&rig, "vPos", 0, 0, 10 + offset, 20 + offset, 40 + 2 * offset, -1);
        d3d9_rig_finish(&rig);
    }
}

Test(shader_d3d9_interface, pixel_outputs)
{
    d3d9_rig_start(&rig, "ps_2_0\nmov oC2, c0\nmov oDepth, c1.y\n", 1, NULL);
    d3d9_rig_set(&rig, 0, 1, 1, 0.25f, 3, 4);
    cr_expect(rig.program->color_mask[0] == 0xF);
    cr_expect(rig.program->color_mask[1] == 0);
    cr_expect(rig.program->color_mask[2] == 0xF);
    cr_assert(rig.program->depth_reg >= 0);
    d3d9_rig_run(&rig);
    cr_expect(d3d9_rig_float(&rig, (unsigned)rig.program->depth_reg, 0, 0) == 0.25f);
    d3d9_rig_expect(&rig, "oC0", 0, 0, 0, 0, 0, 0);
    d3d9_rig_finish(&rig);
    d3d9_rig_start(&rig, "ps_2_0\nmov oC0, c0\n", 1, NULL);
    cr_expect(rig.program->depth_reg == -1);
    cr_expect(rig.program->output_count == 1);
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, definitions)
{
    d3d9_rig_start(&rig,
                   "vs_2_0\ndef c3, 1, 0x7fc12345, -0, 4\ndefi i2, 1, -2, 3, 4\ndefb b1, true\n"
                   "mov oPos, c3\n",
                   1, NULL);
    cr_assert(rig.program->definition_count == 3);
    static const struct sl_ir_definition expected[3] = {
        {0, 3, {0x3F800000, 0x7FC12345, 0x80000000, 0x40800000}},
        {1, 2, {1, UINT32_MAX - 1, 3, 4}},
        {2, 1, {UINT32_MAX, 0, 0, 0}},
    };
    for (unsigned i = 0; i < 3; i++) {
        const struct sl_ir_definition *definition = &rig.program->definitions[i];
        cr_expect(definition->buffer == expected[i].buffer && definition->row == expected[i].row);
        cr_expect(memcmp(definition->value, expected[i].value, 16) == 0);
    }
    d3d9_rig_finish(&rig);
}

Test(shader_d3d9_interface, facts)
{
    d3d9_rig_start(&rig, "ps_2_0\ndcl_2d s3\ndcl t0\ntexld r0, t0, s3\nmov oC0, r0\n", 4, NULL);
    cr_expect(rig.program->uses_derivatives);
    cr_expect(rig.program->sampler_mask == 1u << 3);
    cr_expect(rig.program->resources[3].used);
    cr_expect(rig.program->resources[3].dimension == SL_TEXTURE_2D);
    cr_expect(!rig.program->can_discard && !rig.program->has_loops && !rig.program->reads_bits);
    d3d9_rig_finish(&rig);
    d3d9_rig_start(&rig, "ps_2_x\nrep i0\ntexkill r0\nendrep\nmov oC0, r0\n", 1, NULL);
    cr_expect(rig.program->can_discard && rig.program->has_loops);
    cr_expect(!rig.program->uses_derivatives);
    d3d9_rig_finish(&rig);
    d3d9_rig_start(&rig, "vs_1_1\nmul r0, c0, c1\nlogp oPos, r0.x\n", 1, NULL);
    cr_expect(rig.program->reads_bits, "logp takes a product apart");
    d3d9_rig_finish(&rig);
    d3d9_rig_start(&rig, "vs_2_0\nmova a0.x, c0.x\nlit r0, c0[a0.x]\nmov oPos, r0\n", 1, NULL);
    cr_expect(!rig.program->reads_bits, "addresses are no float bits");
    d3d9_rig_finish(&rig);
}

static void translate_file(const char *path)
{
    struct sl_buf bytes = {0};
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        sl_buf_u8(&bytes, (uint8_t)c);
    }
    fclose(file);
    struct sl_ir_program *program = NULL;
    char message[160] = "";
    enum sl_ir_verdict verdict =
        sl_ir_translate(bytes.data, bytes.size, NULL, &program, message, sizeof(message));
    cr_expect(verdict == SL_IR_OK, "%s: %s", path, message);
    cr_expect(program == NULL || program->family == SL_IR_D3D9, "%s", path);
    sl_ir_destroy(program);
    sl_buf_finish(&bytes);
}

/* Programs of compilers and drivers use nothing that is refused. */
Test(shader_d3d9_interface, programs_of_others)
{
    static const char *const patterns[] = {
        "../shared/data/shaders/d3d9-tokens/*.tok",
        "../shared/data/shaders/d3d9-dxbc/*.dxbc",
        "../shared/data/hlsl/d3d9/bin/*.bin",
        "../shared/data/hlsl/other-producers/*.bin",
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        glob_t paths;
        if (glob(patterns[i], 0, NULL, &paths) == 0) {
            for (size_t k = 0; k < paths.gl_pathc; k++) {
                translate_file(paths.gl_pathv[k]);
            }
            count += paths.gl_pathc;
            globfree(&paths);
        }
    }
    if (count == 0) {
        cr_skip_test("no programs to translate");
    }
}
