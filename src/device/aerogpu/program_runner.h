/* One thread's machine for one program, with its registers. */
#ifndef SL_DEVICE_AEROGPU_PROGRAM_RUNNER_H
#define SL_DEVICE_AEROGPU_PROGRAM_RUNNER_H

#include "shader/exec.h"

/*
 * What an instruction of the interpreter counts where it runs geometry, hull and compute programs:
 * it takes that much longer than one of the vector engine.
 */
#define SL_AGPU_INTERPRETED_WORK 16u

struct sl_agpu_runner {
    const struct sl_ir_program *program;
    struct sl_machine *machine; /* or vector */
    struct sl_vector_machine *vector;
    sl_register_lanes *inputs;
    sl_register_lanes *outputs;
    sl_register_lanes *system;
};

/* For up to lane_count lanes; with code, SL_LANES of them. False without memory. */
bool sl_agpu_runner_init(struct sl_agpu_runner *runner, const struct sl_ir_program *program,
                         const struct sl_vector_code *code, unsigned lane_count);
void sl_agpu_runner_finish(struct sl_agpu_runner *runner);

/* A call over all of the program and the runner's registers. */
struct sl_shader_call sl_agpu_runner_call(const struct sl_agpu_runner *runner,
                                          const struct sl_shader_bindings *bindings,
                                          uint64_t lanes);
void sl_agpu_runner_run(struct sl_agpu_runner *runner, struct sl_shader_call *call);

#endif
