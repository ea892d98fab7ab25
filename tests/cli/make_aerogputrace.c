/*
 * Writes small .aerogputrace files for the tests of the command line, docs/aerogputrace.md:
 *
 *     make-aerogputrace OUT WORD...
 *
 * container=N      version of the container, 1 unless given; first
 * target           the stream creates a 4 x 3 R8G8B8A8 texture and binds it
 * clear=RRGGBB     the stream clears to this colour
 * present          the stream presents
 * submit           the stream so far becomes a submission (container version 2)
 * frame            the stream so far, if any, becomes a packet; then the frame ends
 * toy              a packet of the toy ABI instead of a stream
 */
#include <scanlock/aerogpu_abi.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROOM = 4096,
    HEADER_SIZE = 32,
    RECORD_BEGIN = 1,
    RECORD_PRESENT = 2,
    RECORD_PACKET = 3,
    RECORD_BLOB = 4,
    RECORD_SUBMISSION = 5,
    BLOB_CMD_STREAM = 0x100,
    STREAM_HEADER_SIZE = 24,
    WIDTH = 4,
    HEIGHT = 3,
    FORMAT_R8G8B8A8 = 3,
    CLEAR_COLOUR = 1,
};

struct bytes {
    uint8_t data[ROOM];
    size_t size;
};

static struct bytes file, toc, stream;
static uint32_t frame_count, blob_count;
static uint64_t frame_start;

static void put_bytes(struct bytes *out, const void *bytes, size_t size)
{
    if (size > sizeof(out->data) - out->size) {
        fprintf(stderr, "make-aerogputrace: more than %d bytes\n", ROOM);
        exit(2);
    }
    memcpy(out->data + out->size, bytes, size);
    out->size += size;
}

static void put32(struct bytes *out, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 24)};
    put_bytes(out, bytes, sizeof(bytes));
}

static void put64(struct bytes *out, uint64_t value)
{
    put32(out, (uint32_t)value);
    put32(out, (uint32_t)(value >> 32));
}

static void put_float(struct bytes *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put32(out, bits);
}

static void put_record(uint32_t type, const struct bytes *payload)
{
    put32(&file, type);
    put32(&file, (uint32_t)payload->size);
    put_bytes(&file, payload->data, payload->size);
}

static void put_index(uint32_t type)
{
    struct bytes payload = {.size = 0};
    put32(&payload, frame_count);
    put_record(type, &payload);
}

static void begin_frame(void)
{
    if (frame_start == 0) {
        frame_start = file.size;
        put_index(RECORD_BEGIN);
    }
}

static void put_target(void)
{
    const uint32_t words[] = {AEROGPU_CMD_CREATE_TEXTURE2D,
                              56,
                              1,
                              0,
                              FORMAT_R8G8B8A8,
                              WIDTH,
                              HEIGHT,
                              1,
                              1,
                              0,
                              0,
                              0,
                              0,
                              0};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        put32(&stream, words[i]);
    }
    const uint32_t bind[12] = {AEROGPU_CMD_SET_RENDER_TARGETS, 48, 1, 0, 1};
    for (size_t i = 0; i < sizeof(bind) / sizeof(bind[0]); i++) {
        put32(&stream, bind[i]);
    }
}

static void put_clear(uint32_t colour)
{
    put32(&stream, AEROGPU_CMD_CLEAR);
    put32(&stream, 36);
    put32(&stream, CLEAR_COLOUR);
    for (int shift = 16; shift >= 0; shift -= 8) {
        put_float(&stream, (float)(colour >> shift & 0xFF) / 255.0F);
    }
    put_float(&stream, 1.0F); /* alpha */
    put_float(&stream, 1.0F); /* depth */
    put32(&stream, 0);
}

static void put_present(void)
{
    put32(&stream, AEROGPU_CMD_PRESENT);
    put32(&stream, 16);
    put64(&stream, 0);
}

/* The stream so far, with its header; it is empty afterwards. */
static void put_stream(struct bytes *out)
{
    put32(out, 0x444D4341); /* "ACMD" */
    put32(out, 0x00010004);
    put32(out, (uint32_t)stream.size + STREAM_HEADER_SIZE);
    put32(out, 0);
    put64(out, 0);
    put_bytes(out, stream.data, stream.size);
    stream.size = 0;
}

static void put_submission(void)
{
    struct bytes blob = {.size = 0};
    struct bytes payload = {.size = 0};
    begin_frame();
    put64(&blob, ++blob_count);
    put32(&blob, BLOB_CMD_STREAM);
    put32(&blob, 0);
    put_stream(&blob);
    put_record(RECORD_BLOB, &blob);
    put32(&payload, 1);
    put32(&payload, 56);
    put32(&payload, 1);          /* PRESENT */
    put32(&payload, 0);          /* context */
    put64(&payload, 0);          /* engine */
    put64(&payload, blob_count); /* fence */
    put64(&payload, blob_count);
    put64(&payload, 0); /* no table */
    put64(&payload, 0); /* no ranges */
    put_record(RECORD_SUBMISSION, &payload);
}

static void put_frame(void)
{
    struct bytes packet = {.size = 0};
    begin_frame();
    if (stream.size > 0) {
        put_stream(&packet);
        put_record(RECORD_PACKET, &packet);
    }
    uint64_t present = file.size;
    put_index(RECORD_PRESENT);
    put32(&toc, frame_count++);
    put32(&toc, 0);
    put64(&toc, frame_start);
    put64(&toc, present);
    put64(&toc, file.size);
    frame_start = 0;
}

static void put_toy(void)
{
    struct bytes packet = {.size = 0};
    begin_frame();
    put32(&packet, 10); /* PRESENT */
    put32(&packet, 2);
    put_record(RECORD_PACKET, &packet);
}

static void put_word(const char *word)
{
    static const struct {
        const char *name;
        void (*put)(void);
    } words[] = {{"target", put_target},
                 {"present", put_present},
                 {"submit", put_submission},
                 {"frame", put_frame},
                 {"toy", put_toy}};
    if (strncmp(word, "clear=", 6) == 0) {
        put_clear((uint32_t)strtoul(word + 6, NULL, 16));
        return;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].name) == 0) {
            words[i].put();
            return;
        }
    }
    fprintf(stderr, "make-aerogputrace: unknown word %s\n", word);
    exit(2);
}

static void put_header(uint32_t container, bool toy)
{
    static const char meta[] = "{\"emulator_version\":\"make-aerogputrace\"}";
    put_bytes(&file, "AEROGPUT", 8);
    put32(&file, HEADER_SIZE);
    put32(&file, container);
    put32(&file, toy ? 1 : 0x00010004);
    put32(&file, 0);
    put32(&file, sizeof(meta) - 1);
    put32(&file, 0);
    put_bytes(&file, meta, sizeof(meta) - 1);
}

static void put_end(uint32_t container)
{
    uint64_t toc_offset = file.size;
    put_bytes(&file, "AEROTOC", 8);
    put32(&file, 1);
    put32(&file, frame_count);
    put_bytes(&file, toc.data, toc.size);
    uint64_t toc_size = file.size - toc_offset;
    put_bytes(&file, "AEROGPUF", 8);
    put32(&file, HEADER_SIZE);
    put32(&file, container);
    put64(&file, toc_offset);
    put64(&file, toc_size);
}

int main(int argc, char **argv)
{
    uint32_t container = 1;
    bool toy = false;
    int first = 2;
    if (argc < 3) {
        return 2;
    }
    if (strncmp(argv[2], "container=", 10) == 0) {
        container = (uint32_t)strtoul(argv[first++] + 10, NULL, 0);
    }
    for (int i = first; i < argc; i++) {
        toy |= strcmp(argv[i], "toy") == 0;
    }
    put_header(container, toy);
    for (int i = first; i < argc; i++) {
        put_word(argv[i]);
    }
    put_end(container);
    FILE *out = fopen(argv[1], "wb");
    bool written = out && fwrite(file.data, 1, file.size, out) == file.size;
    return out && fclose(out) == 0 && written ? 0 : 5;
}
