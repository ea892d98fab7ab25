#include "device/aerogpu/program_runner.h"

#include <stdlib.h>

static sl_register_lanes *make_registers(uint32_t count)
{
    return sl_registers_alloc(count ? count : 1);
}

bool sl_agpu_runner_init(struct sl_agpu_runner *runner, const struct sl_ir_program *program,
                         const struct sl_vector_code *code, unsigned lane_count)
{
    *runner = (struct sl_agpu_runner){
        .program = program,
        .inputs = make_registers(program->input_count),
        .outputs = make_registers(program->output_count),
        .system = make_registers(SL_IR_SYS_COUNT),
    };
    if (code) {
        runner->vector = sl_vector_machine_create(code);
    } else {
        runner->machine = sl_machine_create(program, lane_count);
    }
    if (runner->inputs && runner->outputs && runner->system &&
        (runner->machine || runner->vector)) {
        return true;
    }
    sl_agpu_runner_finish(runner);
    return false;
}

void sl_agpu_runner_finish(struct sl_agpu_runner *runner)
{
    sl_machine_destroy(runner->machine);
    sl_vector_machine_destroy(runner->vector);
    free(runner->inputs);
    free(runner->outputs);
    free(runner->system);
    *runner = (struct sl_agpu_runner){0};
}

struct sl_shader_call sl_agpu_runner_call(const struct sl_agpu_runner *runner,
                                          const struct sl_shader_bindings *bindings, uint64_t lanes)
{
    return (struct sl_shader_call){
        .program = runner->program,
        .bindings = bindings,
        .lanes = lanes,
        .inputs = (const sl_register_lanes *)runner->inputs,
        .outputs = runner->outputs,
        .system = (const sl_register_lanes *)runner->system,
    };
}

void sl_agpu_runner_run(struct sl_agpu_runner *runner, struct sl_shader_call *call)
{
    if (runner->vector) {
        sl_vector_run(runner->vector, call);
    } else {
        sl_interp_run(runner->machine, call);
    }
}
