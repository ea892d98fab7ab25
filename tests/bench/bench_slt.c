/*
 * Reading a trace against Zstandard alone.
 *
 * Ours opens a trace of about 200 MiB of events from a file and takes every event. The reference
 * decompresses the same frames, already in memory, one by one with the same libzstd. Both run in
 * turn, several rounds; the best round of each counts.
 *
 * Prints one row: name, ours, reference, ratio, target.
 */
#include "desktop_scene.h"
#include "trace/slt_file.h"

#include <scanlock/trace.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum { PAGE = 4096, ROUNDS = 9, FRAMES = 24 };

#define FRAMEBUFFER_PAGES (DESKTOP_SIZE / PAGE)

static uint8_t framebuffer[DESKTOP_SIZE];

static void die(const char *what, const struct sl_error *err)
{
    fprintf(stderr, "bench_slt: %s: %s\n", what, err ? err->message : "failed");
    exit(1);
}

static void must_put(struct sl_trace_writer *writer, const struct sl_event *event)
{
    struct sl_error err = {0};
    if (sl_trace_writer_put(writer, event, &err) != SL_OK) {
        die("put", &err);
    }
}

static void put_register(struct sl_trace_writer *writer, uint64_t offset, uint64_t value)
{
    must_put(writer, &(struct sl_event){
                         .type = SL_EVENT_MMIO,
                         .u.mmio = {.size = 4, .has_value = true, .offset = offset, .value = value},
                     });
}

/* The frame's pages one by one, with registers written in between. */
static void put_frame(struct sl_trace_writer *writer, unsigned frame)
{
    desktop_draw(framebuffer, frame);
    for (size_t page = 0; page < FRAMEBUFFER_PAGES; page++) {
        must_put(writer, &(struct sl_event){
                             .type = SL_EVENT_MEM,
                             .u.mem = {.gpa = UINT64_C(0x10000000) + page * PAGE,
                                       .bytes = framebuffer + page * PAGE,
                                       .size = PAGE},
                         });
        if (page % 4 == 0) {
            put_register(writer, 0x10, page);
            put_register(writer, 0x200, frame);
        }
    }
    must_put(writer, &(struct sl_event){.type = SL_EVENT_VBLANK, .u.vblank = {1, 0}});
    must_put(writer, &(struct sl_event){.type = SL_EVENT_FRAME, .u.text = {"f", 1, NULL, 0}});
}

static void write_trace(const char *path)
{
    static const struct sl_ram_region ram = {0, UINT64_C(1) << 30};
    const struct sl_trace_meta meta = {.device = "virtio-gpu",
                                       .profile = "",
                                       .producer = "bench",
                                       .provenance = "",
                                       .ram = &ram,
                                       .ram_count = 1};
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    if (sl_trace_writer_create(path, &meta, &writer, &err) != SL_OK) {
        die(path, &err);
    }
    for (unsigned frame = 0; frame < FRAMES; frame++) {
        put_frame(writer, frame);
    }
    if (sl_trace_writer_finish(writer, &err) != SL_OK) {
        die(path, &err);
    }
    sl_trace_writer_destroy(writer);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Reads all events; their payload bytes are counted, and the first byte of each looked at. */
static double read_trace(const char *path, uint64_t *payload)
{
    double start = now();
    struct sl_trace *trace;
    struct sl_error err = {0};
    struct sl_event event;
    unsigned seen = 0;
    *payload = 0;
    if (sl_trace_open(path, &trace, &err) != SL_OK) {
        die(path, &err);
    }
    do {
        if (sl_trace_next(trace, &event, &err) != SL_OK) {
            die(path, &err);
        }
        if (event.type == SL_EVENT_MEM) {
            *payload += event.u.mem.size;
            seen += event.u.mem.bytes[0];
        }
    } while (event.type != 0);
    sl_trace_close(trace);
    double time = now() - start;
    return seen ? time : 0;
}

struct frames {
    struct sl_slt_file file;
    uint8_t *bytes; /* the whole file */
    uint8_t *content;
    ZSTD_DCtx *zstd;
};

static void load_frames(struct frames *frames, const char *path)
{
    struct sl_error err = {0};
    if (sl_slt_file_open(fopen(path, "rb"), path, &frames->file, &err) != SL_OK) {
        die(path, &err);
    }
    frames->bytes = malloc(frames->file.size);
    frames->content = malloc(SL_SLT_CHUNK_MAX);
    frames->zstd = ZSTD_createDCtx();
    if (!frames->bytes || !frames->content || !frames->zstd ||
        sl_slt_file_read(&frames->file, 0, frames->bytes, frames->file.size, &err) != SL_OK) {
        die(path, &err);
    }
}

static double decompress(const struct frames *frames, uint64_t *size)
{
    double start = now();
    *size = 0;
    for (size_t i = 0; i < frames->file.index.chunk_count; i++) {
        const struct sl_slt_chunk *chunk = &frames->file.index.chunks[i];
        size_t n = ZSTD_decompressDCtx(frames->zstd, frames->content, SL_SLT_CHUNK_MAX,
                                       frames->bytes + chunk->offset + SL_SLT_CHUNK_HEAD,
                                       chunk->frame_size);
        if (n != chunk->content_size) {
            die("decompress", NULL);
        }
        *size += n;
    }
    return now() - start;
}

int main(void)
{
    char path[] = "/tmp/bench_slt.XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0) {
        die(path, NULL);
    }
    close(fd);
    write_trace(path);
    struct frames frames;
    load_frames(&frames, path);
    double ours = 1e9;
    double reference = 1e9;
    uint64_t payload;
    uint64_t content;
    for (int round = 0; round < ROUNDS; round++) {
        double r = decompress(&frames, &content);
        double o = read_trace(path, &payload);
        reference = r < reference ? r : reference;
        ours = o < ours ? o : ours;
    }
    fprintf(stderr, "bench_slt: %.1f MiB of events, %.1f MiB expanded, %.1f MiB in the file\n",
            (double)payload / (1 << 20), (double)content / (1 << 20),
            (double)frames.file.size / (1 << 20));
    printf("slt-read  %.0f MB/s  %.0f MB/s  %.2f  0.80\n", (double)content / ours / 1e6,
           (double)content / reference / 1e6, reference / ours);
    ZSTD_freeDCtx(frames.zstd);
    free(frames.content);
    free(frames.bytes);
    sl_slt_file_finish(&frames.file);
    unlink(path);
    return 0;
}
