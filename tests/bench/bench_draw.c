/*
 * Draws at 1920x1080 against Mesa's llvmpipe, in one run, with one and with two threads.
 *
 * Ours are command streams run by the executor: a D3D9 program, one DRAW per stream. The reference
 * is gl_reference, a process of its own, which draws the same scenes (draw_scenes.h). Where it
 * cannot be built or run, its columns are empty. The best draw of each counts.
 *
 * Prints rows: name, ours, reference, ratio, target; Mpix/s, or millions of triangles a second.
 */
#include "draw_scenes.h"

#include "base/buf.h"
#include "base/bytes.h"
#include "base/file.h"
#include "bytecode/d3d9.h"
#include "device/aerogpu/executor.h"
#include "memory/memory.h"

#include <scanlock/aerogpu_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DRAWS = 12, THREADS_MAX = 2 };
enum { TARGET = 1, TEXTURE, BUFFER, LAYOUT, VERTEX_PROGRAM, PIXEL_PROGRAM };

#define VERTEX_SIZE (SCENE_VERTEX_FLOATS * sizeof(float))

static const char vertex_text[] = "vs_3_0\n"
                                  "dcl_position v0\n"
                                  "dcl_color v1\n"
                                  "dcl_texcoord v2\n"
                                  "dcl_position o0\n"
                                  "dcl_color o1\n"
                                  "dcl_texcoord o2.xy\n"
                                  "mov o0, v0\n"
                                  "mov o1, v1\n"
                                  "mov o2.xy, v2\n";

#define TEXTURED "ps_3_0\ndcl_texcoord v0.xy\ndcl_2d s0\ntexld oC0, v0, s0\n"

/* NULL: traces/shaders/ps_heavy.ps_3_0.asm. */
static const char *const pixel_texts[SCENE_COUNT] = {
    [SCENE_CONSTANT] = "ps_3_0\nmov oC0, c0\n",
    [SCENE_INTERPOLATED] = "ps_3_0\ndcl_color v0\nmov oC0, v0\n",
    [SCENE_BILINEAR] = TEXTURED,
    [SCENE_BLENDED] = TEXTURED,
    [SCENE_SMALL_TRIANGLES] = "ps_3_0\ndcl_color v0\nmov oC0, v0\n",
    [SCENE_HEAVY] = NULL,
};

struct bench {
    struct sl_mem *mem;
    struct sl_agpu_exec *exec;
    struct sl_buf stream;
};

static void die(const char *what)
{
    fprintf(stderr, "bench_draw: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A packet of words and then bytes; size is a multiple of 4. */
static void packet(struct bench *b, uint32_t opcode, const uint32_t *words, size_t count,
                   const void *bytes, size_t size)
{
    if (b->stream.size == 0) {
        sl_buf_u32(&b->stream, AEROGPU_CMD_STREAM_MAGIC);
        sl_buf_u32(&b->stream, AEROGPU_ABI_VERSION_U32);
        sl_buf_append_zeros(&b->stream, 16);
    }
    sl_buf_u32(&b->stream, opcode);
    sl_buf_u32(&b->stream, (uint32_t)(8 + 4 * count + size));
    for (size_t i = 0; i < count; i++) {
        sl_buf_u32(&b->stream, words[i]);
    }
    sl_buf_append(&b->stream, bytes, size);
}

#define PACKET(b, opcode, ...)                                                                     \
    packet((b), (opcode), (const uint32_t[]){__VA_ARGS__},                                         \
           sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), "", 0)

/* The seconds that the stream takes; it stays as it is. */
static double run(struct bench *b)
{
    static const struct sl_agpu_alloc_table no_allocs;
    struct sl_agpu_outcome outcome = {0};
    sl_put_le32(b->stream.data + 8, (uint32_t)b->stream.size);
    struct sl_agpu_stream stream = {
        .bytes = b->stream.data,
        .size = b->stream.size,
        .table = &no_allocs,
        .work_limit = UINT64_MAX,
    };
    double start = now();
    sl_agpu_exec_run(b->exec, &stream, &outcome);
    double took = now() - start;
    if (outcome.class_ != SL_AGPU_OK) {
        die(outcome.detail);
    }
    return took;
}

static void run_and_clear(struct bench *b)
{
    run(b);
    sl_buf_clear(&b->stream);
}

static void upload(struct bench *b, uint32_t handle, const void *bytes, size_t size)
{
    const uint32_t words[] = {handle, 0, 0, 0, (uint32_t)size, 0};
    packet(b, AEROGPU_CMD_UPLOAD_RESOURCE, words, 6, bytes, size);
    run_and_clear(b);
}

static void create_program(struct bench *b, uint32_t handle, uint32_t stage, const char *text)
{
    struct sl_buf tokens = {0};
    char message[160];
    uint32_t line;
    if (!sl_d3d9_assemble(text, strlen(text), &tokens, &line, message, sizeof(message))) {
        die(message);
    }
    const uint32_t words[] = {handle, stage, (uint32_t)tokens.size, 0};
    packet(b, AEROGPU_CMD_CREATE_SHADER_DXBC, words, 4, tokens.data, tokens.size);
    sl_buf_finish(&tokens);
}

static void make_objects(struct bench *b)
{
    static const uint8_t declaration[] = {
        0, 0, 0,  0, 3, 0, 0,  0, 0,    0, 16, 0, 3,  0, 10, 0,
        0, 0, 32, 0, 1, 0, 5,  0, 0xFF, 0, 0,  0, 17, 0, 0,  0,
    };
    PACKET(b, AEROGPU_CMD_CREATE_TEXTURE2D, TARGET, 0, AEROGPU_FORMAT_R8G8B8A8_UNORM, SCENE_WIDTH,
           SCENE_HEIGHT, 1, 1, 0, 0, 0, 0, 0);
    PACKET(b, AEROGPU_CMD_CREATE_TEXTURE2D, TEXTURE, 0, AEROGPU_FORMAT_R8G8B8A8_UNORM,
           SCENE_TEXTURE, SCENE_TEXTURE, 1, 1, 0, 0, 0, 0, 0);
    PACKET(b, AEROGPU_CMD_CREATE_BUFFER, BUFFER, 0, SCENE_TRIANGLES * 3 * VERTEX_SIZE, 0, 0, 0, 0,
           0);
    const uint32_t layout[] = {LAYOUT, sizeof(declaration), 0};
    packet(b, AEROGPU_CMD_CREATE_INPUT_LAYOUT, layout, 3, declaration, sizeof(declaration));
    create_program(b, VERTEX_PROGRAM, AEROGPU_SHADER_STAGE_VERTEX, vertex_text);
    PACKET(b, AEROGPU_CMD_SET_INPUT_LAYOUT, LAYOUT, 0);
    PACKET(b, AEROGPU_CMD_SET_VERTEX_BUFFERS, 0, 1, BUFFER, VERTEX_SIZE, 0, 0);
    PACKET(b, AEROGPU_CMD_SET_RENDER_TARGETS, 1, 0, TARGET, 0, 0, 0, 0, 0, 0, 0);
    PACKET(b, AEROGPU_CMD_SET_TEXTURE, AEROGPU_SHADER_STAGE_PIXEL, 0, TEXTURE, 0);
    PACKET(b, AEROGPU_CMD_SET_SAMPLER_STATE, AEROGPU_SHADER_STAGE_PIXEL, 0, 5, 2);
    PACKET(b, AEROGPU_CMD_SET_SAMPLER_STATE, AEROGPU_SHADER_STAGE_PIXEL, 0, 6, 2);
    PACKET(b, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, AEROGPU_SHADER_STAGE_PIXEL, 0, 1, 0, 0x3E99999A,
           0x3ECCCCCD, 0x3F000000, 0x3F19999A);
    PACKET(b, AEROGPU_CMD_SET_RENDER_STATE, 7, 0);
    PACKET(b, AEROGPU_CMD_SET_RENDER_STATE, 19, 5);
    PACKET(b, AEROGPU_CMD_SET_RENDER_STATE, 20, 6);
    run_and_clear(b);
    static uint8_t texels[SCENE_TEXTURE * SCENE_TEXTURE * 4];
    for (unsigned i = 0; i < SCENE_TEXTURE * SCENE_TEXTURE; i++) {
        sl_put_le32(texels + 4 * (size_t)i, scene_texel(i % SCENE_TEXTURE, i / SCENE_TEXTURE));
    }
    upload(b, TEXTURE, texels, sizeof(texels));
}

static void upload_vertices(struct bench *b, enum scene scene)
{
    size_t count = (size_t)scene_vertex_count(scene) * SCENE_VERTEX_FLOATS;
    float *vertices = malloc(count * sizeof(*vertices));
    uint8_t *bytes = malloc(count * 4);
    if (!vertices || !bytes) {
        die("no memory");
    }
    scene_vertices(scene, vertices);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &vertices[i], 4);
        sl_put_le32(bytes + 4 * i, bits);
    }
    upload(b, BUFFER, bytes, count * 4);
    free(vertices);
    free(bytes);
}

/* Millions a second of the best draw. */
static double measure(struct bench *b, enum scene scene, const char *heavy)
{
    upload_vertices(b, scene);
    create_program(b, PIXEL_PROGRAM, AEROGPU_SHADER_STAGE_PIXEL,
                   pixel_texts[scene] ? pixel_texts[scene] : heavy);
    PACKET(b, AEROGPU_CMD_BIND_SHADERS, VERTEX_PROGRAM, PIXEL_PROGRAM, 0, 0);
    PACKET(b, AEROGPU_CMD_SET_RENDER_STATE, 27, scene == SCENE_BLENDED);
    run_and_clear(b);
    PACKET(b, AEROGPU_CMD_DRAW, scene_vertex_count(scene), 1, 0, 0);
    double best = 1e9;
    for (int i = 0; i < DRAWS; i++) {
        double took = run(b);
        best = took < best ? took : best;
    }
    sl_buf_clear(&b->stream);
    PACKET(b, AEROGPU_CMD_DESTROY_SHADER, PIXEL_PROGRAM, 0);
    run_and_clear(b);
    return scene_millions(scene) / best;
}

static void measure_all(unsigned threads, double results[SCENE_COUNT])
{
    struct bench b = {.mem = sl_mem_create(0)};
    struct sl_buf heavy = {0};
    struct sl_agpu_exec_config config = {
        .mem = b.mem,
        .flavour = SL_AGPU_FLAVOUR_D3D9,
        .thread_count = threads,
    };
    b.exec = b.mem ? sl_agpu_exec_create(&config) : NULL;
    if (!b.exec || sl_file_read("traces/shaders/ps_heavy.ps_3_0.asm", 1 << 20, &heavy, NULL) ||
        !sl_buf_cstr(&heavy)) {
        die("cannot start");
    }
    make_objects(&b);
    for (int scene = 0; scene < SCENE_COUNT; scene++) {
        results[scene] = measure(&b, (enum scene)scene, (const char *)heavy.data);
    }
    sl_buf_finish(&heavy);
    sl_buf_finish(&b.stream);
    sl_agpu_exec_destroy(b.exec);
    sl_mem_destroy(b.mem);
}

/* 0 for every scene if the reference cannot run. */
static void measure_reference(const char *self, unsigned threads, double results[SCENE_COUNT])
{
    const char *slash = strrchr(self, '/');
    struct sl_buf command = {0};
    sl_buf_printf(&command,
                  "LIBGL_ALWAYS_SOFTWARE=1 GALLIUM_DRIVER=llvmpipe LP_NUM_THREADS=%u '%.*sgl_reference' 2>&1",
                  threads, slash ? (int)(slash - self) + 1 : 0, self);
    FILE *pipe = popen(sl_buf_cstr(&command), "r");
    char name[32];
    double value;
    for (int scene = 0; pipe && scene < SCENE_COUNT; scene++) {
        bool good = fscanf(pipe, "%31s %lf", name, &value) == 2 &&
                    strcmp(name, scene_names[scene]) == 0;
        results[scene] = good ? value : 0;
    }
    if (pipe) {
        pclose(pipe);
    }
    sl_buf_finish(&command);
}

int main(int argc, char **argv)
{
    (void)argc;
    for (unsigned threads = 1; threads <= THREADS_MAX; threads++) {
        double ours[SCENE_COUNT];
        double theirs[SCENE_COUNT] = {0};
        measure_all(threads, ours);
        measure_reference(argv[0], threads, theirs);
        for (int i = 0; i < SCENE_COUNT; i++) {
            const char *unit = i == SCENE_SMALL_TRIANGLES ? "Mtri/s" : "Mpix/s";
            if (theirs[i] > 0) {
                printf("draw-%s, threads %u  %.2f %s  %.2f %s  %.2f  >= 1\n", scene_names[i],
                       threads, ours[i], unit, theirs[i], unit, ours[i] / theirs[i]);
            } else {
                printf("draw-%s, threads %u  %.2f %s  no llvmpipe  -  >= 1\n", scene_names[i],
                       threads, ours[i], unit);
            }
        }
    }
    return 0;
}
