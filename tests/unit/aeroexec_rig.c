#include "aeroexec_rig.h"

#include "base/bytes.h"
#include "bytecode/d3d9.h"
#include "bytecode/dxbc.h"

#include <string.h>

#define SCRATCH_ALLOC 0xFFFFFFF0u
#define SCRATCH_HANDLE 0xFFFFFFF0u
#define SCRATCH_GPA (RIG_RAM_GPA + RIG_RAM_SIZE / 2)

struct rig rig_make_with(struct sl_agpu_exec_config config)
{
    struct rig rig = {.minor = 4};
    rig.mem = config.mem ? config.mem : sl_mem_create(0);
    cr_assert_eq(sl_mem_add_region(rig.mem, RIG_RAM_GPA, RIG_RAM_SIZE, NULL), SL_OK);
    config.mem = rig.mem;
    rig.exec = sl_agpu_exec_create(&config);
    cr_assert_not_null(rig.exec);
    return rig;
}

struct rig rig_make(void)
{
    return rig_make_with((struct sl_agpu_exec_config){0});
}

void rig_finish(struct rig *rig)
{
    sl_agpu_exec_destroy(rig->exec);
    sl_mem_destroy(rig->mem);
    sl_buf_finish(&rig->stream);
}

void rig_alloc(struct rig *rig, uint32_t alloc_id, uint64_t gpa, uint64_t size_bytes, bool readonly)
{
    cr_assert_lt(rig->table.count, sizeof(rig->allocs) / sizeof(rig->allocs[0]));
    rig->allocs[rig->table.count++] = (struct sl_agpu_alloc){alloc_id, readonly, gpa, size_bytes};
}

static void start_packet(struct rig *rig, uint32_t opcode, size_t size)
{
    if (rig->stream.size == 0) {
        sl_buf_u32(&rig->stream, AEROGPU_CMD_STREAM_MAGIC);
        sl_buf_u32(&rig->stream, AEROGPU_ABI_MAJOR << 16 | rig->minor);
        sl_buf_append_zeros(&rig->stream, 16);
    }
    sl_buf_u32(&rig->stream, opcode);
    sl_buf_u32(&rig->stream, (uint32_t)size);
}

void rig_packet_bytes(struct rig *rig, uint32_t opcode, const uint32_t *words, size_t count,
                      const void *bytes, size_t size)
{
    size_t padded = (size + 3) / 4 * 4;
    start_packet(rig, opcode, 8 + 4 * count + padded);
    for (size_t i = 0; i < count; i++) {
        sl_buf_u32(&rig->stream, words[i]);
    }
    sl_buf_append(&rig->stream, bytes, size);
    sl_buf_append_zeros(&rig->stream, padded - size);
}

void rig_packet(struct rig *rig, uint32_t opcode, const uint32_t *words, size_t count)
{
    rig_packet_bytes(rig, opcode, words, count, "", 0);
}

enum sl_agpu_class rig_run(struct rig *rig)
{
    cr_assert(!rig->stream.failed && rig->stream.size >= 24);
    sl_put_le32(rig->stream.data + 8, (uint32_t)rig->stream.size);
    rig->table.entries = rig->allocs;
    struct sl_agpu_stream stream = {
        .context_id = rig->context_id,
        .bytes = rig->stream.data,
        .size = rig->stream.size,
        .table = &rig->table,
        .work_limit = rig->work_limit ? rig->work_limit : UINT64_MAX,
        .on_failure = rig->on_failure,
        .data = rig->failure_data,
    };
    memset(&rig->outcome, 0xAA, sizeof(rig->outcome));
    sl_agpu_exec_run(rig->exec, &stream, &rig->outcome);
    sl_buf_clear(&rig->stream);
    return rig->outcome.class_;
}

uint32_t rig_packet_count(const struct rig *rig)
{
    uint32_t count = 0;
    for (size_t at = 24; at < rig->stream.size; at += sl_get_le32(rig->stream.data + at + 4)) {
        count++;
    }
    return count;
}

/* ---- common packets ---- */

void rig_create_buffer(struct rig *rig, uint32_t handle, uint64_t size_bytes, uint32_t alloc_id,
                       uint32_t offset_bytes)
{
    PACKET(rig, AEROGPU_CMD_CREATE_BUFFER, handle, 0, U64(size_bytes), alloc_id, offset_bytes, 0,
           0);
}

void rig_create_texture(struct rig *rig, const struct rig_texture *t)
{
    PACKET(rig, AEROGPU_CMD_CREATE_TEXTURE2D, t->handle, t->usage_flags,
           t->format ? t->format : AEROGPU_FORMAT_R8G8B8A8_UNORM, t->width, t->height,
           t->mips ? t->mips : 1, t->layers ? t->layers : 1, t->row_pitch_bytes, t->alloc_id,
           t->offset_bytes, 0, 0);
}

void rig_upload(struct rig *rig, uint32_t handle, uint64_t offset, const void *bytes, size_t size)
{
    rig_packet_bytes(rig, AEROGPU_CMD_UPLOAD_RESOURCE,
                     (const uint32_t[]){handle, 0, U64(offset), U64(size)}, 6, bytes, size);
}

void rig_handle_packet(struct rig *rig, uint32_t opcode, uint32_t handle)
{
    PACKET(rig, opcode, handle, 0);
}

void rig_set_target(struct rig *rig, uint32_t color0, uint32_t depth)
{
    PACKET(rig, AEROGPU_CMD_SET_RENDER_TARGETS, color0 ? 1 : 0, depth, color0, 0, 0, 0, 0, 0, 0, 0);
}

static uint32_t f32_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof(bits));
    return bits;
}

void rig_clear_color(struct rig *rig, float r, float g, float b, float a)
{
    PACKET(rig, AEROGPU_CMD_CLEAR, AEROGPU_CLEAR_COLOR, f32_bits(r), f32_bits(g), f32_bits(b),
           f32_bits(a), 0, 0);
}

void rig_clear(struct rig *rig, uint32_t flags, float depth, uint32_t stencil)
{
    PACKET(rig, AEROGPU_CMD_CLEAR, flags, 0, 0, 0, 0, f32_bits(depth), stencil);
}

void rig_create_d3d9_shader(struct rig *rig, uint32_t handle, uint32_t stage)
{
    /* mov r0, c0 */
    uint8_t code[20];
    sl_put_le32(code, stage == AEROGPU_SHADER_STAGE_VERTEX ? 0xFFFE0200 : 0xFFFF0200);
    sl_put_le32(code + 4, 0x02000001);
    sl_put_le32(code + 8, 0x800F0000);
    sl_put_le32(code + 12, 0xA0E40000);
    sl_put_le32(code + 16, 0x0000FFFF);
    rig_packet_bytes(rig, AEROGPU_CMD_CREATE_SHADER_DXBC,
                     (const uint32_t[]){handle, stage, sizeof(code), 0}, 4, code, sizeof(code));
}

/* What a program of each type has to declare, and its instructions; 0 ends a list. */
static const uint32_t program_tokens[][16] = {
    [0] = {0x0100003E}, /* ret */
    [1] = {0x0100003E},
    [2] = {0x0100185D, 0x0100285C, 0x0200005E, 3, 0x0100003E}, /* triangles, a strip, 3 vertices */
    [3] = {0x01000071, 0x01001893, 0x01001894, 0x01001095, 0x01000896, 0x01001897, 0x01000072,
           0x0100003E, 0x01000073, 0x0100003E}, /* 3 points in and out, tri, integer, cw */
    [4] = {0x01001893, 0x01001095, 0x0100003E},
    [5] = {0x0400009B, 1, 1, 1, 0x0100003E}, /* groups of one thread */
    [6] = {0x0100003E},
};

size_t rig_make_dxbc(uint8_t *out, uint32_t program_type)
{
    static const uint8_t magic[8] = {'D', 'X', 'B', 'C', 'S', 'H', 'E', 'X'};
    const uint32_t *tokens = program_tokens[program_type];
    uint32_t count = 0;
    while (tokens[count]) {
        sl_put_le32(out + 52 + 4 * (size_t)count, tokens[count]);
        count++;
    }
    memset(out, 0, 44);
    memcpy(out, magic, 4);
    sl_put_le32(out + 20, 1);
    sl_put_le32(out + 24, 52 + 4 * count); /* total size */
    sl_put_le32(out + 28, 1);
    sl_put_le32(out + 32, 36);
    memcpy(out + 36, magic + 4, 4);
    sl_put_le32(out + 40, 8 + 4 * count);
    sl_put_le32(out + 44, program_type << 16 | 0x50);
    sl_put_le32(out + 48, 2 + count);
    return 52 + 4 * (size_t)count;
}

static void create_shader(struct rig *rig, uint32_t handle, enum sl_abi_stage stage,
                          const uint8_t *bytes, size_t size)
{
    static const uint32_t of[][2] = {
        [SL_ABI_STAGE_VERTEX] = {0, 0},   [SL_ABI_STAGE_PIXEL] = {1, 0},
        [SL_ABI_STAGE_GEOMETRY] = {3, 0}, [SL_ABI_STAGE_HULL] = {2, 3},
        [SL_ABI_STAGE_DOMAIN] = {2, 4},   [SL_ABI_STAGE_COMPUTE] = {2, 0},
    };
    rig_packet_bytes(rig, AEROGPU_CMD_CREATE_SHADER_DXBC,
                     (const uint32_t[]){handle, of[stage][0], (uint32_t)size, of[stage][1]}, 4,
                     bytes, size);
}

void rig_create_dxbc_shader(struct rig *rig, uint32_t handle, enum sl_abi_stage stage)
{
    static const uint32_t types[] = {
        [SL_ABI_STAGE_VERTEX] = 1, [SL_ABI_STAGE_PIXEL] = 0,  [SL_ABI_STAGE_GEOMETRY] = 2,
        [SL_ABI_STAGE_HULL] = 3,   [SL_ABI_STAGE_DOMAIN] = 4, [SL_ABI_STAGE_COMPUTE] = 5,
    };
    uint8_t blob[RIG_DXBC_MAX];
    create_shader(rig, handle, stage, blob, rig_make_dxbc(blob, types[stage]));
}

void rig_create_program(struct rig *rig, uint32_t handle, enum sl_abi_stage stage, const char *text)
{
    struct sl_buf bytes = {0};
    uint32_t line = 0;
    char message[128] = "";
    bool is_d3d9 = text[1] == 's' && text[2] == '_';
    bool ok = is_d3d9
                  ? sl_d3d9_assemble(text, strlen(text), &bytes, &line, message, sizeof(message))
                  : sl_dxbc_assemble(text, strlen(text), &bytes, &line, message, sizeof(message));
    cr_assert(ok, "line %u: %s", line, message);
    create_shader(rig, handle, stage, bytes.data, bytes.size);
    sl_buf_finish(&bytes);
}

/* ---- looking ---- */

void rig_poke(struct rig *rig, uint64_t gpa, const void *bytes, size_t size)
{
    cr_assert_eq(sl_mem_write(rig->mem, gpa, bytes, size), SL_MEM_OK);
}

void rig_peek(const struct rig *rig, uint64_t gpa, void *bytes, size_t size)
{
    cr_assert_eq(sl_mem_read(rig->mem, gpa, bytes, size), SL_MEM_OK);
}

/* Runs what was built with the scratch allocation in the table, then takes it out again. */
static void run_with_scratch(struct rig *rig, void *bytes, size_t size)
{
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_RESOURCE, SCRATCH_HANDLE);
    rig_ok(rig);
    rig->table.count--;
    rig_peek(rig, SCRATCH_GPA, bytes, size);
}

void rig_read_buffer(struct rig *rig, uint32_t handle, uint64_t offset, void *bytes, size_t size)
{
    rig_alloc(rig, SCRATCH_ALLOC, SCRATCH_GPA, size, false);
    rig_create_buffer(rig, SCRATCH_HANDLE, size, SCRATCH_ALLOC, 0);
    PACKET(rig, AEROGPU_CMD_COPY_BUFFER, SCRATCH_HANDLE, handle, U64(0), U64(offset), U64(size),
           AEROGPU_COPY_FLAG_WRITEBACK_DST, 0);
    run_with_scratch(rig, bytes, size);
}

void rig_read_texture(struct rig *rig, uint32_t handle, uint32_t format, uint32_t mip,
                      uint32_t layer, uint32_t width, uint32_t height, void *bytes, size_t size)
{
    const struct sl_abi_format *f = sl_abi_find_format(&sl_abi_aerogpu, format);
    uint32_t pitch = (width + f->block_width - 1) / f->block_width * f->bytes_per_block;
    rig_alloc(rig, SCRATCH_ALLOC, SCRATCH_GPA, size, false);
    TEXTURE(rig, .handle = SCRATCH_HANDLE, .format = format, .width = width, .height = height,
            .row_pitch_bytes = pitch, .alloc_id = SCRATCH_ALLOC);
    PACKET(rig, AEROGPU_CMD_COPY_TEXTURE2D, SCRATCH_HANDLE, handle, 0, 0, mip, layer, 0, 0, 0, 0,
           width, height, AEROGPU_COPY_FLAG_WRITEBACK_DST, 0);
    run_with_scratch(rig, bytes, size);
}
