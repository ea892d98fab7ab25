/* SM4 and SM5 programs from text: assembled, wrapped in a container, translated and run. */
#ifndef SL_TESTS_SHADER_SM4_RIG_H
#define SL_TESTS_SHADER_SM4_RIG_H

#include "base/buf.h"
#include "shader/exec.h"
#include "shader/ir.h"

/* One row of a signature. */
struct sm4_row {
    char kind; /* 'I', 'O' or 'P'; 0 ends a list */
    const char *name;
    uint32_t index;
    uint32_t system_value;
    uint32_t reg;
    uint8_t mask;
};

struct sm4_result {
    enum sl_ir_verdict verdict;
    struct sl_ir_program *program; /* NULL unless OK */
    char message[200];
};

/* A container of the program and the signatures that have rows; rows may be NULL. */
void sm4_container(const char *text, const struct sm4_row *rows, struct sl_buf *out);

/* Translates; the test fails if the text does not assemble. options may be NULL. */
struct sm4_result sm4_translate(const char *text, const struct sm4_row *rows,
                                const struct sl_ir_options *options);

/* The same for what must translate. */
struct sl_ir_program *sm4_program(const char *text, const struct sm4_row *rows);

/* Registers and bindings of a run. */
struct sm4_run {
    struct sl_shader_bindings bindings;
    sl_register_lanes inputs[32];
    sl_register_lanes outputs[32];
    sl_register_lanes system[SL_IR_SYS_COUNT];
    struct sl_shader_call call;
};

/* Prepares one lane without inputs. */
void sm4_run_init(struct sm4_run *run, const struct sl_ir_program *program);

/* Runs call.lanes to the end, over barriers. */
void sm4_run(struct sm4_run *run);

#endif
