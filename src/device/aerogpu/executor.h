/*
 * The executor: what command streams do. The front of the device (registers, ring, fences, scanout)
 * hands it one well-framed stream at a time; it keeps the objects, the state of every context and
 * the presented images.
 */
#ifndef SL_DEVICE_AEROGPU_EXECUTOR_H
#define SL_DEVICE_AEROGPU_EXECUTOR_H

#include "device/aerogpu/alloc_table.h"
#include "memory/memory.h"

#include <scanlock/device.h>

/* Why a packet or a submission failed; see docs/devices.md for what each class stands for. */
enum sl_agpu_class {
    SL_AGPU_OK,
    SL_AGPU_BAD_STREAM,
    SL_AGPU_BAD_PACKET,
    SL_AGPU_BAD_HANDLE,
    SL_AGPU_HANDLE_IN_USE,
    SL_AGPU_BAD_VALUE,
    SL_AGPU_OUT_OF_BOUNDS,
    SL_AGPU_NO_ALLOC,
    SL_AGPU_READONLY,
    SL_AGPU_BAD_SHADER,
    SL_AGPU_UNSUPPORTED,
    SL_AGPU_BAD_TOKEN,
    SL_AGPU_INCOMPLETE_STATE,
    SL_AGPU_HOST,
    SL_AGPU_CLASS_COUNT
};

/* "BAD_HANDLE" and the like. Static storage. */
const char *sl_agpu_class_name(enum sl_agpu_class class_);

/* The driver family a context behaves like. */
enum sl_agpu_flavour {
    SL_AGPU_FLAVOUR_UNKNOWN, /* flavour-dependent rules go by d3d11, but no hazard rule applies */
    SL_AGPU_FLAVOUR_D3D9,
    SL_AGPU_FLAVOUR_D3D11,
};

struct sl_agpu_exec_config {
    struct sl_mem *mem;
    enum sl_agpu_flavour flavour;  /* of every context; unknown = as its packets say */
    bool profile_aero;             /* imitate the upstream executors */
    uint32_t default_target_width; /* 0 x 0 = no default target */
    uint32_t default_target_height;
    uint64_t max_memory_bytes;            /* host-owned resource bytes; 0 = 4 GiB */
    bool half_pixel;                      /* D3D9 draws move by half a pixel to the upper left */
    unsigned thread_count;                /* that draw; 0 = 1. Results do not depend on it */
    const struct sl_inspector *inspector; /* may be NULL */
};

struct sl_agpu_exec;

/* NULL without memory. */
struct sl_agpu_exec *sl_agpu_exec_create(const struct sl_agpu_exec_config *config);
void sl_agpu_exec_destroy(struct sl_agpu_exec *exec);

/* Forgets all objects, contexts, tokens and presented images: device and ring reset. */
void sl_agpu_exec_reset(struct sl_agpu_exec *exec);

/* The first failing packet, or class SL_AGPU_OK. */
struct sl_agpu_outcome {
    enum sl_agpu_class class_;
    uint32_t packet_index; /* from 0 */
    uint32_t offset;       /* of the packet, from the start of the stream */
    uint32_t opcode;
    char detail[96]; /* what was wrong, in a few words */
    uint64_t work;   /* bytes, instructions, pixels; counted the same on every machine */
    bool exhausted;  /* the stream was left because work reached the limit; nothing failed */
    bool stopped;    /* the same because the inspector said so */
};

/* One submission whose framing was found good. stream starts with the stream header. */
struct sl_agpu_stream {
    uint32_t context_id;
    const uint8_t *bytes;
    size_t size;
    uint64_t gpa; /* where it was fetched */
    const struct sl_agpu_alloc_table *table; /* never NULL */
    uint64_t work_limit;                     /* see struct sl_agpu_outcome */

    /*
     * If not NULL, a failing packet is told here and passed over; the outcome of the run is then
     * SL_AGPU_OK.
     */
    void (*on_failure)(void *data, const struct sl_agpu_outcome *outcome);
    void *data;
};

void sl_agpu_exec_run(struct sl_agpu_exec *exec, const struct sl_agpu_stream *stream,
                      struct sl_agpu_outcome *outcome);

/*
 * The image last presented to scanout 0, RGBA8, or NULL if there is none. Valid until the next run
 * or reset.
 */
const struct sl_image *sl_agpu_exec_presented(const struct sl_agpu_exec *exec);

/* Which pixels that image is made of. */
struct sl_agpu_presented {
    struct sl_texel corner; /* top left */
    uint32_t handle;
    uint64_t command;
};
struct sl_agpu_presented sl_agpu_exec_presented_from(const struct sl_agpu_exec *exec);

/* What is bound in the context of the last submission, for struct sl_target_impl. */
enum sl_status sl_agpu_exec_describe(struct sl_agpu_exec *exec,
                                     void (*line)(void *data, const char *text), void *data,
                                     struct sl_error *err);
enum sl_status sl_agpu_exec_picture(struct sl_agpu_exec *exec, uint32_t index, const char **name,
                                    struct sl_image *image, struct sl_error *err);

#endif
