/* Vertex layouts as sources of bytes: what CREATE_INPUT_LAYOUT takes, element by element. */
#ifndef SL_TRACE_YAML_LAYOUT_H
#define SL_TRACE_YAML_LAYOUT_H

#include "trace/yaml_asm.h"

/* An ILAY blob from a sequence of {semantic, index, format, slot, offset, step}. */
enum sl_status sl_asm_layout(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                             struct sl_buf *out, struct sl_error *err);

/* A D3D9 vertex declaration from a sequence of {stream, offset, type, usage, index}. */
enum sl_status sl_asm_declaration(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *node, struct sl_buf *out,
                                  struct sl_error *err);

#endif
