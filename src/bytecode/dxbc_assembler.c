/* Text to a container: its chunks in order, or in the usual order if the text has none. */
#include "bytecode/d3d9.h"
#include "bytecode/dxbc_text.h"
#include "bytecode/sm4.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chunk {
    uint32_t fourcc;
    size_t offset; /* of its payload in the assembler's bytes */
    size_t size;
    uint32_t rank; /* where it comes if the text gives no order */
};

struct line {
    const char *text;
    size_t size;
};

struct assembler {
    struct sl_buf bytes; /* payloads */
    struct chunk chunks[SL_DXBC_TEXT_CHUNKS_MAX];
    uint32_t chunk_count;
    bool is_bytes; /* the last chunk is still open: bytes, or elements of a signature */
    bool is_signature;
    const struct sl_dxbc_signature_layout *layout;
    enum sl_dxbc_names names;
    struct sl_dxbc_signature signature;
    char element_names[SL_DXBC_SIGNATURE_MAX][SL_DXBC_NAME_SIZE];

    struct sl_buf listing; /* the program's lines from its first; others are empty in it */
    uint32_t listing_line; /* where its first line stands */
    bool has_listing;
    bool listing_ended;
    bool placed; /* .program says where it comes */
    uint32_t program_chunk;

    uint32_t align;
    bool has_digest;
    uint8_t digest[SL_DXBC_DIGEST_BYTES];
    struct sl_buf container; /* .container */
    struct sl_buf after;

    uint32_t line;
    char *message;
    size_t message_size;
};

static bool fail(struct assembler *assembler, const char *message)
{
    snprintf(assembler->message, assembler->message_size, "%s", message);
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct line trimmed(struct line line)
{
    while (line.size > 0 && is_blank(*line.text)) {
        line.text++;
        line.size--;
    }
    while (line.size > 0 && is_blank(line.text[line.size - 1])) {
        line.size--;
    }
    return line;
}

/* Takes the next word of a line. */
static struct line next_word(struct line *line)
{
    *line = trimmed(*line);
    struct line word = {line->text, 0};
    while (word.size < line->size && !is_blank(word.text[word.size])) {
        word.size++;
    }
    line->text += word.size;
    line->size -= word.size;
    *line = trimmed(*line);
    return word;
}

static bool equals(struct line word, const char *text)
{
    return strlen(text) == word.size && memcmp(word.text, text, word.size) == 0;
}

/* Whether nothing more is in the line but a comment. */
static bool is_end(struct line rest)
{
    rest = trimmed(rest);
    return rest.size == 0 || rest.text[0] == ';' ||
           (rest.size > 1 && memcmp(rest.text, "//", 2) == 0);
}

static bool ends(struct assembler *assembler, struct line rest)
{
    return is_end(rest) || fail(assembler, "there is too much in the line");
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Pairs of digits, blanks between the pairs or not. */
static bool read_hex(struct assembler *assembler, struct line rest, struct sl_buf *out)
{
    while (!is_end(rest)) {
        struct line word = next_word(&rest);
        for (size_t i = 0; i < word.size; i += 2) {
            int high = hex_digit(word.text[i]);
            int low = i + 1 < word.size ? hex_digit(word.text[i + 1]) : -1;
            if (high < 0 || low < 0) {
                return fail(assembler, "bytes are pairs of hexadecimal digits");
            }
            sl_buf_u8(out, (uint8_t)(high << 4 | low));
        }
    }
    return true;
}

/* "SHDR" or "0x52444853" */
static bool read_fourcc(struct assembler *assembler, struct line word, uint32_t *fourcc)
{
    *fourcc = 0;
    if (word.size == 4) {
        *fourcc = sl_get_le32((const uint8_t *)word.text);
        return true;
    }
    bool ok = word.size == 10 && memcmp(word.text, "0x", 2) == 0;
    for (size_t i = 2; ok && i < word.size; i++) {
        ok = hex_digit(word.text[i]) >= 0;
        *fourcc = *fourcc << 4 | (uint32_t)(hex_digit(word.text[i]) & 0xF);
    }
    return ok || fail(assembler, "a chunk's name has four characters");
}

/* Ends the chunk that is being written. */
static void close_chunk(struct assembler *assembler)
{
    if (assembler->is_signature) {
        sl_dxbc_signature_encode(&assembler->signature, assembler->layout, assembler->names,
                                 &assembler->bytes);
    }
    if (assembler->is_signature || assembler->is_bytes) {
        struct chunk *chunk = &assembler->chunks[assembler->chunk_count - 1];
        chunk->size = assembler->bytes.size - chunk->offset;
    }
    assembler->is_signature = false;
    assembler->is_bytes = false;
    assembler->listing_ended |= assembler->has_listing;
}

static bool open_chunk(struct assembler *assembler, uint32_t fourcc, uint32_t rank)
{
    close_chunk(assembler);
    if (assembler->chunk_count == SL_DXBC_TEXT_CHUNKS_MAX) {
        return fail(assembler, "a container has at most 64 chunks");
    }
    assembler->chunks[assembler->chunk_count++] = (struct chunk){
        .fourcc = fourcc,
        .offset = assembler->bytes.size,
        .rank = rank,
    };
    return true;
}

/* The compilers' order: resource names, signatures, the program, the rest. */
enum rank { RANK_RESOURCES, RANK_INPUT, RANK_OUTPUT, RANK_CONSTANT, RANK_PROGRAM, RANK_REST };

static bool directive_chunk(struct assembler *assembler, struct line rest)
{
    uint32_t fourcc;
    struct line word = next_word(&rest);
    if (!read_fourcc(assembler, word, &fourcc)) {
        return false;
    }
    bool resources = fourcc == SL_DXBC_FOURCC('R', 'D', 'E', 'F');
    if (!open_chunk(assembler, fourcc, resources ? RANK_RESOURCES : RANK_REST)) {
        return false;
    }
    assembler->is_bytes = true;
    return read_hex(assembler, rest, &assembler->bytes);
}

static bool directive_bytes(struct assembler *assembler, struct line rest)
{
    return assembler->is_bytes ? read_hex(assembler, rest, &assembler->bytes)
                               : fail(assembler, ".bytes follows .chunk");
}

static bool read_names(struct assembler *assembler, struct line word)
{
    for (unsigned i = 0; i < SL_DXBC_NAMES_COUNT; i++) {
        if (equals(word, sl_dxbc_names_words[i])) {
            assembler->names = (enum sl_dxbc_names)i;
            return true;
        }
    }
    return fail(assembler, "names are padded, aligned, packed or separate");
}

static bool directive_signature(struct assembler *assembler, struct line rest)
{
    uint32_t fourcc;
    struct line word = next_word(&rest);
    if (!read_fourcc(assembler, word, &fourcc)) {
        return false;
    }
    const struct sl_dxbc_signature_layout *layout = sl_dxbc_signature_layout(fourcc);
    if (!layout) {
        return fail(assembler, "no signature has that name");
    }
    if (!open_chunk(assembler, fourcc, RANK_INPUT + (uint32_t)layout->kind)) {
        return false;
    }
    assembler->layout = layout;
    assembler->names = SL_DXBC_NAMES_PADDED;
    assembler->signature.count = 0;
    assembler->is_signature = true;
    if (!is_end(rest) && !read_names(assembler, next_word(&rest))) {
        return false;
    }
    return ends(assembler, rest);
}

static bool directive_element(struct assembler *assembler, struct line rest)
{
    if (!assembler->is_signature) {
        return fail(assembler, ".element follows .signature");
    }
    uint32_t index = assembler->signature.count;
    if (index == SL_DXBC_SIGNATURE_MAX) {
        return fail(assembler, "a signature has at most 128 elements");
    }
    assembler->signature.count++;
    return sl_dxbc_element_read(
        rest.text, rest.size, assembler->layout->kind, &assembler->signature.elements[index],
        assembler->element_names[index], assembler->message, assembler->message_size);
}

static bool directive_program(struct assembler *assembler, struct line rest)
{
    uint32_t fourcc;
    struct line word = next_word(&rest);
    if (assembler->placed || assembler->has_listing) {
        return fail(assembler, "a container's text has one program");
    }
    if (!read_fourcc(assembler, word, &fourcc) || !ends(assembler, rest) ||
        !open_chunk(assembler, fourcc, RANK_PROGRAM)) {
        return false;
    }
    assembler->placed = true;
    assembler->program_chunk = assembler->chunk_count - 1;
    return true;
}

static bool directive_digest(struct assembler *assembler, struct line rest)
{
    struct sl_buf bytes = {0};
    bool ok = read_hex(assembler, rest, &bytes);
    if (ok && bytes.failed) {
        ok = fail(assembler, "out of memory");
    } else if (ok && bytes.size != sizeof(assembler->digest)) {
        ok = fail(assembler, "a digest has 16 bytes");
    }
    if (ok) {
        memcpy(assembler->digest, bytes.data, sizeof(assembler->digest));
        assembler->has_digest = true;
    }
    sl_buf_finish(&bytes);
    return ok;
}

static bool directive_align(struct assembler *assembler, struct line rest)
{
    struct line word = next_word(&rest);
    if (!equals(word, "1") && !equals(word, "4")) {
        return fail(assembler, "chunks are aligned to 1 or 4 bytes");
    }
    assembler->align = (uint32_t)(word.text[0] - '0');
    return ends(assembler, rest);
}

static bool directive_container(struct assembler *assembler, struct line rest)
{
    return read_hex(assembler, rest, &assembler->container);
}

static bool directive_after(struct assembler *assembler, struct line rest)
{
    return read_hex(assembler, rest, &assembler->after);
}

static const struct {
    const char *name;
    bool (*read)(struct assembler *assembler, struct line rest);
} directives[] = {
    {".chunk", directive_chunk},         {".bytes", directive_bytes},
    {".signature", directive_signature}, {".element", directive_element},
    {".program", directive_program},     {".digest", directive_digest},
    {".align", directive_align},         {".container", directive_container},
    {".after", directive_after},
};

/* Lines that are none of the container's directives are the program's. */
static bool read_program_line(struct assembler *assembler, struct line line)
{
    bool counts = !is_end(line);
    if (counts && assembler->listing_ended) {
        return fail(assembler, "the program's lines do not follow each other");
    }
    if (counts && !assembler->has_listing) {
        if (!assembler->placed) {
            close_chunk(assembler);
        }
        assembler->has_listing = true;
        assembler->listing_line = assembler->line;
    }
    if (assembler->has_listing) {
        sl_buf_append(&assembler->listing, line.text, line.size);
        sl_buf_text(&assembler->listing, "\n");
    }
    return true;
}

static bool read_line(struct assembler *assembler, struct line line)
{
    struct line rest = line;
    struct line word = next_word(&rest);
    for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]); i++) {
        if (equals(word, directives[i].name)) {
            if (assembler->has_listing) {
                sl_buf_text(&assembler->listing, "\n"); /* so that lines keep their numbers */
            }
            return directives[i].read(assembler, rest);
        }
    }
    return read_program_line(assembler, line);
}

static bool read_lines(struct assembler *assembler, const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - (text + at)) : size - at;
        assembler->line++;
        if (!read_line(assembler, (struct line){text + at, length})) {
            return false;
        }
        at += length + 1;
    }
    close_chunk(assembler);
    return true;
}

/* Shader models 4 and 5 are told from the others by the program's first line: "ps_4_0". */
static bool is_sm4(const struct sl_buf *listing)
{
    struct line line = {(const char *)listing->data, listing->size};
    struct line word = next_word(&line);
    return word.size > 3 && (word.text[3] == '4' || word.text[3] == '5');
}

static bool is_sm5(const struct sl_buf *listing)
{
    struct line line = {(const char *)listing->data, listing->size};
    return is_sm4(listing) && next_word(&line).text[3] == '5';
}

static bool assemble_program(struct assembler *assembler)
{
    uint32_t line;
    if (!assembler->has_listing) {
        return !assembler->placed || fail(assembler, "the program after .program is missing");
    }
    if (!assembler->placed) {
        uint32_t fourcc = is_sm5(&assembler->listing) ? SL_DXBC_FOURCC('S', 'H', 'E', 'X')
                                                      : SL_DXBC_FOURCC('S', 'H', 'D', 'R');
        if (!open_chunk(assembler, fourcc, RANK_PROGRAM)) {
            return false;
        }
        assembler->program_chunk = assembler->chunk_count - 1;
    }
    struct chunk *chunk = &assembler->chunks[assembler->program_chunk];
    chunk->offset = assembler->bytes.size;
    bool ok = (is_sm4(&assembler->listing) ? sl_sm4_assemble : sl_d3d9_assemble)(
        (const char *)assembler->listing.data, assembler->listing.size, &assembler->bytes, &line,
        assembler->message, assembler->message_size);
    chunk->size = assembler->bytes.size - chunk->offset;
    assembler->line = ok ? assembler->line : assembler->listing_line + line - 1;
    return ok;
}

/* Stable, and few. */
static void sort_chunks(struct assembler *assembler)
{
    for (uint32_t i = 1; i < assembler->chunk_count; i++) {
        struct chunk chunk = assembler->chunks[i];
        uint32_t k = i;
        for (; k > 0 && assembler->chunks[k - 1].rank > chunk.rank; k--) {
            assembler->chunks[k] = assembler->chunks[k - 1];
        }
        assembler->chunks[k] = chunk;
    }
}

static void align_to(struct sl_buf *out, size_t start, uint32_t align)
{
    while (!out->failed && (out->size - start) % align != 0) {
        sl_buf_u8(out, 0);
    }
}

static void write_chunks(struct assembler *assembler, struct sl_buf *out, size_t start)
{
    size_t table = out->size;
    sl_buf_append_zeros(out, 4 * (size_t)assembler->chunk_count);
    for (uint32_t i = 0; i < assembler->chunk_count; i++) {
        const struct chunk *chunk = &assembler->chunks[i];
        align_to(out, start, assembler->align);
        if (!out->failed) {
            sl_put_le32(out->data + table + 4 * (size_t)i, (uint32_t)(out->size - start));
        }
        sl_buf_u32(out, chunk->fourcc);
        sl_buf_u32(out, (uint32_t)chunk->size);
        if (chunk->size) {
            sl_buf_append(out, assembler->bytes.data + chunk->offset, chunk->size);
        }
    }
}

static bool write_container(struct assembler *assembler, struct sl_buf *out)
{
    size_t start = out->size;
    if (assembler->bytes.size > SL_DXBC_SIZE_MAX) {
        return fail(assembler, "the container is larger than 16 MiB");
    }
    sl_buf_u32(out, SL_DXBC_FOURCC('D', 'X', 'B', 'C'));
    sl_buf_append(out, assembler->digest, sizeof(assembler->digest));
    sl_buf_u32(out, 1);
    sl_buf_u32(out, 0);
    sl_buf_u32(out, assembler->chunk_count);
    write_chunks(assembler, out, start);
    if (out->failed) {
        return true;
    }
    size_t size = out->size - start;
    if (size > SL_DXBC_SIZE_MAX) {
        return fail(assembler, "the container is larger than 16 MiB");
    }
    sl_put_le32(out->data + start + SL_DXBC_SIZE_AT, (uint32_t)size);
    if (!assembler->has_digest) {
        sl_dxbc_digest(out->data + start, size, out->data + start + 4);
    }
    return true;
}

static bool has_memory(struct assembler *assembler, const struct sl_buf *out)
{
    bool failed = assembler->bytes.failed || assembler->listing.failed || out->failed ||
                  assembler->container.failed || assembler->after.failed;
    return !failed || fail(assembler, "out of memory");
}

static bool write_pieces(struct assembler *assembler, struct sl_buf *out)
{
    if (!assemble_program(assembler)) {
        return false;
    }
    if (!assembler->placed && assembler->has_listing) {
        sort_chunks(assembler);
    }
    return has_memory(assembler, out) && write_container(assembler, out);
}

static bool assemble(struct assembler *assembler, const char *text, size_t size, struct sl_buf *out)
{
    if (!read_lines(assembler, text, size) || !has_memory(assembler, out)) {
        return false;
    }
    if (assembler->container.size == 0) {
        if (!write_pieces(assembler, out)) {
            return false;
        }
    } else if (assembler->chunk_count || assembler->has_listing) {
        return fail(assembler, ".container stands for all chunks");
    } else {
        sl_buf_append(out, assembler->container.data, assembler->container.size);
    }
    if (assembler->after.size) {
        sl_buf_append(out, assembler->after.data, assembler->after.size);
    }
    return has_memory(assembler, out);
}

bool sl_dxbc_assemble(const char *text, size_t size, struct sl_buf *out, uint32_t *line,
                      char *message, size_t message_size)
{
    struct assembler *assembler = calloc(1, sizeof(*assembler));
    *line = 0;
    if (!assembler) {
        snprintf(message, message_size, "out of memory");
        return false;
    }
    assembler->align = 4;
    assembler->message = message;
    assembler->message_size = message_size;
    bool ok = assemble(assembler, text, size, out);
    *line = assembler->line;
    sl_buf_finish(&assembler->bytes);
    sl_buf_finish(&assembler->listing);
    sl_buf_finish(&assembler->container);
    sl_buf_finish(&assembler->after);
    free(assembler);
    return ok;
}
