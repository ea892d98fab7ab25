#include "draw_rig.h"

#include "base/bytes.h"
#include "render/convert.h"

#include <string.h>

const char *const draw_vs_text = ".signature ISGN\n"
                                 ".element POSITION 0 0 xyzw\n"
                                 ".element COLOR 0 1 xyzw\n"
                                 ".signature OSGN\n"
                                 ".element SV_Position 0 0 xyzw\n"
                                 ".element COLOR 0 1 xyzw\n"
                                 ".program SHDR\n"
                                 "vs_4_0\n"
                                 "dcl_input v0.xyzw\n"
                                 "dcl_input v1.xyzw\n"
                                 "dcl_output_siv o0.xyzw, position\n"
                                 "dcl_output o1.xyzw\n"
                                 "mov o0.xyzw, v0.xyzw\n"
                                 "mov o1.xyzw, v1.xyzw\n"
                                 "ret\n";

const char *const draw_ps_text = ".signature ISGN\n"
                                 ".element SV_Position 0 0 xyzw used=-\n"
                                 ".element COLOR 0 1 xyzw\n"
                                 ".signature OSGN\n"
                                 ".element SV_Target 0 0 xyzw\n"
                                 ".program SHDR\n"
                                 "ps_4_0\n"
                                 "dcl_input_ps linear v1.xyzw\n"
                                 "dcl_output o0.xyzw\n"
                                 "mov o0.xyzw, v1.xyzw\n"
                                 "ret\n";

struct rig draw_rig_make(struct sl_agpu_exec_config config)
{
    struct rig rig = rig_make_with(config);
    TEXTURE(&rig, .handle = DRAW_TARGET, .width = DRAW_SIZE, .height = DRAW_SIZE);
    rig_create_program(&rig, DRAW_VS, SL_ABI_STAGE_VERTEX, draw_vs_text);
    rig_create_program(&rig, DRAW_PS, SL_ABI_STAGE_PIXEL, draw_ps_text);
    /* POSITION and COLOR, R32G32B32A32_FLOAT, one after the other in slot 0 */
    PACKET(&rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, DRAW_LAYOUT, 72, 0, 0x59414C49, 1, 2, 0,
           0x7808E88A, 0, 2, 0, 0, 0, 0, 0xE7C308F8, 0, 2, 0, 16, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_INPUT_LAYOUT, DRAW_LAYOUT, 0);
    PACKET(&rig, AEROGPU_CMD_BIND_SHADERS, DRAW_VS, DRAW_PS, 0, 0);
    PACKET(&rig, AEROGPU_CMD_SET_RASTERIZER_STATE, AEROGPU_FILL_SOLID, AEROGPU_CULL_NONE, 0, 0, 0,
           0);
    rig_set_target(&rig, DRAW_TARGET, 0);
    rig_ok(&rig);
    return rig;
}

void draw_rig_vertices(struct rig *rig, const struct draw_vertex *vertices, uint32_t count)
{
    uint8_t bytes[64 * 32];
    cr_assert_leq(count, 64);
    for (size_t i = 0; i < count; i++) {
        const struct draw_vertex *v = &vertices[i];
        const float words[8] = {v->x * 2.0f / DRAW_SIZE - 1.0f,
                                1.0f - v->y * 2.0f / DRAW_SIZE,
                                0.0f,
                                1.0f,
                                v->r,
                                v->g,
                                v->b,
                                v->a};
        for (size_t k = 0; k < 8; k++) {
            sl_put_le32(bytes + 32 * i + 4 * k, sl_f32_to_bits(words[k]));
        }
    }
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_RESOURCE, DRAW_VERTICES);
    rig_create_buffer(rig, DRAW_VERTICES, 32 * (uint64_t)count, 0, 0);
    rig_upload(rig, DRAW_VERTICES, 0, bytes, 32 * (size_t)count);
    PACKET(rig, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 1, DRAW_VERTICES, 32, 0, 0);
    rig_ok(rig);
}

void draw_rig_indices(struct rig *rig, const uint16_t *indices, uint32_t count)
{
    uint8_t bytes[256] = {0};
    cr_assert_leq(count, 128);
    for (size_t i = 0; i < count; i++) {
        sl_put_le16(bytes + 2 * i, indices[i]);
    }
    rig_handle_packet(rig, AEROGPU_CMD_DESTROY_RESOURCE, DRAW_INDICES);
    rig_create_buffer(rig, DRAW_INDICES, sizeof(bytes), 0, 0);
    rig_upload(rig, DRAW_INDICES, 0, bytes, sizeof(bytes));
    PACKET(rig, AEROGPU_CMD_SET_INDEX_BUFFER, DRAW_INDICES, AEROGPU_INDEX_FORMAT_UINT16, 0, 0);
    rig_ok(rig);
}

void draw_rig_topology(struct rig *rig, uint32_t topology)
{
    PACKET(rig, AEROGPU_CMD_SET_PRIMITIVE_TOPOLOGY, topology, 0);
    rig_ok(rig);
}

/* Red, green and blue count if they are more than half on; "." is black. */
static char letter(const uint8_t *rgba)
{
    static const char letters[] = ".rgybmcw";
    return letters[(rgba[0] >> 7) | (rgba[1] >> 7) << 1 | (rgba[2] >> 7) << 2];
}

const char *draw_rig_picture(struct rig *rig)
{
    static char text[DRAW_SIZE * (DRAW_SIZE + 1) + 1];
    uint8_t pixels[DRAW_SIZE * DRAW_SIZE * 4];
    char *out = text;
    rig_read_texture(rig, DRAW_TARGET, 3, 0, 0, DRAW_SIZE, DRAW_SIZE, pixels, sizeof(pixels));
    for (size_t i = 0; i < DRAW_SIZE * DRAW_SIZE; i++) {
        *out++ = letter(pixels + 4 * i);
        if (i % DRAW_SIZE == DRAW_SIZE - 1) {
            *out++ = '\n';
        }
    }
    *out = '\0';
    return text;
}

uint32_t draw_rig_pixel(struct rig *rig, uint32_t x, uint32_t y)
{
    uint8_t pixels[DRAW_SIZE * DRAW_SIZE * 4];
    rig_read_texture(rig, DRAW_TARGET, 3, 0, 0, DRAW_SIZE, DRAW_SIZE, pixels, sizeof(pixels));
    const uint8_t *p = pixels + 4 * ((size_t)y * DRAW_SIZE + x);
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
