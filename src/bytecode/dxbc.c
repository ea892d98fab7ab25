/* The container: a header, a table of offsets, chunks of a name, a size and a payload each. */
#include "bytecode/dxbc_layout.h"

#include "base/bytes.h"
#include "base/checked.h"

static const char *check_chunks(const struct sl_dxbc *dxbc)
{
    for (uint32_t i = 0; i < dxbc->chunk_count; i++) {
        uint32_t offset = sl_get_le32(dxbc->bytes + SL_DXBC_HEADER_BYTES + 4 * (size_t)i);
        if (!sl_range_fits(offset, SL_DXBC_CHUNK_HEADER_BYTES, dxbc->size)) {
            return "a chunk's header lies outside the container";
        }
        uint32_t size = sl_get_le32(dxbc->bytes + offset + 4);
        if (!sl_range_fits((uint64_t)offset + SL_DXBC_CHUNK_HEADER_BYTES, size, dxbc->size)) {
            return "a chunk's content lies outside the container";
        }
    }
    return NULL;
}

static const char *check(const uint8_t *bytes, size_t size, struct sl_dxbc *dxbc)
{
    if (size < SL_DXBC_HEADER_BYTES || sl_get_le32(bytes) != SL_DXBC_FOURCC('D', 'X', 'B', 'C')) {
        return "it does not start with a DXBC header";
    }
    *dxbc = (struct sl_dxbc){
        .bytes = bytes,
        .size = sl_get_le32(bytes + SL_DXBC_SIZE_AT),
        .chunk_count = sl_get_le32(bytes + SL_DXBC_COUNT_AT),
    };
    if (dxbc->size > size) {
        return "the container's size is larger than what was given";
    }
    if (dxbc->size > SL_DXBC_SIZE_MAX) {
        return "the container is larger than 16 MiB";
    }
    if (!sl_range_fits(SL_DXBC_HEADER_BYTES, (uint64_t)dxbc->chunk_count * 4, dxbc->size)) {
        return "the table of chunks lies outside the container";
    }
    return check_chunks(dxbc);
}

bool sl_dxbc_open(const uint8_t *bytes, size_t size, struct sl_dxbc *dxbc, const char **why)
{
    *why = check(bytes, size, dxbc);
    if (*why) {
        *dxbc = (struct sl_dxbc){0};
    }
    return !*why;
}

struct sl_dxbc_chunk sl_dxbc_chunk(const struct sl_dxbc *dxbc, uint32_t index)
{
    uint32_t offset = sl_get_le32(dxbc->bytes + SL_DXBC_HEADER_BYTES + 4 * (size_t)index);
    return (struct sl_dxbc_chunk){
        .fourcc = sl_get_le32(dxbc->bytes + offset),
        .bytes = dxbc->bytes + offset + SL_DXBC_CHUNK_HEADER_BYTES,
        .size = sl_get_le32(dxbc->bytes + offset + 4),
        .offset = offset + SL_DXBC_CHUNK_HEADER_BYTES,
    };
}

bool sl_dxbc_find(const struct sl_dxbc *dxbc, uint32_t fourcc, struct sl_dxbc_chunk *chunk)
{
    for (uint32_t i = 0; i < dxbc->chunk_count; i++) {
        *chunk = sl_dxbc_chunk(dxbc, i);
        if (chunk->fourcc == fourcc) {
            return true;
        }
    }
    *chunk = (struct sl_dxbc_chunk){0};
    return false;
}

bool sl_dxbc_find_program(const struct sl_dxbc *dxbc, struct sl_dxbc_chunk *chunk)
{
    return sl_dxbc_find(dxbc, SL_DXBC_FOURCC('S', 'H', 'E', 'X'), chunk) ||
           sl_dxbc_find(dxbc, SL_DXBC_FOURCC('S', 'H', 'D', 'R'), chunk);
}
