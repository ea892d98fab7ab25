/* Control flow of the interpreter: which lanes are active, and what is executed next. */
#ifndef SL_SHADER_INTERP_FLOW_H
#define SL_SHADER_INTERP_FLOW_H

#include "shader/interp_machine.h"

bool sl_interp_is_flow(enum sl_ir_op op);

/* Executes the operation at machine->at, and moves on. */
void sl_interp_flow(struct sl_machine *machine, const struct sl_ir_insn *insn);

#endif
