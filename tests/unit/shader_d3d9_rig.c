#include "shader_d3d9_rig.h"

#include "base/buf.h"
#include "bytecode/d3d9.h"
#include "shader/ir.h"

#include <criterion/criterion.h>
#include <string.h>

static enum sl_ir_verdict translate(const char *listing, const struct sl_ir_options *options,
                                    struct sl_ir_program **program, char *message,
                                    size_t message_size)
{
    struct sl_buf tokens = {0};
    uint32_t line = 0;
    char why[160];
    bool assembled = sl_d3d9_assemble(listing, strlen(listing), &tokens, &line, why, sizeof(why));
    cr_assert(assembled, "line %u: %s\n%s", line, why, listing);
    enum sl_ir_verdict verdict =
        sl_ir_translate(tokens.data, tokens.size, options, program, message, message_size);
    sl_buf_finish(&tokens);
    return verdict;
}

enum sl_ir_verdict d3d9_rig_verdict(const char *listing, char *message)
{
    struct sl_ir_program *program = NULL;
    enum sl_ir_verdict verdict = translate(listing, NULL, &program, message, 160);
    sl_ir_destroy(program);
    return verdict;
}

static void bind(struct d3d9_rig *rig)
{
    for (unsigned i = 0; i < 3; i++) {
        rig->bindings.constants[i].rows = (const uint32_t(*)[4])rig->constants[i];
        rig->bindings.constants[i].row_count = 256;
    }
    rig->sampler = (struct sl_sampler){
        .address = {SL_ADDRESS_CLAMP, SL_ADDRESS_CLAMP, SL_ADDRESS_CLAMP},
        .min_lod = -128.0f,
        .max_lod = 128.0f,
    };
    for (unsigned i = 0; i < 16; i++) {
        rig->bindings.samplers[i] = &rig->sampler;
    }
    for (unsigned c = 0; c < 4; c++) {
        rig->bindings.unbound[c] = 1.0f;
    }
}

void d3d9_rig_start(struct d3d9_rig *rig, const char *listing, unsigned lane_count,
                    const struct sl_ir_options *options)
{
    memset(rig, 0, sizeof(*rig));
    char message[160] = "";
    enum sl_ir_verdict verdict =
        translate(listing, options, &rig->program, message, sizeof(message));
    cr_assert(verdict == SL_IR_OK, "%s\n%s", message, listing);
    cr_assert(rig->program->input_count <= 16 && rig->program->output_count <= 24);
    bind(rig);
    rig->call.program = rig->program;
    rig->call.bindings = &rig->bindings;
    rig->call.inputs = (const sl_register_lanes *)rig->inputs;
    rig->call.outputs = rig->outputs;
    rig->call.lanes = lane_count == 64 ? UINT64_MAX : (UINT64_C(1) << lane_count) - 1;
}

void d3d9_rig_finish(struct d3d9_rig *rig)
{
    sl_ir_destroy(rig->program);
}

static uint32_t float_bits(float value)
{
    union d3d9_word word = {.f = value};
    return word.u;
}

void d3d9_rig_set(struct d3d9_rig *rig, unsigned buffer, unsigned row, float x, float y, float z,
                  float w)
{
    const uint32_t value[4] = {float_bits(x), float_bits(y), float_bits(z), float_bits(w)};
    memcpy(rig->constants[buffer][row], value, sizeof(value));
}

void d3d9_rig_set_ints(struct d3d9_rig *rig, unsigned row, int32_t x, int32_t y, int32_t z)
{
    const uint32_t value[4] = {(uint32_t)x, (uint32_t)y, (uint32_t)z, 0};
    memcpy(rig->constants[1][row], value, sizeof(value));
}

void d3d9_rig_set_bool(struct d3d9_rig *rig, unsigned row, bool value)
{
    rig->constants[2][row][0] = value ? UINT32_MAX : 0;
}

void d3d9_rig_input(struct d3d9_rig *rig, unsigned reg, unsigned lane, float x, float y, float z,
                    float w)
{
    rig->inputs[reg][0][lane] = float_bits(x);
    rig->inputs[reg][1][lane] = float_bits(y);
    rig->inputs[reg][2][lane] = float_bits(z);
    rig->inputs[reg][3][lane] = float_bits(w);
}

void d3d9_rig_run(struct d3d9_rig *rig)
{
    for (uint32_t i = 0; i < rig->program->definition_count; i++) {
        const struct sl_ir_definition *definition = &rig->program->definitions[i];
        memcpy(rig->constants[definition->buffer][definition->row], definition->value,
               sizeof(definition->value));
    }
    struct sl_machine *machine = sl_machine_create(rig->program, SL_LANES);
    cr_assert(machine != NULL);
    sl_interp_run(machine, &rig->call);
    sl_machine_destroy(machine);
}

static unsigned find_element(const struct sl_ir_element *elements, uint32_t count, unsigned usage,
                             unsigned index)
{
    for (uint32_t i = 0; i < count; i++) {
        if (elements[i].usage == usage && elements[i].semantic_index == index) {
            return elements[i].reg;
        }
    }
    cr_assert_fail("no element of usage %u, index %u", usage, index);
    return 0;
}

unsigned d3d9_rig_input_reg(const struct d3d9_rig *rig, unsigned usage, unsigned index)
{
    return find_element(rig->program->inputs, rig->program->input_element_count, usage, index);
}

unsigned d3d9_rig_output_reg(const struct d3d9_rig *rig, unsigned usage, unsigned index)
{
    return find_element(rig->program->outputs, rig->program->output_element_count, usage, index);
}

unsigned d3d9_rig_system_reg(const struct d3d9_rig *rig, unsigned system_value)
{
    for (uint32_t i = 0; i < rig->program->input_element_count; i++) {
        if (rig->program->inputs[i].system_value == system_value) {
            return rig->program->inputs[i].reg;
        }
    }
    cr_assert_fail("no input with system value %u", system_value);
    return 0;
}

uint32_t d3d9_rig_bits(const struct d3d9_rig *rig, unsigned reg, unsigned component, unsigned lane)
{
    return rig->outputs[reg][component][lane];
}

float d3d9_rig_float(const struct d3d9_rig *rig, unsigned reg, unsigned component, unsigned lane)
{
    union d3d9_word word = {.u = rig->outputs[reg][component][lane]};
    return word.f;
}

void d3d9_rig_expect(const struct d3d9_rig *rig, const char *what, unsigned reg, unsigned lane,
                     float x, float y, float z, float w)
{
    const float expected[4] = {x, y, z, w};
    for (unsigned c = 0; c < 4; c++) {
        cr_expect(d3d9_rig_bits(rig, reg, c, lane) == float_bits(expected[c]),
                  "%s: component %u is %08x (%g), not %08x (%g)", what, c,
                  d3d9_rig_bits(rig, reg, c, lane), (double)d3d9_rig_float(rig, reg, c, lane),
                  float_bits(expected[c]), (double)expected[c]);
    }
}

struct sl_texture d3d9_rig_texture(const uint8_t *texels, uint32_t width)
{
    return (struct sl_texture){
        .format = SL_TEXEL_R8G8B8A8,
        .level_count = 1,
        .layer_count = 1,
        .layer_stride_bytes = width * 4,
        .levels = {{texels, width, 1, width * 4}},
    };
}
