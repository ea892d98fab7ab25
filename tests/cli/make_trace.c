/*
 * Writes small AeroGPU traces for the tests of the command line:
 *
 *     make-trace OUT WORD...
 *
 * device=NAME, abi=MAJOR, profile=NAME   metadata, first
 * show                                   scanout 0 becomes 4 x 3 R8G8B8A8 pixels of guest memory
 * fill=BYTE                              every byte of those pixels
 * frame=NAME                             capture point
 * read, read=VALUE                       reads register 0 (MAGIC), with the value once seen
 * fence=VALUE                            expects a fence
 * hole                                   writes where there is no memory
 * major=N                                the file says that its format has this major version, last
 */
#include <scanlock/trace.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { WIDTH = 4, HEIGHT = 3, PIXELS_GPA = 0x10000 };

static void put(struct sl_trace_writer *writer, const struct sl_event *event)
{
    struct sl_error err = {0};
    if (sl_trace_writer_put(writer, event, &err) != SL_OK) {
        fprintf(stderr, "make-trace: %s\n", err.message);
        exit(5);
    }
}

static void put_register(struct sl_trace_writer *writer, enum sl_space space, uint64_t offset,
                         uint64_t value)
{
    put(writer, &(struct sl_event){SL_EVENT_MMIO, .u.mmio = {.space = space,
                                                             .size = 4,
                                                             .has_value = true,
                                                             .offset = offset,
                                                             .value = value}});
}

static void put_show(struct sl_trace_writer *writer)
{
    put_register(writer, SL_SPACE_CONFIG, 0x04, 6); /* memory space and bus master */
    put_register(writer, SL_SPACE_BAR0, 0x404, WIDTH);
    put_register(writer, SL_SPACE_BAR0, 0x408, HEIGHT);
    put_register(writer, SL_SPACE_BAR0, 0x40C, 3); /* R8G8B8A8_UNORM */
    put_register(writer, SL_SPACE_BAR0, 0x410, WIDTH * 4);
    put_register(writer, SL_SPACE_BAR0, 0x414, PIXELS_GPA);
    put_register(writer, SL_SPACE_BAR0, 0x418, 0);
    put_register(writer, SL_SPACE_BAR0, 0x400, 1);
}

static void put_word(struct sl_trace_writer *writer, const char *word, const char *value)
{
    uint64_t number = value ? strtoull(value, NULL, 0) : 0;
    uint8_t pixels[WIDTH * HEIGHT * 4];
    if (strcmp(word, "show") == 0) {
        put_show(writer);
    } else if (strcmp(word, "fill") == 0 || strcmp(word, "hole") == 0) {
        uint64_t gpa = strcmp(word, "fill") == 0 ? PIXELS_GPA : 0;
        memset(pixels, (int)number, sizeof(pixels));
        put(writer,
            &(struct sl_event){SL_EVENT_MEM,
                               .u.mem = {.gpa = gpa, .bytes = pixels, .size = sizeof(pixels)}});
    } else if (strcmp(word, "frame") == 0) {
        put(writer, &(struct sl_event){SL_EVENT_FRAME,
                                       .u.text = {.text = value, .text_size = strlen(value)}});
    } else if (strcmp(word, "read") == 0) {
        put(writer, &(struct sl_event){SL_EVENT_MMIO, .u.mmio = {.size = 4,
                                                                 .is_read = true,
                                                                 .has_value = value != NULL,
                                                                 .value = number}});
    } else if (strcmp(word, "fence") == 0) {
        put(writer, &(struct sl_event){SL_EVENT_EXPECT,
                                       .u.expect = {.kind = SL_OBS_FENCE, .value = number}});
    } else {
        fprintf(stderr, "make-trace: unknown word %s\n", word);
        exit(2);
    }
}

/* Takes the words that are metadata off the front. */
static int read_meta(int argc, char **argv, struct sl_trace_meta *meta)
{
    int i = 2;
    for (; i < argc; i++) {
        if (strncmp(argv[i], "device=", 7) == 0) {
            meta->device = argv[i] + 7;
        } else if (strncmp(argv[i], "profile=", 8) == 0) {
            meta->profile = argv[i] + 8;
        } else if (strncmp(argv[i], "abi=", 4) == 0) {
            meta->abi_version = (uint32_t)strtoul(argv[i] + 4, NULL, 0) << 16;
        } else {
            break;
        }
    }
    return i;
}

/* Changes the header frame as docs/trace-format.md lays it out, with a checksum that fits. */
static int set_major(const char *path, unsigned major)
{
    unsigned char head[4096];
    FILE *file = fopen(path, "r+b");
    size_t size = file ? fread(head, 1, sizeof(head), file) : 0;
    size_t payload = size < 16 ? 0 : head[4] | (size_t)head[5] << 8;
    if (payload < 16 || payload + 8 > size) {
        return 5;
    }
    head[12] = (unsigned char)major;
    head[13] = (unsigned char)(major >> 8);
    XXH64_hash_t checksum = XXH64(head + 8, payload - 8, 0);
    for (int i = 0; i < 8; i++) {
        head[payload + (size_t)i] = (unsigned char)(checksum >> (8 * i));
    }
    rewind(file);
    bool written = fwrite(head, 1, size, file) == size;
    return fclose(file) == 0 && written ? 0 : 5;
}

int main(int argc, char **argv)
{
    static const struct sl_ram_region ram[] = {{PIXELS_GPA, 0x10000}};
    struct sl_trace_meta meta = {.device = "aerogpu",
                                 .abi_version = 0x10004,
                                 .profile = "",
                                 .producer = "make-trace",
                                 .provenance = "made for a test",
                                 .ram = ram,
                                 .ram_count = 1};
    struct sl_trace_writer *writer;
    struct sl_error err = {0};
    if (argc < 2) {
        return 2;
    }
    int first = read_meta(argc, argv, &meta);
    if (sl_trace_writer_create(argv[1], &meta, &writer, &err) != SL_OK) {
        fprintf(stderr, "make-trace: %s\n", err.message);
        return 5;
    }
    const char *last = argv[argc - 1];
    bool patch = strncmp(last, "major=", 6) == 0;
    for (int i = first; i < argc - patch; i++) {
        char *sign = strchr(argv[i], '=');
        if (sign) {
            *sign = '\0';
        }
        put_word(writer, argv[i], sign ? sign + 1 : NULL);
    }
    enum sl_status status = sl_trace_writer_finish(writer, &err);
    sl_trace_writer_destroy(writer);
    if (status == SL_OK && patch) {
        return set_major(argv[1], (unsigned)atoi(last + 6));
    }
    return (int)status;
}
