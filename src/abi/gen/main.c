/* abi-gen MODE SOURCE OUTPUT: generates one file from an ABI description. */
#include "abi/gen/emit.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_LIMIT = 16 << 20 };

static const struct {
    const char *name;
    void (*emit)(struct sl_buf *out, const struct gen_abi *abi, const char *source);
} modes[] = {
    {"header", gen_emit_header},
    {"internal", gen_emit_internal},
    {"tables", gen_emit_tables},
    {"page", gen_emit_page},
};

static enum sl_status generate(size_t mode, const char *source, const char *output,
                               struct sl_error *err)
{
    struct sl_buf text = {0};
    struct sl_buf out = {0};
    struct gen_abi abi = {0};
    enum sl_status status = sl_file_read(source, SOURCE_LIMIT, &text, err);
    if (status == SL_OK) {
        status = gen_abi_load(&abi, source, text.data, text.size, err);
    }
    if (status == SL_OK) {
        modes[mode].emit(&out, &abi, source);
        status = out.failed ? sl_fail_memory(err, out.size)
                            : sl_file_write(output, out.data, out.size, err);
    }
    gen_abi_finish(&abi);
    sl_buf_finish(&out);
    sl_buf_finish(&text);
    return status;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 4 && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(argv[1], modes[i].name) == 0) {
            struct sl_error err = {0};
            enum sl_status status = generate(i, argv[2], argv[3], &err);
            if (status != SL_OK) {
                char line[1024];
                fprintf(stderr, "abi-gen: %s\n", sl_error_format(&err, line, sizeof(line)));
            }
            return (int)status;
        }
    }
    fprintf(stderr, "usage: abi-gen header|internal|tables|page SOURCE OUTPUT\n");
    return SL_ERR_USAGE;
}
