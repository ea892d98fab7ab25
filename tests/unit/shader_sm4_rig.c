#include "shader_sm4_rig.h"

#include "base/bytes.h"
#include "bytecode/dxbc.h"
#include "bytecode/sm4.h"
#include "shader/translate.h"

#include <criterion/criterion.h>
#include <string.h>

static void put_word(struct sl_buf *out, uint32_t word)
{
    uint8_t bytes[4];
    sl_put_le32(bytes, word);
    sl_buf_append(out, bytes, sizeof(bytes));
}

static unsigned count_rows(const struct sm4_row *rows, char kind)
{
    unsigned count = 0;
    for (; rows && rows->kind != 0; rows++) {
        count += rows->kind == kind;
    }
    return count;
}

/* Elements of 24 bytes, then their names. */
static void put_signature(struct sl_buf *out, const struct sm4_row *rows, char kind)
{
    unsigned count = count_rows(rows, kind);
    uint32_t name = 8 + 24 * count;
    put_word(out, count);
    put_word(out, 8);
    for (const struct sm4_row *row = rows; row->kind != 0; row++) {
        if (row->kind == kind) {
            put_word(out, name);
            put_word(out, row->index);
            put_word(out, row->system_value);
            put_word(out, 3);
            put_word(out, row->reg);
            put_word(out, row->mask);
            name += (uint32_t)strlen(row->name) + 1;
        }
    }
    for (const struct sm4_row *row = rows; row->kind != 0; row++) {
        if (row->kind == kind) {
            sl_buf_append(out, row->name, strlen(row->name) + 1);
        }
    }
}

void sm4_container(const char *text, const struct sm4_row *rows, struct sl_buf *out)
{
    static const struct {
        char kind;
        uint32_t fourcc;
    } kinds[] = {{'I', SL_DXBC_FOURCC('I', 'S', 'G', 'N')},
                 {'O', SL_DXBC_FOURCC('O', 'S', 'G', 'N')},
                 {'P', SL_DXBC_FOURCC('P', 'C', 'S', 'G')}};
    struct sl_buf chunks[4] = {{0}};
    uint32_t fourccs[4];
    unsigned count = 1;
    uint32_t line = 0;
    char message[200] = "";
    fourccs[0] = SL_DXBC_FOURCC('S', 'H', 'E', 'X');
    cr_assert(sl_sm4_assemble(text, strlen(text), &chunks[0], &line, message, sizeof(message)),
              "line %u: %s", line, message);
    for (unsigned i = 0; i < 3; i++) {
        if (count_rows(rows, kinds[i].kind) > 0) {
            fourccs[count] = kinds[i].fourcc;
            put_signature(&chunks[count++], rows, kinds[i].kind);
        }
    }
    uint32_t offset = 32 + 4 * count;
    uint32_t total = offset;
    for (unsigned i = 0; i < count; i++) {
        total += 8 + (uint32_t)chunks[i].size;
    }
    put_word(out, SL_DXBC_FOURCC('D', 'X', 'B', 'C'));
    for (unsigned i = 0; i < 4; i++) {
        put_word(out, 0); /* the digest, which nobody checks */
    }
    put_word(out, 1);
    put_word(out, total);
    put_word(out, count);
    for (unsigned i = 0; i < count; i++) {
        put_word(out, offset);
        offset += 8 + (uint32_t)chunks[i].size;
    }
    for (unsigned i = 0; i < count; i++) {
        put_word(out, fourccs[i]);
        put_word(out, (uint32_t)chunks[i].size);
        sl_buf_append(out, chunks[i].data, chunks[i].size);
        sl_buf_finish(&chunks[i]);
    }
    cr_assert(!out->failed);
}

struct sm4_result sm4_translate(const char *text, const struct sm4_row *rows,
                                const struct sl_ir_options *options)
{
    struct sm4_result result = {.program = NULL};
    struct sl_buf container = {0};
    sm4_container(text, rows, &container);
    result.verdict = sl_ir_translate(container.data, container.size, options, &result.program,
                                     result.message, sizeof(result.message));
    sl_buf_finish(&container);
    return result;
}

struct sl_ir_program *sm4_program(const char *text, const struct sm4_row *rows)
{
    struct sm4_result result = sm4_translate(text, rows, NULL);
    cr_assert_eq(result.verdict, SL_IR_OK, "%s", result.message);
    return result.program;
}

void sm4_run_init(struct sm4_run *run, const struct sl_ir_program *program)
{
    memset(run, 0, sizeof(*run));
    run->call = (struct sl_shader_call){
        .program = program,
        .bindings = &run->bindings,
        .lanes = 1,
        .inputs = (const sl_register_lanes *)run->inputs,
        .outputs = run->outputs,
        .system = (const sl_register_lanes *)run->system,
    };
    cr_assert(program->input_count <= 32 && program->output_count <= 32);
}

void sm4_run(struct sm4_run *run)
{
    unsigned lanes = 64 - (unsigned)__builtin_clzll(run->call.lanes);
    struct sl_machine *machine = sl_machine_create(run->call.program, lanes);
    cr_assert_not_null(machine);
    bool ended = sl_interp_start(machine, &run->call);
    while (!ended) {
        ended = sl_interp_resume(machine, &run->call);
    }
    sl_machine_destroy(machine);
}
