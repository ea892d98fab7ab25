/*
 * From parsed bytecode to the IR: one translator for each family, both built on ir_builder.h. Who
 * has a blob calls sl_ir_translate() (ir.h), which tells the families apart.
 */
#ifndef SL_SHADER_TRANSLATE_H
#define SL_SHADER_TRANSLATE_H

#include "shader/ir.h"

struct sl_d3d9_program;
struct sl_sm4_program;
struct sl_dxbc;

/* options are never NULL here. On success *program is the caller's. */
enum sl_ir_verdict sl_ir_from_d3d9(const struct sl_d3d9_program *source,
                                   const struct sl_ir_options *options,
                                   struct sl_ir_program **program, char *message,
                                   size_t message_size);

/* The container gives the signatures. */
enum sl_ir_verdict sl_ir_from_sm4(const struct sl_sm4_program *source, const struct sl_dxbc *dxbc,
                                  const struct sl_ir_options *options,
                                  struct sl_ir_program **program, char *message,
                                  size_t message_size);

#endif
