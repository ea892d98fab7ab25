#include "shader/translate.h"

#include "base/bytes.h"
#include "bytecode/d3d9.h"
#include "bytecode/dxbc.h"
#include "bytecode/sm4.h"
#include "shader/ir_builder.h"

#include <string.h>

/* A version token of Direct3D 9 has one of these in its high half. */
static bool is_d3d9(const uint8_t *bytes, size_t size)
{
    return size >= 4 && (sl_get_le32(bytes) >> 16 == 0xFFFE || sl_get_le32(bytes) >> 16 == 0xFFFF);
}

static enum sl_ir_verdict refuse_bytes(char *message, size_t message_size, const char *why,
                                       size_t offset)
{
    if (why == NULL) {
        return sl_ir_refuse(SL_IR_NO_MEMORY, message, message_size, "out of memory");
    }
    return sl_ir_refuse(SL_IR_BAD, message, message_size, "byte %zu: %s", offset, why);
}

static enum sl_ir_verdict translate_d3d9(const uint8_t *bytes, size_t size,
                                         const struct sl_ir_options *options,
                                         struct sl_ir_program **program, char *message,
                                         size_t message_size)
{
    struct sl_d3d9_program source;
    const char *why;
    size_t offset = 0;
    if (!sl_d3d9_parse(bytes, size, &source, &why, &offset)) {
        return refuse_bytes(message, message_size, why, offset);
    }
    enum sl_ir_verdict verdict = sl_ir_from_d3d9(&source, options, program, message, message_size);
    sl_d3d9_finish(&source);
    return verdict;
}

static enum sl_ir_verdict translate_sm4(const struct sl_dxbc *dxbc,
                                        const struct sl_dxbc_chunk *chunk,
                                        const struct sl_ir_options *options,
                                        struct sl_ir_program **program, char *message,
                                        size_t message_size)
{
    struct sl_sm4_program source;
    const char *why;
    size_t offset = 0;
    if (!sl_sm4_parse(chunk->bytes, chunk->size, &source, &why, &offset)) {
        return refuse_bytes(message, message_size, why, offset);
    }
    enum sl_ir_verdict verdict =
        sl_ir_from_sm4(&source, dxbc, options, program, message, message_size);
    sl_sm4_finish(&source);
    return verdict;
}

static enum sl_ir_verdict translate_dxbc(const uint8_t *bytes, size_t size,
                                         const struct sl_ir_options *options,
                                         struct sl_ir_program **program, char *message,
                                         size_t message_size)
{
    struct sl_dxbc dxbc;
    struct sl_dxbc_chunk chunk;
    const char *why;
    if (!sl_dxbc_open(bytes, size, &dxbc, &why)) {
        return refuse_bytes(message, message_size, why, 0);
    }
    if (!sl_dxbc_find_program(&dxbc, &chunk)) {
        return refuse_bytes(message, message_size, "the container has no program", 0);
    }
    if (is_d3d9(chunk.bytes, chunk.size)) {
        return translate_d3d9(chunk.bytes, chunk.size, options, program, message, message_size);
    }
    return translate_sm4(&dxbc, &chunk, options, program, message, message_size);
}

enum sl_ir_verdict sl_ir_translate(const uint8_t *bytes, size_t size,
                                   const struct sl_ir_options *options,
                                   struct sl_ir_program **program, char *message,
                                   size_t message_size)
{
    static const struct sl_ir_options defaults = {.vpos_half = false};
    options = options != NULL ? options : &defaults;
    if (size >= 4 && memcmp(bytes, "DXBC", 4) == 0) {
        return translate_dxbc(bytes, size, options, program, message, message_size);
    }
    if (is_d3d9(bytes, size)) {
        return translate_d3d9(bytes, size, options, program, message, message_size);
    }
    return refuse_bytes(message, message_size, "neither a container nor a version token", 0);
}
