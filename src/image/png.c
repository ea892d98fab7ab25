#include "image/png.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/status.h"

#include <inttypes.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIGNATURE_SIZE = 8,
    /* Length, type and CRC around the 13 bytes of IHDR, then IEND: no image is smaller. */
    SMALLEST_FILE = SIGNATURE_SIZE + 25 + 12,
    /* Deflate cannot expand by more (RFC 1951: 258 bytes from 2 bits, rounded up). */
    DEFLATE_RATIO_MAX = 1032,
    ZLIB_LEVEL = 1,
    CHUNK_MEMORY_MAX = 1 << 20,
};

static _Thread_local uint64_t decode_count;

uint64_t sl_png_decode_count(void)
{
    return decode_count;
}

/* What libpng's callbacks share with the function that runs it. */
struct job {
    struct sl_buf *out;
    const uint8_t *bytes;
    size_t size;
    size_t pos;
    bool no_memory;
    char message[128];
};

static void on_error(png_structp png, png_const_charp message)
{
    struct job *job = png_get_error_ptr(png);
    snprintf(job->message, sizeof(job->message), "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static png_voidp allocate(png_structp png, png_alloc_size_t size)
{
    struct job *job = png_get_mem_ptr(png);
    void *p = malloc(size);
    job->no_memory |= !p;
    return p;
}

static void release(png_structp png, png_voidp p)
{
    (void)png;
    free(p);
}

static void write_bytes(png_structp png, png_bytep bytes, size_t size)
{
    struct job *job = png_get_io_ptr(png);
    sl_buf_append(job->out, bytes, size);
    if (job->out->failed) {
        job->no_memory = true;
        png_error(png, "out of memory");
    }
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static void read_bytes(png_structp png, png_bytep bytes, size_t size)
{
    struct job *job = png_get_io_ptr(png);
    if (size > job->size - job->pos) {
        png_error(png, "the file ends too early");
    }
    memcpy(bytes, job->bytes + job->pos, size);
    job->pos += size;
}

static enum sl_status failure(const struct job *job, struct sl_error *err)
{
    if (job->no_memory) {
        return sl_fail_memory(err, 0);
    }
    return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_PNG_DATA, job->pos, "%s", job->message);
}

/* Everything between setjmp() and the end of libpng's work; no locals live across a jump. */
static bool run_encoder(png_structp png, png_infop info, const struct sl_image *image)
{
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    png_set_IHDR(png, info, image->width, image->height, 8, PNG_COLOR_TYPE_RGBA, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(png, ZLIB_LEVEL);
    png_write_info(png, info);
    for (uint32_t y = 0; y < image->height; y++) {
        png_write_row(png, image->pixels + (size_t)y * image->width * 4);
    }
    png_write_end(png, NULL);
    return true;
}

enum sl_status sl_png_encode(const struct sl_image *image, struct sl_buf *out, struct sl_error *err)
{
    struct job job = {.out = out};
    enum sl_status status = SL_OK;
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning,
                                                &job, allocate, release);
    if (!png) {
        return sl_fail_memory(err, 0);
    }
    png_infop info = png_create_info_struct(png);
    if (!info) {
        status = sl_fail_memory(err, 0);
        goto out;
    }
    png_set_write_fn(png, &job, write_bytes, flush_nothing);
    if (!run_encoder(png, info, image)) {
        status = failure(&job, err);
    }
out:
    png_destroy_write_struct(&png, &info);
    return status;
}

/* IHDR by hand, before libpng allocates anything for it. */
static enum sl_status check_header(const uint8_t *bytes, size_t size, struct sl_error *err)
{
    if (size < SIGNATURE_SIZE || png_sig_cmp(bytes, 0, SIGNATURE_SIZE) != 0) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_PNG_SIGNATURE, 0, "not a PNG file");
    }
    if (size < SMALLEST_FILE) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_PNG_DATA, size, "the file ends too early");
    }
    const uint8_t *ihdr = bytes + SIGNATURE_SIZE + 8;
    uint32_t width =
        (uint32_t)ihdr[0] << 24 | (uint32_t)ihdr[1] << 16 | (uint32_t)ihdr[2] << 8 | ihdr[3];
    uint32_t height =
        (uint32_t)ihdr[4] << 24 | (uint32_t)ihdr[5] << 16 | (uint32_t)ihdr[6] << 8 | ihdr[7];
    uint8_t depth = ihdr[8];
    uint8_t interlace = ihdr[12];
    if (width > SL_IMAGE_DIM_MAX || height > SL_IMAGE_DIM_MAX) {
        return sl_fail_at(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, SIGNATURE_SIZE + 8,
                          "image of %" PRIu32 "x%" PRIu32 " is larger than %ux%u", width, height,
                          SL_IMAGE_DIM_MAX, SL_IMAGE_DIM_MAX);
    }
    if (depth == 16 || interlace == 1) {
        return sl_fail_at(err, SL_ERR_UNSUPPORTED, SL_RULE_PNG_FORMAT, SIGNATURE_SIZE + 16,
                          "%s images are not read", depth == 16 ? "16-bit" : "interlaced");
    }
    /* At least one bit per pixel and one filter byte per row must come out of the file. */
    uint64_t least = ((uint64_t)width * depth / 8 + 1) * height;
    if (least / DEFLATE_RATIO_MAX > size) {
        return sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_PNG_DATA, SIGNATURE_SIZE + 8,
                          "%" PRIu32 "x%" PRIu32 " pixels cannot come out of %zu bytes", width,
                          height, size);
    }
    return SL_OK;
}

/* Asks libpng for RGBA8 whatever the file holds, and to skip what is not pixels. */
static void configure_decoder(png_structp png)
{
    png_set_user_limits(png, SL_IMAGE_DIM_MAX, SL_IMAGE_DIM_MAX);
    png_set_chunk_malloc_max(png, CHUNK_MEMORY_MAX);
    png_set_chunk_cache_max(png, 16);
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(png, 0);
    static const png_byte skipped[] = "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0"
                                      "pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof(skipped) / 5);
    png_set_expand(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
}

static bool run_decoder(png_structp png, png_infop info, struct sl_image *image,
                        enum sl_status *status, struct sl_error *err)
{
    if (setjmp(png_jmpbuf(png))) {
        return false;
    }
    configure_decoder(png);
    png_read_info(png, info);
    png_read_update_info(png, info);
    if (png_get_rowbytes(png, info) != (size_t)png_get_image_width(png, info) * 4) {
        png_error(png, "unexpected pixel layout");
    }
    *status =
        sl_image_init(image, png_get_image_width(png, info), png_get_image_height(png, info), err);
    if (*status != SL_OK) {
        return true;
    }
    for (uint32_t y = 0; y < image->height; y++) {
        png_read_row(png, image->pixels + (size_t)y * image->width * 4, NULL);
    }
    png_read_end(png, NULL);
    return true;
}

enum sl_status sl_png_decode(const uint8_t *bytes, size_t size, struct sl_image *image,
                             struct sl_error *err)
{
    decode_count++;
    *image = (struct sl_image){0};
    enum sl_status status = check_header(bytes, size, err);
    if (status != SL_OK) {
        return status;
    }
    struct job job = {.bytes = bytes, .size = size};
    png_structp png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning,
                                               &job, allocate, release);
    if (!png) {
        return sl_fail_memory(err, 0);
    }
    png_infop info = png_create_info_struct(png);
    if (!info) {
        status = sl_fail_memory(err, 0);
        goto out;
    }
    png_set_read_fn(png, &job, read_bytes);
    if (!run_decoder(png, info, image, &status, err)) {
        status = failure(&job, err);
    } else if (status == SL_OK && job.pos != size) {
        status = sl_fail_at(err, SL_ERR_DAMAGED, SL_RULE_PNG_TRAILING, job.pos,
                            "%zu bytes follow the end of the image", size - job.pos);
    }
    if (status != SL_OK) {
        sl_image_finish(image);
    }
out:
    png_destroy_read_struct(&png, &info, NULL);
    return status;
}

enum sl_status sl_png_write(const char *path, const struct sl_image *image, struct sl_error *err)
{
    struct sl_buf file = {0};
    enum sl_status status = sl_png_encode(image, &file, err);
    if (status == SL_OK) {
        status = sl_file_write(path, file.data, file.size, err);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
    }
    sl_buf_finish(&file);
    return status;
}

enum sl_status sl_png_read(const char *path, struct sl_image *image, struct sl_error *err)
{
    *image = (struct sl_image){0};
    struct sl_buf file = {0};
    enum sl_status status = sl_file_read(path, SL_PNG_FILE_MAX, &file, err);
    if (status == SL_OK) {
        status = sl_png_decode(file.data, file.size, image, err);
    }
    if (status != SL_OK) {
        sl_error_set_file(err, path);
    }
    sl_buf_finish(&file);
    return status;
}
