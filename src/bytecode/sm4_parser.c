/* From the payload of a program chunk to its instructions: the header, which encoding, the walk. */
#include "bytecode/sm4_impl.h"

#include "base/bytes.h"

#include <stdlib.h>

#define HEADER_WORDS 2u
#define STAGE_MAX 5u
#define AERO_RET 0x3Eu

/* The last instruction's start, or 0 if the lengths do not lead to the end exactly. */
static size_t walk_aero(const struct sl_sm4_program *program)
{
    size_t last = 0;
    size_t pos = HEADER_WORDS;
    while (pos < program->length) {
        size_t length = sl_sm4_aero_length(program->words, pos);
        if (length == 0 || length > program->length - pos) {
            return 0;
        }
        last = pos;
        pos += length;
    }
    return last;
}

static size_t walk_sdk(const struct sl_sm4_program *program)
{
    size_t last = 0;
    size_t pos = HEADER_WORDS;
    while (pos < program->length) {
        size_t length = sl_sm4_sdk_length(program->words, pos, program->length);
        uint32_t op = sl_sm4_bits(program->words[pos], 0, 11);
        if (length == 0 || length > program->length - pos || op > SL_SM4_SDK_OP_MAX) {
            return 0;
        }
        last = pos;
        pos += length;
    }
    return last;
}

/*
 * Where both walks lead to the end, a last instruction that reads as Aero's ret of one word
 * decides: the SDK's ret has no length there.
 */
static bool detect_dialect(struct sl_sm4_program *program)
{
    size_t aero = walk_aero(program);
    size_t sdk = walk_sdk(program);
    bool ends_with_ret = aero && sl_sm4_bits(program->words[aero], 0, 11) == AERO_RET &&
                         sl_sm4_aero_length(program->words, aero) == 1;
    program->dialect = aero && (!sdk || ends_with_ret) ? SL_SM4_AERO : SL_SM4_SDK;
    return aero || sdk;
}

static const char *load(struct sl_sm4_program *program, const uint8_t *bytes, size_t size)
{
    if (size < HEADER_WORDS * 4) {
        return "the program is too short for its header";
    }
    if (size > SL_SM4_BYTES_MAX) {
        return "the program is larger than 16 MiB";
    }
    uint32_t version = sl_get_le32(bytes);
    program->stage = (enum sl_sm4_stage)(version >> 16 & 7);
    program->major = (uint8_t)sl_sm4_bits(version, 4, 4);
    program->minor = (uint8_t)sl_sm4_bits(version, 0, 4);
    program->word_count = size / 4;
    program->length = sl_get_le32(bytes + 4);
    if (version >> 16 > STAGE_MAX || (program->major != 4 && program->major != 5)) {
        return "it is no program of shader model 4 or 5";
    }
    if (program->length < HEADER_WORDS || program->length > program->word_count) {
        return "the program's length does not fit its chunk";
    }
    program->words = malloc(program->word_count * sizeof(*program->words));
    for (size_t i = 0; program->words && i < program->word_count; i++) {
        program->words[i] = sl_get_le32(bytes + 4 * i);
    }
    return NULL;
}

static bool grow(struct sl_sm4_program *program, size_t *capacity)
{
    if (program->insn_count < *capacity) {
        return true;
    }
    size_t wanted = *capacity ? *capacity * 2 : 32;
    struct sl_sm4_insn *insns = realloc(program->insns, wanted * sizeof(*insns));
    if (!insns) {
        return false;
    }
    program->insns = insns;
    *capacity = wanted;
    return true;
}

static size_t insn_length(const struct sl_sm4_program *program, size_t pos)
{
    return program->dialect == SL_SM4_AERO
               ? sl_sm4_aero_length(program->words, pos)
               : sl_sm4_sdk_length(program->words, pos, program->length);
}

/* The detection has walked the lengths already: they lead to the end. */
static bool decode_all(struct sl_sm4_reader *reader)
{
    struct sl_sm4_program *program = reader->program;
    size_t capacity = 0;
    for (size_t pos = HEADER_WORDS; pos < program->length;) {
        reader->pos = pos;
        if (program->insn_count == SL_SM4_INSNS_MAX) {
            return sl_sm4_fail(reader, "the program has more than 65536 instructions");
        }
        if (!grow(program, &capacity)) {
            reader->no_memory = true;
            return false;
        }
        struct sl_sm4_insn *insn = &program->insns[program->insn_count];
        size_t length = insn_length(program, pos);
        *insn = (struct sl_sm4_insn){
            .token = program->words[pos],
            .offset_words = (uint32_t)pos,
            .word_count = (uint32_t)length,
        };
        reader->pos = pos + 1;
        reader->end = pos + length;
        if (!(program->dialect == SL_SM4_AERO ? sl_sm4_aero_insn : sl_sm4_sdk_insn)(reader, insn)) {
            return false;
        }
        program->insn_count++;
        pos += length;
    }
    return true;
}

static bool fail(struct sl_sm4_program *program, const char **why, size_t *offset,
                 const char *reason, size_t word)
{
    sl_sm4_finish(program);
    *why = reason;
    *offset = word * 4;
    return false;
}

bool sl_sm4_parse(const uint8_t *bytes, size_t size, struct sl_sm4_program *program,
                  const char **why, size_t *offset)
{
    *program = (struct sl_sm4_program){0};
    const char *reason = load(program, bytes, size);
    if (reason || !program->words) {
        return fail(program, why, offset, reason, 0);
    }
    if (program->length > HEADER_WORDS && !detect_dialect(program)) {
        return fail(program, why, offset, "its instructions do not fill the program", HEADER_WORDS);
    }
    struct sl_sm4_reader reader = {.program = program};
    if (!decode_all(&reader)) {
        return fail(program, why, offset, reader.no_memory ? NULL : reader.why, reader.pos);
    }
    *why = NULL;
    *offset = 0;
    return true;
}

void sl_sm4_finish(struct sl_sm4_program *program)
{
    free(program->words);
    free(program->insns);
    sl_sm4_free_operands(program->operands);
    *program = (struct sl_sm4_program){0};
}
