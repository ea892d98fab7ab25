/* Programs as sources of bytes: text in the customary mnemonics (docs/shader-text.md). */
#ifndef SL_TRACE_YAML_SHADER_H
#define SL_TRACE_YAML_SHADER_H

#include "trace/yaml_asm.h"

/*
 * Assembles the text of a program; its version line says which family it is of. D3D9 programs
 * become bare tokens, the others a DXBC container. yaml.shader at the line of the fault.
 */
enum sl_status sl_asm_shader(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                             struct sl_buf *out, struct sl_error *err);

/* The same from a file beside the trace. */
enum sl_status sl_asm_shader_file(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *node, struct sl_buf *out,
                                  struct sl_error *err);

#endif
