/* The passes over a finished list of operations that sl_ir_builder_complete() consists of. */
#ifndef SL_SHADER_IR_FACTS_H
#define SL_SHADER_IR_FACTS_H

#include "shader/ir.h"

/*
 * Resolves the targets of control flow, sets FLAG_EXIT and checks that constructs nest, labels
 * exist, no function is fallen into and calls do not recur.
 */
enum sl_ir_verdict sl_ir_link_flow(struct sl_ir_program *program, char *message,
                                   size_t message_size);

/* Checks register numbers, counts registers, and finds what a program says of itself. */
enum sl_ir_verdict sl_ir_find_facts(struct sl_ir_program *program, char *message,
                                    size_t message_size);

#endif
