#include "trace/dump_shader.h"

#include "base/bytes.h"
#include "bytecode/d3d9.h"
#include "bytecode/dxbc.h"

#include <inttypes.h>
#include <scanlock/aerogpu_abi.h>
#include <stddef.h>
#include <string.h>

static const char indent[] = "    ";

static void append_lines(const struct sl_buf *listing, struct sl_buf *notes)
{
    const char *at = (const char *)listing->data;
    const char *end = at + listing->size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        sl_buf_text(notes, indent);
        sl_buf_append(notes, at, (size_t)(stop - at));
        sl_buf_text(notes, "\n");
        at = stop + 1;
    }
}

static void list_d3d9(const uint8_t *bytes, size_t size, struct sl_buf *listing)
{
    struct sl_d3d9_program program;
    const char *why = NULL;
    size_t offset = 0;
    if (sl_d3d9_parse(bytes, size, &program, &why, &offset)) {
        sl_d3d9_disassemble(&program, listing);
        sl_d3d9_finish(&program);
    } else {
        sl_buf_printf(listing, "no program: %s at byte %zu\n", why ? why : "no memory", offset);
    }
}

void sl_dump_shader(const uint8_t *packet, size_t size, struct sl_buf *notes)
{
    const size_t header = sizeof(struct aerogpu_cmd_create_shader_dxbc);
    struct sl_buf listing = {0};
    uint32_t program_size =
        size < header
            ? 0
            : sl_get_le32(packet + offsetof(struct aerogpu_cmd_create_shader_dxbc, dxbc_size_bytes));
    if (program_size < 4 || program_size > size - header) {
        return;
    }
    const uint8_t *bytes = packet + header;
    if (sl_get_le32(bytes) != SL_DXBC_FOURCC('D', 'X', 'B', 'C')) {
        list_d3d9(bytes, program_size, &listing);
    } else if (!sl_dxbc_disassemble(bytes, program_size, &listing)) {
        sl_buf_text(&listing, "no program: a malformed container\n");
    }
    append_lines(&listing, notes);
    sl_buf_finish(&listing);
}
