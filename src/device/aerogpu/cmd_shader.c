/* Programs and their constants. */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "device/aerogpu/stage.h"

#include <inttypes.h>

enum sl_agpu_class sl_agpu_cmd_create_shader_dxbc(struct sl_agpu_run *run,
                                                  const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_create_shader_dxbc cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.shader_handle == 0) {
        return sl_agpu_check_free_handle(run, 0);
    }
    if (cmd.dxbc_size_bytes == 0) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "a program of 0 bytes");
    }
    enum sl_abi_stage stage;
    enum sl_agpu_class class_ = sl_agpu_stage_resolve(run, cmd.stage, cmd.reserved0, &stage);
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_check_free_handle(run, cmd.shader_handle);
    }
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    struct sl_agpu_shader shader;
    class_ = sl_agpu_program_create(run, packet->bytes + sizeof(cmd), cmd.dxbc_size_bytes, stage,
                                    &shader);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    struct sl_agpu_object *object = sl_agpu_add(run->exec, cmd.shader_handle, SL_AGPU_SHADER);
    if (!object) {
        sl_agpu_program_destroy(run->exec, &shader);
        return sl_agpu_fail_host_memory(run, sizeof(*object));
    }
    object->u.shader = shader;
    bool is_d3d9 = shader.family == SL_AGPU_FAMILY_D3D9;
    sl_agpu_context_decide(run->context, is_d3d9 ? SL_AGPU_FLAVOUR_D3D9 : SL_AGPU_FLAVOUR_D3D11);
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_destroy_shader(struct sl_agpu_run *run,
                                              const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_destroy_shader cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return sl_agpu_destroy(run, cmd.shader_handle, SL_AGPU_SHADER, "shader");
}

/* Three forms: 24 bytes with the geometry shader in reserved0, below 36 none, 36 with all. */
enum sl_agpu_class sl_agpu_cmd_bind_shaders(struct sl_agpu_run *run,
                                            const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_bind_shaders_ex cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    bool is_shortest = packet->size == sizeof(struct aerogpu_cmd_bind_shaders);
    const struct {
        enum sl_abi_stage stage;
        uint32_t handle;
    } bound[] = {
        {SL_ABI_STAGE_VERTEX, cmd.vs},
        {SL_ABI_STAGE_PIXEL, cmd.ps},
        {SL_ABI_STAGE_COMPUTE, cmd.cs},
        {SL_ABI_STAGE_GEOMETRY, is_shortest ? cmd.reserved0 : cmd.gs},
        {SL_ABI_STAGE_HULL, cmd.hs},
        {SL_ABI_STAGE_DOMAIN, cmd.ds},
    };
    for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
        enum sl_agpu_class class_ = sl_agpu_check_bindable(run, bound[i].handle);
        if (class_ != SL_AGPU_OK) {
            return class_;
        }
    }
    for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
        sl_agpu_stage_state(run->context, bound[i].stage)->program = bound[i].handle;
    }
    return SL_AGPU_OK;
}

static enum sl_agpu_class check_registers(struct sl_agpu_run *run, uint32_t start, uint32_t count,
                                          uint32_t limit)
{
    if (!sl_range_fits(start, count, limit)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE,
                            "registers %" PRIu32 " + %" PRIu32 " of %" PRIu32, start, count, limit);
    }
    return SL_AGPU_OK;
}

/* The file of registers, made on first use; NULL without memory. */
static uint32_t (*get_file(struct sl_agpu_exec *exec, uint32_t (**file)[4], uint32_t count))[4]
{
    if (!*file) {
        *file = sl_agpu_alloc(exec, (uint64_t)count * sizeof(**file));
    }
    return *file;
}

static void store_vec4s(uint32_t (*file)[4], uint32_t start, uint32_t count, const uint8_t *data)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t lane = 0; lane < 4; lane++) {
            file[start + i][lane] = sl_get_le32(data + 16 * (size_t)i + 4 * lane);
        }
    }
}

enum sl_agpu_class sl_agpu_cmd_set_shader_constants_f(struct sl_agpu_run *run,
                                                      const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_shader_constants_f cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_abi_stage stage;
    enum sl_agpu_class class_ = sl_agpu_stage_resolve(run, cmd.stage, cmd.reserved0, &stage);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    uint32_t limit = run->context->flavour == SL_AGPU_FLAVOUR_D3D9
                         ? AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS_D3D9
                         : AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS;
    class_ = check_registers(run, cmd.start_register, cmd.vec4_count, limit);
    if (class_ != SL_AGPU_OK || cmd.vec4_count == 0) {
        return class_;
    }
    struct sl_agpu_stage_state *state = sl_agpu_stage_state(run->context, stage);
    if (!get_file(run->exec, &state->constants_f, AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS)) {
        return sl_agpu_fail_host_memory(run, AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS * 16);
    }
    store_vec4s(state->constants_f, cmd.start_register, cmd.vec4_count,
                packet->bytes + sizeof(cmd));
    return SL_AGPU_OK;
}

/* Integer and boolean constants exist for vertex and pixel programs only. */
static enum sl_agpu_class check_d3d9_constants(struct sl_agpu_run *run, uint32_t stage,
                                               uint32_t reserved0, uint32_t start, uint32_t count,
                                               struct sl_agpu_stage_state **state)
{
    enum sl_abi_stage resolved;
    enum sl_agpu_class class_ = sl_agpu_stage_resolve(run, stage, reserved0, &resolved);
    if (class_ == SL_AGPU_OK) {
        class_ = sl_agpu_stage_check_d3d9(run, resolved);
    }
    if (class_ == SL_AGPU_OK) {
        class_ = check_registers(run, start, count, AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS);
        *state = sl_agpu_stage_state(run->context, resolved);
    }
    return class_;
}

enum sl_agpu_class sl_agpu_cmd_set_shader_constants_i(struct sl_agpu_run *run,
                                                      const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_shader_constants_i cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_stage_state *state;
    enum sl_agpu_class class_ = check_d3d9_constants(run, cmd.stage, cmd.reserved0,
                                                     cmd.start_register, cmd.vec4_count, &state);
    if (class_ != SL_AGPU_OK || cmd.vec4_count == 0) {
        return class_;
    }
    if (!get_file(run->exec, &state->constants_i, AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS)) {
        return sl_agpu_fail_host_memory(run, AEROGPU_LIMIT_SHADER_CONSTANT_IB_REGISTERS * 16);
    }
    store_vec4s(state->constants_i, cmd.start_register, cmd.vec4_count,
                packet->bytes + sizeof(cmd));
    return SL_AGPU_OK;
}

/* A register is true if any of its words is; a payload has four words or one for each. */
enum sl_agpu_class sl_agpu_cmd_set_shader_constants_b(struct sl_agpu_run *run,
                                                      const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_shader_constants_b cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_stage_state *state;
    enum sl_agpu_class class_ = check_d3d9_constants(run, cmd.stage, cmd.reserved0,
                                                     cmd.start_register, cmd.bool_count, &state);
    if (class_ != SL_AGPU_OK || cmd.bool_count == 0) {
        return class_;
    }
    size_t stride = (packet->size - sizeof(cmd)) / cmd.bool_count >= 16 ? 16 : 4;
    const uint8_t *data = packet->bytes + sizeof(cmd);
    for (uint32_t i = 0; i < cmd.bool_count; i++, data += stride) {
        uint64_t low = stride == 16 ? sl_get_le64(data) : sl_get_le32(data);
        uint64_t high = stride == 16 ? sl_get_le64(data + 8) : 0;
        state->constants_b[cmd.start_register + i] = (low | high) != 0;
    }
    return SL_AGPU_OK;
}
