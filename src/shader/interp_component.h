/*
 * Componentwise operations on the bits of one component: what an operation means, without
 * registers, lanes, masks or modifiers.
 */
#ifndef SL_SHADER_INTERP_COMPONENT_H
#define SL_SHADER_INTERP_COMPONENT_H

#include "shader/ir.h"

/* op is componentwise and no derivative; in holds its sources, out takes its results. */
void sl_component_evaluate(enum sl_ir_op op, const uint32_t in[SL_IR_SRCS],
                           uint32_t out[SL_IR_DSTS]);

/* True if there is such a function: of all componentwise operations but derivatives. */
bool sl_component_has(enum sl_ir_op op);

#endif
