/* The layouts of containers and signatures, for those who read and those who write them. */
#ifndef SL_BYTECODE_DXBC_LAYOUT_H
#define SL_BYTECODE_DXBC_LAYOUT_H

#include "bytecode/dxbc.h"

#define SL_DXBC_HEADER_BYTES 32u
#define SL_DXBC_DIGEST_BYTES 16u
#define SL_DXBC_VERSION_AT 20u
#define SL_DXBC_SIZE_AT 24u
#define SL_DXBC_COUNT_AT 28u
#define SL_DXBC_CHUNK_HEADER_BYTES 8u
#define SL_DXBC_SIGNATURE_HEADER_BYTES 8u

struct sl_dxbc_signature_layout {
    uint32_t fourcc;
    enum sl_dxbc_signature_kind kind;
    uint32_t element_bytes;
    bool has_stream;    /* in front */
    bool has_precision; /* at the end */
};

/* NULL if no signature has that name. */
const struct sl_dxbc_signature_layout *sl_dxbc_signature_layout(uint32_t fourcc);

/* False with *why if it is malformed. */
bool sl_dxbc_signature_decode(const struct sl_dxbc_chunk *chunk,
                              const struct sl_dxbc_signature_layout *layout,
                              struct sl_dxbc_signature *signature, const char **why);

#endif
