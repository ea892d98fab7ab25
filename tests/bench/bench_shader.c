/*
 * Pixels a second that one thread computes with the vector engine, against the interpreter. The
 * program is traces/shaders/ps_heavy.ps_3_0.asm, 83 instructions on its floats; nothing is drawn.
 * The best round of each counts, in time of the process, so that others on the machine matter less.
 *
 * Prints one row: name, ours, reference, ratio, target.
 */
#include "base/buf.h"
#include "base/file.h"
#include "bytecode/d3d9.h"
#include "shader/exec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 20, OUR_BATCHES = 20000, REFERENCE_BATCHES = 10, ROWS = 256 };

static void die(const char *what)
{
    fprintf(stderr, "bench_shader: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct sl_ir_program *read_program(const char *path)
{
    struct sl_buf text = {0};
    struct sl_buf tokens = {0};
    uint32_t line;
    char message[200];
    if (sl_file_read(path, 1 << 20, &text, NULL) ||
        !sl_d3d9_assemble((const char *)text.data, text.size, &tokens, &line, message,
                          sizeof(message))) {
        die("cannot read the program");
    }
    struct sl_ir_program *program;
    if (sl_ir_translate(tokens.data, tokens.size, NULL, &program, message, sizeof(message))) {
        die(message);
    }
    sl_buf_finish(&text);
    sl_buf_finish(&tokens);
    return program;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static void fill(const struct sl_ir_program *program, uint32_t rows[ROWS][4],
                 sl_register_lanes *inputs)
{
    for (unsigned c = 0; c < 4; c++) {
        rows[0][c] = bits_of(0.1f + 0.1f * (float)c);
    }
    for (uint32_t i = 0; i < program->definition_count; i++) {
        memcpy(rows[program->definitions[i].row], program->definitions[i].value, sizeof(rows[0]));
    }
    for (uint32_t i = 0; i < program->input_count * 4 * SL_LANES; i++) {
        inputs[i / (4 * SL_LANES)][i / SL_LANES % 4][i % SL_LANES] =
            bits_of((float)(i % 97) / 97.0f);
    }
}

static double measure(void (*run)(void *machine, struct sl_shader_call *call), void *machine,
                      struct sl_shader_call *call, unsigned batches)
{
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double began = now();
        for (unsigned i = 0; i < batches; i++) {
            run(machine, call);
        }
        double time = now() - began;
        best = time < best ? time : best;
    }
    return batches * SL_LANES / best / 1e6;
}

static void run_vector(void *machine, struct sl_shader_call *call)
{
    sl_vector_run(machine, call);
}

static void run_interpreter(void *machine, struct sl_shader_call *call)
{
    sl_interp_run(machine, call);
}

int main(void)
{
    static struct sl_shader_bindings bindings;
    static uint32_t rows[ROWS][4];
    static sl_register_lanes inputs[SL_IR_REGISTERS_MAX];
    static sl_register_lanes outputs[SL_IR_REGISTERS_MAX];
    struct sl_ir_program *program = read_program("traces/shaders/ps_heavy.ps_3_0.asm");
    fill(program, rows, inputs);
    bindings.constants[0].rows = (const uint32_t(*)[4])rows;
    bindings.constants[0].row_count = ROWS;
    struct sl_shader_call call = {
        .program = program,
        .bindings = &bindings,
        .lanes = UINT64_MAX,
        .inputs = (const sl_register_lanes *)inputs,
        .outputs = outputs,
    };
    struct sl_vector_code *code = sl_vector_compile(program);
    struct sl_vector_machine *vector = code ? sl_vector_machine_create(code) : NULL;
    struct sl_machine *machine = sl_machine_create(program, SL_LANES);
    if (!vector || !machine) {
        die("out of memory");
    }
    double ours = measure(run_vector, vector, &call, OUR_BATCHES);
    double reference = measure(run_interpreter, machine, &call, REFERENCE_BATCHES);
    printf("shader-heavy  %.1f Mpix/s  %.2f Mpix/s  %.0f  100\n", ours, reference,
           ours / reference);
    sl_machine_destroy(machine);
    sl_vector_machine_destroy(vector);
    sl_vector_code_destroy(code);
    sl_ir_destroy(program);
    return 0;
}
