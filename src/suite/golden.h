/*
 * A golden folder: NAME.png per frame, transcript.txt, and frames.txt, which binds the hash of each
 * PNG file's bytes to the hash of its pixels. The PNG is the truth: frames.txt only saves decoding
 * it. Its form is one line "scanlock-frames 1", then per frame, sorted by name,
 *
 *     XXH3-128 of the file  XXH3-128 of the pixels  WIDTHxHEIGHT  NAME
 */
#ifndef SL_SUITE_GOLDEN_H
#define SL_SUITE_GOLDEN_H

#include "base/buf.h"
#include "base/hash.h"

#include <scanlock/image.h>

struct sl_golden_frame {
    char *name;
    uint32_t width;
    uint32_t height;
    struct sl_hash128 file;
    struct sl_hash128 pixels;
};

struct sl_golden {
    char *folder;
    struct sl_golden_frame *frames; /* sorted by name */
    size_t frame_count;
    char **pngs; /* names of the PNG files in the folder, sorted, without ending */
    size_t png_count;
    struct sl_buf transcript;
    bool has_transcript;
};

/*
 * Reads what is in the folder, which need not exist, without the PNG files' content. On failure
 * golden is zeroed: DAMAGED (golden.frames), ENVIRONMENT.
 */
enum sl_status sl_golden_open(const char *folder, struct sl_golden *golden, struct sl_error *err);
void sl_golden_finish(struct sl_golden *golden);

bool sl_golden_has_png(const struct sl_golden *golden, const char *name);

/* NULL if frames.txt does not have it. */
const struct sl_golden_frame *sl_golden_find(const struct sl_golden *golden, const char *name);

/* Path of a file in the folder into out; NULL without memory. */
const char *sl_golden_path(const struct sl_golden *golden, const char *name, const char *ending,
                           struct sl_buf *out);

/* One line of frames.txt. */
void sl_golden_print_frame(struct sl_buf *out, const struct sl_golden_frame *frame);
void sl_golden_print_header(struct sl_buf *out);

/* What binds a frame with these pixels and this file. name is borrowed and not changed. */
struct sl_golden_frame sl_golden_bind(char *name, const struct sl_image *image, const void *file,
                                      size_t file_size);

#endif
