/*
 * A container as text. Each piece is put together again as it is written; a piece that does not
 * come out the same is written as bytes.
 */
#include "bytecode/d3d9.h"
#include "bytecode/dxbc_text.h"
#include "bytecode/sm4.h"

#include "base/bytes.h"

#include <string.h>

#define BYTES_PER_LINE 32u
#define MESSAGE_SIZE 160u

static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool word =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!word) {
            return false;
        }
    }
    return size > 0;
}

static void print_bytes(struct sl_buf *text, const char *directive, const uint8_t *bytes,
                        size_t size)
{
    for (size_t i = 0; i < size; i += BYTES_PER_LINE) {
        sl_buf_printf(text, "%s ", directive);
        sl_buf_hex(text, bytes + i, size - i < BYTES_PER_LINE ? size - i : BYTES_PER_LINE);
        sl_buf_text(text, "\n");
    }
}

static void print_fourcc(struct sl_buf *text, const char *directive, uint32_t fourcc)
{
    char name[4];
    sl_put_le32((uint8_t *)name, fourcc);
    if (is_name(name, sizeof(name))) {
        sl_buf_printf(text, "%s %.4s", directive, name);
    } else {
        sl_buf_printf(text, "%s 0x%08x", directive, fourcc);
    }
}

static void print_raw_chunk(struct sl_buf *text, const struct sl_dxbc_chunk *chunk)
{
    print_fourcc(text, ".chunk", chunk->fourcc);
    sl_buf_text(text, "\n");
    print_bytes(text, ".bytes", chunk->bytes, chunk->size);
}

/* The layout of names that gives the chunk's bytes, or SL_DXBC_NAMES_COUNT. */
static unsigned find_names(const struct sl_dxbc_chunk *chunk,
                           const struct sl_dxbc_signature *signature,
                           const struct sl_dxbc_signature_layout *layout, bool *no_memory)
{
    struct sl_buf bytes = {0};
    unsigned names = 0;
    for (; names < SL_DXBC_NAMES_COUNT; names++) {
        sl_buf_clear(&bytes);
        sl_dxbc_signature_encode(signature, layout, (enum sl_dxbc_names)names, &bytes);
        *no_memory |= bytes.failed;
        if (!bytes.failed && bytes.size == chunk->size &&
            memcmp(bytes.data, chunk->bytes, bytes.size) == 0) {
            break;
        }
    }
    sl_buf_finish(&bytes);
    return names;
}

static bool has_plain_names(const struct sl_dxbc_signature *signature)
{
    for (uint32_t i = 0; i < signature->count; i++) {
        size_t size = strlen(signature->elements[i].name);
        if (size >= SL_DXBC_NAME_SIZE || !is_name(signature->elements[i].name, size)) {
            return false;
        }
    }
    return true;
}

static bool print_signature(struct sl_buf *text, const struct sl_dxbc_chunk *chunk)
{
    const struct sl_dxbc_signature_layout *layout = sl_dxbc_signature_layout(chunk->fourcc);
    struct sl_dxbc_signature signature;
    const char *why;
    if (!layout || !sl_dxbc_signature_decode(chunk, layout, &signature, &why) ||
        !has_plain_names(&signature)) {
        return false;
    }
    bool no_memory = false;
    unsigned names = find_names(chunk, &signature, layout, &no_memory);
    text->failed |= no_memory;
    if (names == SL_DXBC_NAMES_COUNT) {
        return false;
    }
    print_fourcc(text, ".signature", chunk->fourcc);
    sl_buf_printf(text, names ? " %s\n" : "\n", sl_dxbc_names_words[names]);
    for (uint32_t i = 0; i < signature.count; i++) {
        sl_buf_text(text, ".element ");
        sl_dxbc_element_print(&signature.elements[i], layout->kind, text);
        sl_buf_text(text, "\n");
    }
    return true;
}

static bool list_sm4(const struct sl_dxbc_chunk *chunk, struct sl_buf *listing)
{
    struct sl_sm4_program program;
    const char *why;
    size_t offset;
    if (!sl_sm4_parse(chunk->bytes, chunk->size, &program, &why, &offset)) {
        listing->failed |= !why;
        return false;
    }
    sl_sm4_disassemble(&program, listing);
    sl_sm4_finish(&program);
    return true;
}

static bool list_d3d9(const struct sl_dxbc_chunk *chunk, struct sl_buf *listing)
{
    struct sl_d3d9_program program;
    const char *why;
    size_t offset;
    if (!sl_d3d9_parse(chunk->bytes, chunk->size, &program, &why, &offset)) {
        listing->failed |= !why;
        return false;
    }
    sl_d3d9_disassemble(&program, listing);
    sl_d3d9_finish(&program);
    return true;
}

/* Both assemblers have this form. */
typedef bool assemble_function(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                               char *message, size_t message_size);

/* Without memory nothing is known; the listing is marked then. */
static bool comes_back(struct sl_buf *listing, assemble_function *assemble,
                       const struct sl_dxbc_chunk *chunk)
{
    struct sl_buf out = {0};
    uint32_t line;
    char message[MESSAGE_SIZE] = "";
    if (listing->failed) {
        return false;
    }
    bool same = assemble((const char *)listing->data, listing->size, &out, &line, message,
                         sizeof(message)) &&
                out.size == chunk->size && memcmp(out.data, chunk->bytes, out.size) == 0;
    listing->failed |= strcmp(message, "out of memory") == 0;
    sl_buf_finish(&out);
    return same;
}

static bool print_program(struct sl_buf *text, const struct sl_dxbc_chunk *chunk)
{
    struct sl_buf listing = {0};
    bool listed = (list_sm4(chunk, &listing) && comes_back(&listing, sl_sm4_assemble, chunk)) ||
                  (!listing.size && list_d3d9(chunk, &listing) &&
                   comes_back(&listing, sl_d3d9_assemble, chunk));
    if (listed) {
        print_fourcc(text, ".program", chunk->fourcc);
        sl_buf_text(text, "\n");
        sl_buf_append(text, listing.data, listing.size);
    }
    text->failed |= listing.failed;
    sl_buf_finish(&listing);
    return listed;
}

static void print_digest(struct sl_buf *text, const struct sl_dxbc *dxbc)
{
    uint8_t digest[SL_DXBC_DIGEST_BYTES];
    sl_dxbc_digest(dxbc->bytes, dxbc->size, digest);
    if (memcmp(digest, dxbc->bytes + 4, sizeof(digest)) != 0) {
        print_bytes(text, ".digest", dxbc->bytes + 4, sizeof(digest));
    }
}

static void print_container(struct sl_buf *text, const struct sl_dxbc *dxbc, bool align)
{
    struct sl_dxbc_chunk program;
    bool has_program = sl_dxbc_find_program(dxbc, &program);
    if (!align) {
        sl_buf_text(text, ".align 1\n");
    }
    print_digest(text, dxbc);
    for (uint32_t i = 0; i < dxbc->chunk_count; i++) {
        struct sl_dxbc_chunk chunk = sl_dxbc_chunk(dxbc, i);
        bool printed = has_program && chunk.offset == program.offset
                           ? print_program(text, &chunk)
                           : print_signature(text, &chunk);
        if (!printed) {
            print_raw_chunk(text, &chunk);
        }
    }
}

static bool is_zero(const uint8_t *bytes, uint32_t from, uint32_t to)
{
    while (from < to && bytes[from] == 0) {
        from++;
    }
    return from >= to;
}

/* Whether chunks follow each other in order, at multiples of align, with zeros between them. */
static bool is_regular(const struct sl_dxbc *dxbc, uint32_t align)
{
    if (dxbc->chunk_count > SL_DXBC_TEXT_CHUNKS_MAX ||
        sl_get_le32(dxbc->bytes + SL_DXBC_VERSION_AT) != 1) {
        return false;
    }
    uint32_t end = SL_DXBC_HEADER_BYTES + 4 * dxbc->chunk_count;
    for (uint32_t i = 0; i < dxbc->chunk_count; i++) {
        struct sl_dxbc_chunk chunk = sl_dxbc_chunk(dxbc, i);
        uint32_t start = (end + align - 1) & ~(align - 1);
        if (chunk.offset != start + SL_DXBC_CHUNK_HEADER_BYTES ||
            !is_zero(dxbc->bytes, end, start)) {
            return false;
        }
        end = chunk.offset + chunk.size;
    }
    return end == dxbc->size;
}

bool sl_dxbc_disassemble(const uint8_t *bytes, size_t size, struct sl_buf *text)
{
    struct sl_dxbc dxbc;
    const char *why;
    if (!sl_dxbc_open(bytes, size, &dxbc, &why)) {
        return false;
    }
    bool aligned = is_regular(&dxbc, 4);
    if (aligned || is_regular(&dxbc, 1)) {
        print_container(text, &dxbc, aligned);
    } else {
        print_bytes(text, ".container", bytes, dxbc.size);
    }
    print_bytes(text, ".after", bytes + dxbc.size, size - dxbc.size);
    return true;
}
