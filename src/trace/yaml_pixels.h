/* Pictures as sources of bytes: colours and generated surfaces in any uncompressed format. */
#ifndef SL_TRACE_YAML_PIXELS_H
#define SL_TRACE_YAML_PIXELS_H

#include "trace/yaml_asm.h"

#include <scanlock/image.h>

/* The surface that a mapping's format, width, height and pitch describe. */
struct sl_asm_surface {
    const struct sl_abi_format *format;
    uint32_t width;
    uint32_t height;
    uint64_t pitch; /* bytes from one row (of blocks) to the next */
    uint64_t size;  /* bytes from the first of the first row to the last of the last */
};

/*
 * Reads the description. Without a width and height those of fallback hold, if it is not NULL.
 * Errors: yaml.key (something is missing), yaml.value, host.limit.
 */
enum sl_status sl_asm_surface(struct sl_asm *a, const yaml_node_t *item,
                              const struct sl_image *fallback, struct sl_asm_surface *out,
                              struct sl_error *err);

/* Each appends one surface; node is the value of the source's key. */
enum sl_status sl_asm_fill_color(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                 struct sl_buf *out, struct sl_error *err);
enum sl_status sl_asm_gradient(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                               struct sl_buf *out, struct sl_error *err);
enum sl_status sl_asm_checker(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                              struct sl_buf *out, struct sl_error *err);
enum sl_status sl_asm_image(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                            struct sl_buf *out, struct sl_error *err);

/* A path in the trace: relative to its folder, naming a regular file. yaml.file. */
enum sl_status sl_asm_path(struct sl_asm *a, const yaml_node_t *node, struct sl_buf *path,
                           struct sl_error *err);

#endif
