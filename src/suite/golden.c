#include "suite/golden.h"

#include "base/file.h"
#include "base/status.h"
#include "replay/frame_names.h"
#include "suite/suite_priv.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRANSCRIPT_MAX (UINT64_C(256) << 20)
#define FRAMES_FILE_MAX (UINT64_C(64) << 20)

static const char header[] = "scanlock-frames 1\n";

void sl_golden_finish(struct sl_golden *golden)
{
    for (size_t i = 0; i < golden->frame_count; i++) {
        free(golden->frames[i].name);
    }
    for (size_t i = 0; i < golden->png_count; i++) {
        free(golden->pngs[i]);
    }
    free(golden->frames);
    free(golden->pngs);
    free(golden->folder);
    sl_buf_finish(&golden->transcript);
    *golden = (struct sl_golden){0};
}

const char *sl_golden_path(const struct sl_golden *golden, const char *name, const char *ending,
                           struct sl_buf *out)
{
    sl_buf_clear(out);
    sl_buf_printf(out, "%s/%s%s", golden->folder, name, ending);
    return sl_buf_cstr(out);
}

void sl_golden_print_header(struct sl_buf *out)
{
    sl_buf_text(out, header);
}

void sl_golden_print_frame(struct sl_buf *out, const struct sl_golden_frame *frame)
{
    char file[33];
    char pixels[33];
    sl_hash128_hex(&frame->file, file);
    sl_hash128_hex(&frame->pixels, pixels);
    sl_buf_printf(out, "%s  %s  %" PRIu32 "x%" PRIu32 "  %s\n", file, pixels, frame->width,
                  frame->height, frame->name);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hash(const char *hex, struct sl_hash128 *hash)
{
    for (size_t i = 0; i < sizeof(hash->bytes); i++) {
        int high = hex_digit(hex[2 * i]);
        int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);
        if (low < 0) {
            return false;
        }
        hash->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* True if the line is exactly what sl_golden_print_frame() would print for what it says. */
static bool parse_frame(const char *line, size_t length, struct sl_golden_frame *frame,
                        char name[SL_FRAME_NAME_MAX + 1], struct sl_buf *again)
{
    char text[256];
    char file[33];
    char pixels[33];
    unsigned width;
    unsigned height;
    if (length >= sizeof(text)) {
        return false;
    }
    memcpy(text, line, length);
    text[length] = '\0';
    static_assert(SL_FRAME_NAME_MAX == 120, "the width in the format below");
    if (sscanf(text, "%32s %32s %5ux%5u %120s", file, pixels, &width, &height, name) != 5 ||
        !parse_hash(file, &frame->file) || !parse_hash(pixels, &frame->pixels)) {
        return false;
    }
    frame->width = width;
    frame->height = height;
    frame->name = name;
    sl_buf_clear(again);
    sl_golden_print_frame(again, frame);
    return again->size == length + 1 && memcmp(again->data, text, length) == 0;
}

static enum sl_status add_frame(struct sl_golden *golden, const struct sl_golden_frame *frame,
                                struct sl_error *err)
{
    struct sl_golden_frame *frames =
        sl_suite_grow(golden->frames, golden->frame_count, sizeof(*frames));
    if (!frames) {
        return sl_fail_memory(err, 0);
    }
    golden->frames = frames;
    char *name = strdup(frame->name);
    if (!name) {
        return sl_fail_memory(err, 0);
    }
    frames[golden->frame_count] = *frame;
    frames[golden->frame_count++].name = name;
    return SL_OK;
}

static enum sl_status parse_frames(struct sl_golden *golden, const char *text, size_t size,
                                   struct sl_error *err)
{
    struct sl_buf again = {0};
    enum sl_status status = SL_OK;
    size_t at = sizeof(header) - 1;
    uint32_t line = 2;
    if (size < at || memcmp(text, header, at) != 0) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_GOLDEN_FRAMES,
                       "expected a first line 'scanlock-frames 1'");
    }
    for (; status == SL_OK && at < size; line++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - (text + at)) : size - at;
        struct sl_golden_frame frame;
        char name[SL_FRAME_NAME_MAX + 1];
        bool good = end && parse_frame(text + at, length, &frame, name, &again);
        if (again.failed) {
            status = sl_fail_memory(err, 0);
        } else if (!good || (golden->frame_count &&
                             strcmp(golden->frames[golden->frame_count - 1].name, name) >= 0)) {
            status = sl_fail(err, SL_ERR_DAMAGED, SL_RULE_GOLDEN_FRAMES,
                             "expected two hashes, a size and a name, sorted by name");
            sl_error_set_line(err, line);
        } else {
            status = add_frame(golden, &frame, err);
        }
        at += length + 1;
    }
    sl_buf_finish(&again);
    return status;
}

static enum sl_status read_frames(struct sl_golden *golden, struct sl_error *err)
{
    struct sl_buf path = {0};
    struct sl_buf file = {0};
    enum sl_status status = SL_OK;
    const char *name = sl_golden_path(golden, "frames", ".txt", &path);
    if (!name) {
        status = sl_fail_memory(err, 0);
    } else if (sl_file_exists(name)) {
        status = sl_file_read(name, FRAMES_FILE_MAX, &file, err);
        if (status == SL_OK) {
            status = parse_frames(golden, (const char *)file.data, file.size, err);
        }
        if (status != SL_OK) {
            sl_error_set_file(err, name);
        }
    }
    sl_buf_finish(&file);
    sl_buf_finish(&path);
    return status;
}

static enum sl_status read_transcript(struct sl_golden *golden, struct sl_error *err)
{
    struct sl_buf path = {0};
    enum sl_status status = SL_OK;
    const char *name = sl_golden_path(golden, "transcript", ".txt", &path);
    if (!name) {
        status = sl_fail_memory(err, 0);
    } else if (sl_file_exists(name)) {
        golden->has_transcript = true;
        status = sl_file_read(name, TRANSCRIPT_MAX, &golden->transcript, err);
    }
    sl_buf_finish(&path);
    return status;
}

static enum sl_status add_png(struct sl_golden *golden, const char *file, struct sl_error *err)
{
    size_t length = strlen(file);
    if (length <= 4 || strcmp(file + length - 4, ".png") != 0) {
        return SL_OK;
    }
    char **pngs = sl_suite_grow(golden->pngs, golden->png_count, sizeof(*pngs));
    if (!pngs) {
        return sl_fail_memory(err, 0);
    }
    golden->pngs = pngs;
    pngs[golden->png_count] = strndup(file, length - 4);
    if (!pngs[golden->png_count]) {
        return sl_fail_memory(err, 0);
    }
    golden->png_count++;
    return SL_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum sl_status list_pngs(struct sl_golden *golden, struct sl_error *err)
{
    DIR *dir = opendir(golden->folder);
    if (!dir) {
        return errno == ENOENT ? SL_OK : sl_fail_errno(err, golden->folder, "list");
    }
    enum sl_status status = SL_OK;
    const struct dirent *entry;
    errno = 0;
    while (status == SL_OK && (entry = readdir(dir)) != NULL) {
        status = add_png(golden, entry->d_name, err);
        errno = 0;
    }
    if (status == SL_OK && errno != 0) {
        status = sl_fail_errno(err, golden->folder, "list");
    }
    closedir(dir);
    if (golden->png_count) {
        qsort(golden->pngs, golden->png_count, sizeof(*golden->pngs), by_text);
    }
    return status;
}

enum sl_status sl_golden_open(const char *folder, struct sl_golden *golden, struct sl_error *err)
{
    *golden = (struct sl_golden){.folder = strdup(folder)};
    enum sl_status status = golden->folder ? SL_OK : sl_fail_memory(err, 0);
    if (status == SL_OK) {
        status = list_pngs(golden, err);
    }
    if (status == SL_OK) {
        status = read_frames(golden, err);
    }
    if (status == SL_OK) {
        status = read_transcript(golden, err);
    }
    if (status != SL_OK) {
        sl_golden_finish(golden);
    }
    return status;
}

bool sl_golden_has_png(const struct sl_golden *golden, const char *name)
{
    return golden->png_count &&
           bsearch(&name, golden->pngs, golden->png_count, sizeof(*golden->pngs), by_text) != NULL;
}

static int name_against_frame(const void *name, const void *frame)
{
    return strcmp(name, ((const struct sl_golden_frame *)frame)->name);
}

const struct sl_golden_frame *sl_golden_find(const struct sl_golden *golden, const char *name)
{
    return golden->frame_count ? bsearch(name, golden->frames, golden->frame_count,
                                         sizeof(*golden->frames), name_against_frame)
                               : NULL;
}

struct sl_golden_frame sl_golden_bind(char *name, const struct sl_image *image, const void *file,
                                      size_t file_size)
{
    return (struct sl_golden_frame){
        .name = name,
        .width = image->width,
        .height = image->height,
        .file = sl_hash128(file, file_size),
        .pixels = sl_hash128(image->pixels, sl_image_size_bytes(image)),
    };
}
