/*
 * What an inspector sees of the executor: packets as they come, and values for one texel. Watching
 * changes no result and costs no work.
 */
#ifndef SL_DEVICE_AEROGPU_INSPECTION_H
#define SL_DEVICE_AEROGPU_INSPECTION_H

#include "base/buf.h"

#include <scanlock/device.h>

struct sl_agpu_run;
struct sl_agpu_exec;
struct sl_agpu_packet;
struct sl_agpu_storage;

/* Zeroed is the start. */
struct sl_agpu_inspection {
    uint64_t storages; /* created so far */
    uint64_t submissions;
    uint64_t commands;
    uint32_t context_id;             /* of the last submission */
    struct sl_agpu_storage *watched; /* while it lives */
    uint64_t before;                 /* its texel as last reported */
    bool covered;                    /* the packet wrote to the texel, if only the same value */
    uint32_t draw_slot;              /* of the draw in progress: the watched target, */
    uint32_t draw_layer;             /* the layer of it that has the texel, */
    uint32_t draw_layers;            /* how many it has */
    bool draw_has_depth;
    struct sl_buf text;
};

void sl_agpu_inspection_finish(struct sl_agpu_exec *exec);

/* A storage got its layout, or is about to go. */
void sl_agpu_inspect_created(struct sl_agpu_exec *exec, struct sl_agpu_storage *storage);
void sl_agpu_inspect_destroyed(struct sl_agpu_exec *exec, const struct sl_agpu_storage *storage);

/* Around each packet, whose opcode may be unknown; begin says whether it may execute. */
bool sl_agpu_inspect_begin(struct sl_agpu_run *run, const struct sl_agpu_packet *packet);
void sl_agpu_inspect_end(struct sl_agpu_run *run);

/*
 * Part of a storage was or will be written by the packet: texels of a subresource (true if the
 * watched one is among them), or bytes of the linear image.
 */
struct sl_agpu_rect {
    uint32_t left, top, right, bottom; /* right and bottom exclusive */
};
bool sl_agpu_inspect_rect(struct sl_agpu_run *run, const struct sl_agpu_storage *storage,
                          uint32_t mip, uint32_t layer, struct sl_agpu_rect rect);
void sl_agpu_inspect_linear(struct sl_agpu_run *run, const struct sl_agpu_storage *storage,
                            uint64_t offset, uint64_t size);

/* Reports what the packet did to the texel so far, if it did anything; how is said with it. */
void sl_agpu_inspect_report(struct sl_agpu_run *run, const char *how);

/* The same for a copy whose rectangle has the texel; corner is where the copied part began. */
void sl_agpu_inspect_copy(struct sl_agpu_run *run, const struct sl_agpu_storage *from,
                          const struct sl_texel *corner, const struct sl_agpu_rect *to);

/* Tells a value of the texel that is known from elsewhere: before and after are filled in. */
void sl_agpu_inspect_tell(struct sl_agpu_run *run, struct sl_texel_write *write);

#endif
