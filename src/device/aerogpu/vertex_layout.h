/* Input layouts as lists of elements, whichever of the two kinds of blob they came in. */
#ifndef SL_DEVICE_AEROGPU_VERTEX_LAYOUT_H
#define SL_DEVICE_AEROGPU_VERTEX_LAYOUT_H

#include "device/aerogpu/vertex_format.h"

#include <scanlock/aerogpu_abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SL_AGPU_USAGE_NONE 0xFFu

struct sl_agpu_vertex_element {
    const struct sl_agpu_vertex_format *format; /* NULL = D3DDECLTYPE_UNUSED: feeds nothing */
    uint8_t slot;
    uint8_t usage; /* D3DDECLUSAGE, for D3D9 programs; SL_AGPU_USAGE_NONE if the name is none */
    bool per_instance;
    uint32_t step_rate;
    uint32_t semantic_hash; /* for SM4/5 programs */
    uint32_t semantic_index;
    uint64_t offset_bytes; /* append is resolved */
};

struct sl_agpu_layout {
    bool is_ilay;
    uint32_t slot_mask; /* vertex buffer slots its elements read */
    uint32_t element_count;
    struct sl_agpu_vertex_element elements[AEROGPU_LIMIT_INPUT_LAYOUT_ELEMENTS];
};

/* False if the blob is no good layout of either kind, with the reason in *why. */
bool sl_agpu_layout_parse(const uint8_t *bytes, size_t size, struct sl_agpu_layout *layout,
                          const char **why);

#endif
