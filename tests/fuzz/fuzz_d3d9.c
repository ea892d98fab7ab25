/*
 * D3D9 bytecode. The first byte chooses: tokens, which must come back from their text byte for
 * byte, or text, whose tokens must give a text with the same tokens if the parser takes them.
 */
#include "bytecode/d3d9.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 100

/* False if the bytes are no program. */
static bool check_tokens(const uint8_t *bytes, size_t size)
{
    struct sl_d3d9_program program;
    const char *why = NULL;
    size_t offset = SIZE_MAX;
    if (!sl_d3d9_parse(bytes, size, &program, &why, &offset)) {
        if (!why || offset > size) {
            abort();
        }
        return false;
    }
    struct sl_buf text = {0};
    struct sl_buf again = {0};
    uint32_t line;
    char message[MESSAGE_SIZE];
    sl_d3d9_disassemble(&program, &text);
    sl_d3d9_finish(&program);
    if (!sl_d3d9_assemble((const char *)text.data, text.size, &again, &line, message,
                          sizeof(message)) ||
        again.size != (size & ~(size_t)3) || memcmp(again.data, bytes, again.size) != 0) {
        abort();
    }
    sl_buf_finish(&again);
    sl_buf_finish(&text);
    return true;
}

static void check_text(const char *text, size_t size)
{
    struct sl_buf out = {0};
    uint32_t line = 0;
    char message[MESSAGE_SIZE] = "";
    if (sl_d3d9_assemble(text, size, &out, &line, message, sizeof(message))) {
        check_tokens(out.data, out.size);
    } else if (line == 0 || message[0] == '\0' || out.size != 0) {
        abort();
    }
    sl_buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (data[0] == 't') {
        check_text((const char *)data + 1, size - 1);
    } else {
        check_tokens(data + 1, size - 1);
    }
    return 0;
}
