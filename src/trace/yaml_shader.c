#include "trace/yaml_shader.h"

#include "base/file.h"
#include "bytecode/d3d9.h"
#include "bytecode/dxbc.h"
#include "trace/yaml_pixels.h"

#include <string.h>

enum { TEXT_MAX = 4 << 20, MESSAGE = 160 };

/* Where the version stands: behind blanks, comments and directives, which both families share. */
static const char *find_version(const char *text, size_t size)
{
    const char *end = text + size;
    while (text < end) {
        while (text < end && (*text == ' ' || *text == '\t' || *text == '\n' || *text == '\r')) {
            text++;
        }
        if (text == end || (*text != '/' && *text != '.')) {
            break;
        }
        const char *next = memchr(text, '\n', (size_t)(end - text));
        text = next ? next : end;
    }
    return text;
}

/* vs_1_1 to vs_3_0 and ps_1_1 to ps_3_0. */
static bool is_d3d9(const char *text, size_t size)
{
    const char *version = find_version(text, size);
    size_t left = size - (size_t)(version - text);
    return left >= 4 && (memcmp(version, "vs_", 3) == 0 || memcmp(version, "ps_", 3) == 0) &&
           version[3] >= '1' && version[3] <= '3';
}

/* first_line is what the text's line 1 counts as in reports; path NULL = the trace itself. */
static enum sl_status assemble(const char *text, size_t size, const char *path, uint32_t first_line,
                               struct sl_buf *out, struct sl_error *err)
{
    char message[MESSAGE] = "";
    uint32_t line = 0;
    bool good = is_d3d9(text, size)
                    ? sl_d3d9_assemble(text, size, out, &line, message, sizeof(message))
                    : sl_dxbc_assemble(text, size, out, &line, message, sizeof(message));
    if (good) {
        return SL_OK;
    }
    if (out->failed) {
        return sl_fail_memory(err, 0);
    }
    enum sl_status status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_YAML_SHADER, "%s", message);
    if (path) {
        sl_error_set_file(err, path);
    }
    sl_error_set_line(err, first_line + (line ? line - 1 : 0));
    return status;
}

/* The text of a block scalar (|) starts on the line after its mark, other text on its own line. */
enum sl_status sl_asm_shader(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                             struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    const char *text = NULL;
    enum sl_status status = sl_asm_text(a, node, &text, err);
    if (status == SL_OK) {
        status = sl_asm_spend(a, node, strlen(text), err);
    }
    if (status != SL_OK) {
        return status;
    }
    bool is_block = node->data.scalar.style == YAML_LITERAL_SCALAR_STYLE;
    return assemble(text, strlen(text), NULL, sl_yaml_line(&a->yaml, node) + is_block, out, err);
}

enum sl_status sl_asm_shader_file(struct sl_asm *a, const yaml_node_t *item,
                                  const yaml_node_t *node, struct sl_buf *out, struct sl_error *err)
{
    (void)item;
    struct sl_buf path = {0};
    struct sl_buf text = {0};
    enum sl_status status = sl_asm_path(a, node, &path, err);
    if (status == SL_OK) {
        status = sl_file_read((const char *)path.data, TEXT_MAX, &text, err);
    }
    if (status == SL_OK) {
        const char *chars = sl_buf_cstr(&text);
        status = chars ? assemble(chars, text.size, (const char *)path.data, 1, out, err)
                       : sl_fail_memory(err, 0);
    }
    sl_buf_finish(&text);
    sl_buf_finish(&path);
    return status;
}
