/*
 * Containers, programs of shader model 4 and 5, and their text. What starts with DXBC is a
 * container, with a zero a program (from its second byte on), all else is text. What can be read
 * must come back from its text byte for byte.
 */
#include "bytecode/dxbc.h"
#include "bytecode/sm4.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_SIZE 160u

static void expect_same(const struct sl_buf *out, const uint8_t *bytes, size_t size)
{
    if (out->size != size || memcmp(out->data, bytes, size) != 0) {
        abort();
    }
}

static void check_container(const uint8_t *bytes, size_t size)
{
    struct sl_buf text = {0};
    struct sl_buf out = {0};
    uint32_t line;
    char message[MESSAGE_SIZE];
    if (sl_dxbc_disassemble(bytes, size, &text)) {
        if (!sl_dxbc_assemble((const char *)text.data, text.size, &out, &line, message,
                              sizeof(message))) {
            abort();
        }
        expect_same(&out, bytes, size);
    }
    sl_buf_finish(&text);
    sl_buf_finish(&out);
}

static void check_signatures(const uint8_t *bytes, size_t size)
{
    static const enum sl_dxbc_signature_kind kinds[] = {SL_DXBC_INPUT, SL_DXBC_OUTPUT,
                                                        SL_DXBC_CONSTANT};
    struct sl_dxbc dxbc;
    const char *why;
    if (!sl_dxbc_open(bytes, size, &dxbc, &why)) {
        return;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct sl_dxbc_signature signature;
        if (!sl_dxbc_signature(&dxbc, kinds[i], &signature, &why)) {
            continue;
        }
        for (uint32_t k = 0; k < signature.count; k++) {
            sl_dxbc_resolve_system_value(&signature.elements[k]);
            sl_dxbc_semantic_hash(signature.elements[k].name);
        }
    }
}

/* A rest that is no whole word belongs to no program. */
static void check_program(const uint8_t *bytes, size_t size)
{
    struct sl_sm4_program program;
    const char *why;
    size_t offset;
    struct sl_buf text = {0};
    struct sl_buf out = {0};
    uint32_t line;
    char message[MESSAGE_SIZE];
    if (!sl_sm4_parse(bytes, size, &program, &why, &offset)) {
        return;
    }
    sl_sm4_disassemble(&program, &text);
    sl_sm4_finish(&program);
    if (!sl_sm4_assemble((const char *)text.data, text.size, &out, &line, message,
                         sizeof(message))) {
        abort();
    }
    expect_same(&out, bytes, size / 4 * 4);
    sl_buf_finish(&text);
    sl_buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size >= 4 && memcmp(data, "DXBC", 4) == 0) {
        check_container(data, size);
        check_signatures(data, size);
        return 0;
    }
    if (size >= 1 && data[0] == 0) {
        check_program(data + 1, size - 1);
        return 0;
    }
    struct sl_buf out = {0};
    uint32_t line;
    char message[MESSAGE_SIZE];
    if (sl_dxbc_assemble((const char *)data, size, &out, &line, message, sizeof(message))) {
        check_container(out.data, out.size);
    }
    sl_buf_finish(&out);
    return 0;
}
