/*
 * An executor over a little guest memory, and command streams made packet by packet:
 *
 *     struct rig rig = rig_make();
 *     PACKET(&rig, AEROGPU_CMD_CREATE_BUFFER, 1, 0, U64(16), 0, 0, U64(0));
 *     rig_ok(&rig);
 *
 * rig_ok() and rig_fails() run what was built as one submission of the context and empty the
 * stream. Textures and buffers are looked at the way a guest could: copied with write-back to guest
 * memory, or presented.
 */
#ifndef SL_TESTS_AEROEXEC_RIG_H
#define SL_TESTS_AEROEXEC_RIG_H

#include "abi/abi.h"
#include "base/buf.h"
#include "device/aerogpu/executor.h"

#include <criterion/criterion.h>
#include <scanlock/aerogpu_abi.h>

#define RIG_RAM_GPA UINT64_C(0x100000)
#define RIG_RAM_SIZE UINT64_C(0x100000)

struct rig {
    struct sl_mem *mem;
    struct sl_agpu_exec *exec;
    struct sl_buf stream;
    struct sl_agpu_alloc allocs[8];
    struct sl_agpu_alloc_table table;
    uint32_t context_id;
    uint16_t minor;      /* of the stream header; 4 at first */
    uint64_t work_limit; /* 0 = none */
    void (*on_failure)(void *data, const struct sl_agpu_outcome *outcome);
    void *failure_data;
    struct sl_agpu_outcome outcome;
};

struct rig rig_make(void);

/* The memory of the configuration, if there is one, becomes the rig's. */
struct rig rig_make_with(struct sl_agpu_exec_config config);
void rig_finish(struct rig *rig);

/* Adds an entry to the allocation table of the submissions that follow; ids in ascending order. */
void rig_alloc(struct rig *rig, uint32_t alloc_id, uint64_t gpa, uint64_t size_bytes,
               bool readonly);

/* Starts the stream if need be and appends one packet of 8 + 4 * count bytes. */
void rig_packet(struct rig *rig, uint32_t opcode, const uint32_t *words, size_t count);

#define PACKET(rig, opcode, ...)                                                                   \
    rig_packet((rig), (opcode), (const uint32_t[]){__VA_ARGS__},                                   \
               sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* A 64-bit field of a packet. */
#define U64(v) (uint32_t)(v), (uint32_t)((uint64_t)(v) >> 32)

/* Appends a packet of words and then bytes, padded to 4. */
void rig_packet_bytes(struct rig *rig, uint32_t opcode, const uint32_t *words, size_t count,
                      const void *bytes, size_t size);

/* Runs the stream and returns the class. */
enum sl_agpu_class rig_run(struct rig *rig);

#define rig_ok(rig)                                                                                \
    do {                                                                                           \
        enum sl_agpu_class got_ = rig_run(rig);                                                    \
        cr_assert_eq(got_, SL_AGPU_OK, "%s in packet %u: %s", sl_agpu_class_name(got_),            \
                     (rig)->outcome.packet_index, (rig)->outcome.detail);                          \
    } while (0)

/* Expects the last packet of the stream to fail. */
#define rig_fails(rig, expected)                                                                   \
    do {                                                                                           \
        uint32_t last_ = rig_packet_count(rig) - 1;                                                \
        enum sl_agpu_class got_ = rig_run(rig);                                                    \
        cr_assert_eq(got_, (expected), "is %s in packet %u: %s", sl_agpu_class_name(got_),         \
                     (rig)->outcome.packet_index, (rig)->outcome.detail);                          \
        cr_assert_eq((rig)->outcome.packet_index, last_);                                          \
    } while (0)

uint32_t rig_packet_count(const struct rig *rig);

/* ---- common packets ---- */

void rig_create_buffer(struct rig *rig, uint32_t handle, uint64_t size_bytes, uint32_t alloc_id,
                       uint32_t offset_bytes);

struct rig_texture {
    uint32_t handle;
    uint32_t usage_flags;
    uint32_t format; /* 0 = R8G8B8A8_UNORM */
    uint32_t width;
    uint32_t height;
    uint32_t mips;   /* 0 = 1 */
    uint32_t layers; /* 0 = 1 */
    uint32_t row_pitch_bytes;
    uint32_t alloc_id;
    uint32_t offset_bytes;
};
void rig_create_texture(struct rig *rig, const struct rig_texture *texture);

#define TEXTURE(rig, ...) rig_create_texture((rig), &(const struct rig_texture){__VA_ARGS__})

void rig_upload(struct rig *rig, uint32_t handle, uint64_t offset, const void *bytes, size_t size);

/* DESTROY_* and the like: a handle and a reserved word. */
void rig_handle_packet(struct rig *rig, uint32_t opcode, uint32_t handle);

void rig_set_target(struct rig *rig, uint32_t color0, uint32_t depth);
void rig_clear_color(struct rig *rig, float r, float g, float b, float a);
void rig_clear(struct rig *rig, uint32_t flags, float depth, uint32_t stencil);

/* Programs that do nothing. */
void rig_create_d3d9_shader(struct rig *rig, uint32_t handle, uint32_t stage);
void rig_create_dxbc_shader(struct rig *rig, uint32_t handle, enum sl_abi_stage stage);

/*
 * A minimal DXBC container around SM5 code of a stage (0 = pixel ... 5 = compute); returns size, at
 * most RIG_DXBC_MAX.
 */
#define RIG_DXBC_MAX 128
size_t rig_make_dxbc(uint8_t *out, uint32_t program_type);

/*
 * Programs from text: a container's (sl_dxbc_assemble()), or D3D9 tokens (sl_d3d9_assemble()) if it
 * starts with a version such as vs_2_0.
 */
void rig_create_program(struct rig *rig, uint32_t handle, enum sl_abi_stage stage,
                        const char *text);

/* ---- looking ---- */

void rig_poke(struct rig *rig, uint64_t gpa, const void *bytes, size_t size);
void rig_peek(const struct rig *rig, uint64_t gpa, void *bytes, size_t size);

/* Bytes of a buffer: copied to a fresh guest-backed buffer; the table keeps its entries. */
void rig_read_buffer(struct rig *rig, uint32_t handle, uint64_t offset, void *bytes, size_t size);

/*
 * Texels of one subresource, tight, as stored (X bytes come out as 0xFF). width and height are
 * those of the mip.
 */
void rig_read_texture(struct rig *rig, uint32_t handle, uint32_t format, uint32_t mip,
                      uint32_t layer, uint32_t width, uint32_t height, void *bytes, size_t size);

#endif
