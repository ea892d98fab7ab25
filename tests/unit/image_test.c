/* PNG files, comparison, masks, tolerance, difference pictures. */
#include "base/status.h"
#include "fail_alloc.h"
#include "image/compare.h"
#include "image/diff_picture.h"
#include "image/png.h"

#include <criterion/criterion.h>
#include <string.h>
#include <zlib.h>

TestSuite(image);

static struct sl_image filled(uint32_t width, uint32_t height, uint8_t value)
{
    struct sl_image image;
    cr_assert_eq(sl_image_init(&image, width, height, NULL), SL_OK);
    memset(image.pixels, value, sl_image_size_bytes(&image));
    return image;
}

static void put_be32(struct sl_buf *buf, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    sl_buf_append(buf, b, 4);
}

static void put_chunk(struct sl_buf *buf, const char *type, const void *data, size_t size)
{
    put_be32(buf, (uint32_t)size);
    size_t start = buf->size;
    sl_buf_append(buf, type, 4);
    sl_buf_append(buf, data, size);
    put_be32(buf, (uint32_t)crc32(0, buf->data + start, (uInt)(size + 4)));
}

struct header {
    uint32_t width;
    uint32_t height;
    uint8_t depth;
    uint8_t colour;
    uint8_t interlace;
};

/* A PNG written without libpng: IHDR, the extra chunk if any, one IDAT with raw rows, IEND. */
static struct sl_buf handmade(const struct header *h, const char *extra, const void *extra_data,
                              size_t extra_size, const uint8_t *rows, size_t rows_size)
{
    struct sl_buf png = {0};
    sl_buf_append(&png, "\x89PNG\r\n\x1a\n", 8);
    struct sl_buf ihdr = {0};
    put_be32(&ihdr, h->width);
    put_be32(&ihdr, h->height);
    sl_buf_append(&ihdr, (const uint8_t[]){h->depth, h->colour, 0, 0, h->interlace}, 5);
    put_chunk(&png, "IHDR", ihdr.data, ihdr.size);
    sl_buf_finish(&ihdr);
    if (extra) {
        put_chunk(&png, extra, extra_data, extra_size);
    }
    uint8_t packed[256];
    uLongf packed_size = sizeof(packed);
    cr_assert_eq(compress(packed, &packed_size, rows, rows_size), Z_OK);
    put_chunk(&png, "IDAT", packed, packed_size);
    put_chunk(&png, "IEND", "", 0);
    cr_assert_not(png.failed);
    return png;
}

Test(image, png_has_one_encoding)
{
    struct sl_image image = filled(2, 2, 0x40);
    image.pixels[0] = 0xFF;
    struct sl_buf png = {0};
    cr_assert_eq(sl_png_encode(&image, &png, NULL), SL_OK);
    /* Signature, IHDR (2 x 2, depth 8, colour type 6, no interlace), IDAT, IEND and no other. */
    static const uint8_t head[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D',
                                   'R',  0,   0,   0,   2,  0,  0,  0,  2, 8, 6, 0,  0,   0};
    cr_assert_eq(memcmp(png.data, head, sizeof(head)), 0);
    cr_assert_eq(memcmp(png.data + 37, "IDAT", 4), 0);
    uint8_t rows[64];
    uLongf size = sizeof(rows);
    uLong packed = png.data[36];
    cr_assert_eq(uncompress(rows, &size, png.data + 41, packed), Z_OK);
    /* Filter "up" is 2; the second row holds differences to the first. */
    static const uint8_t want[] = {2, 0xFF, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40,
                                   2, 0x41, 0,    0,    0,    0,    0,    0,    0};
    cr_assert_eq(size, sizeof(want));
    cr_assert_eq(memcmp(rows, want, sizeof(want)), 0);
    cr_assert_eq(png.size, 41 + packed + 4 + 12);
    sl_buf_finish(&png);
    sl_image_finish(&image);
}

Test(image, ordinary_pngs_become_rgba)
{
    static const uint8_t palette[] = {1, 2, 3, 250, 251, 252};
    static const struct {
        const char *what;
        struct header header;
        const char *extra;
        const void *extra_data;
        size_t extra_size;
        uint8_t rows[16];
        size_t rows_size;
        uint8_t want[8];
    } cases[] = {
        {"rgba",
         {2, 1, 8, 6, 0},
         NULL,
         NULL,
         0,
         {0, 1, 2, 3, 4, 5, 6, 7, 8},
         9,
         {1, 2, 3, 4, 5, 6, 7, 8}},
        {"rgb",
         {2, 1, 8, 2, 0},
         NULL,
         NULL,
         0,
         {0, 1, 2, 3, 5, 6, 7},
         7,
         {1, 2, 3, 255, 5, 6, 7, 255}},
        {"gray",
         {2, 1, 8, 0, 0},
         NULL,
         NULL,
         0,
         {0, 9, 200},
         3,
         {9, 9, 9, 255, 200, 200, 200, 255}},
        {"gray and alpha",
         {2, 1, 8, 4, 0},
         NULL,
         NULL,
         0,
         {0, 9, 1, 200, 2},
         5,
         {9, 9, 9, 1, 200, 200, 200, 2}},
        {"1-bit gray",
         {2, 1, 1, 0, 0},
         NULL,
         NULL,
         0,
         {0, 0x40},
         2,
         {0, 0, 0, 255, 255, 255, 255, 255}},
        {"palette",
         {2, 1, 8, 3, 0},
         "PLTE",
         palette,
         6,
         {0, 1, 0},
         3,
         {250, 251, 252, 255, 1, 2, 3, 255}},
        {"gamma is ignored",
         {2, 1, 8, 0, 0},
         "gAMA",
         "\0\0\xb1\x8f",
         4,
         {0, 9, 200},
         3,
         {9, 9, 9, 255, 200, 200, 200, 255}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_buf png = handmade(&cases[i].header, cases[i].extra, cases[i].extra_data,
                                     cases[i].extra_size, cases[i].rows, cases[i].rows_size);
        struct sl_image image;
        struct sl_error err = {0};
        cr_assert_eq(sl_png_decode(png.data, png.size, &image, &err), SL_OK, "%s: %s",
                     cases[i].what, err.message);
        cr_assert(image.width == 2 && image.height == 1, "%s", cases[i].what);
        cr_assert_eq(memcmp(image.pixels, cases[i].want, 8), 0, "%s", cases[i].what);
        sl_image_finish(&image);
        sl_buf_finish(&png);
    }
}

static void expect_refusal(const char *what, const struct sl_buf *png, enum sl_status status,
                           const char *rule)
{
    struct sl_image image;
    struct sl_error err = {0};
    cr_assert_eq(sl_png_decode(png->data, png->size, &image, &err), status, "%s", what);
    cr_assert_str_eq(err.rule, rule, "%s", what);
    cr_assert_null(image.pixels, "%s", what);
}

Test(image, foreign_and_hostile_pngs_are_refused)
{
    static const uint8_t rows[32] = {0};
    static const struct {
        const char *what;
        struct header header;
        enum sl_status status;
        const char *rule;
    } cases[] = {
        {"16 bits", {1, 1, 16, 6, 0}, SL_ERR_UNSUPPORTED, "png.format"},
        {"interlaced", {1, 1, 8, 6, 1}, SL_ERR_UNSUPPORTED, "png.format"},
        {"too wide", {16385, 1, 8, 6, 0}, SL_ERR_UNSUPPORTED, "host.limit"},
        {"too many pixels for the file", {16384, 16384, 8, 6, 0}, SL_ERR_DAMAGED, "png.data"},
        {"no pixels", {0, 1, 8, 6, 0}, SL_ERR_DAMAGED, "png.data"},
        {"unknown colour type", {1, 1, 8, 5, 0}, SL_ERR_DAMAGED, "png.data"},
        {"more rows than announced", {1, 1, 8, 6, 0}, SL_ERR_DAMAGED, "png.data"},
        {"fewer rows than announced", {4, 4, 8, 6, 0}, SL_ERR_DAMAGED, "png.data"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sl_buf png = handmade(&cases[i].header, NULL, NULL, 0, rows, sizeof(rows));
        expect_refusal(cases[i].what, &png, cases[i].status, cases[i].rule);
        sl_buf_finish(&png);
    }
    struct sl_buf png = handmade(&(struct header){1, 1, 8, 6, 0}, NULL, NULL, 0, rows, 5);
    sl_buf_u8(&png, 0);
    expect_refusal("trailing byte", &png, SL_ERR_DAMAGED, "png.trailing");
    png.data[0] = 0;
    expect_refusal("signature", &png, SL_ERR_DAMAGED, "png.signature");
    sl_buf_finish(&png);
}

Test(image, a_png_cut_or_changed_anywhere_is_noticed)
{
    struct sl_image image = filled(5, 3, 0x12);
    struct sl_buf png = {0};
    cr_assert_eq(sl_png_encode(&image, &png, NULL), SL_OK);
    for (size_t size = 0; size < png.size; size++) {
        struct sl_image back;
        cr_assert_eq(sl_png_decode(png.data, size, &back, NULL), SL_ERR_DAMAGED, "%zu", size);
    }
    for (size_t i = 0; i < png.size; i++) {
        png.data[i] ^= 0x10;
        struct sl_image back;
        cr_assert_neq(sl_png_decode(png.data, png.size, &back, NULL), SL_OK, "byte %zu", i);
        png.data[i] ^= 0x10;
    }
    sl_buf_finish(&png);
    sl_image_finish(&image);
}

Test(image, png_survives_every_failing_allocation)
{
    struct sl_image image = filled(5, 3, 0x12);
    struct sl_buf png = {0};
    cr_assert_eq(sl_png_encode(&image, &png, NULL), SL_OK);
    for (unsigned n = 1;; n++) {
        struct sl_buf again = {0};
        struct sl_image back = {0};
        fail_alloc_arm(n);
        enum sl_status status = sl_png_encode(&image, &again, NULL);
        if (status == SL_OK) {
            status = sl_png_decode(png.data, png.size, &back, NULL);
        }
        bool failed = fail_alloc_disarm();
        sl_buf_finish(&again);
        sl_image_finish(&back);
        cr_assert_eq(status, failed ? SL_ERR_ENVIRONMENT : SL_OK, "allocation %u", n);
        if (!failed) {
            cr_assert_gt(n, 5);
            break;
        }
    }
    sl_buf_finish(&png);
    sl_image_finish(&image);
}

Test(image, files_round_trip_and_name_themselves)
{
    struct sl_image image = filled(3, 2, 7);
    struct sl_error err = {0};
    cr_assert_eq(sl_png_write("/nonexistent/x.png", &image, &err), SL_ERR_ENVIRONMENT);
    cr_assert_str_eq(err.file, "/nonexistent/x.png");
    sl_image_finish(&image);
    cr_assert_eq(sl_png_read("/nonexistent/x.png", &image, &err), SL_ERR_ENVIRONMENT);
    cr_assert_null(image.pixels);
}

static void set(struct sl_image *image, uint32_t x, uint32_t y, int channel, uint8_t value)
{
    image->pixels[((size_t)y * image->width + x) * 4 + (size_t)channel] = value;
}

Test(image, comparison_says_where_and_how_much)
{
    struct sl_image expected = filled(8, 6, 100);
    struct sl_image actual = filled(8, 6, 100);
    struct sl_comparison result;
    sl_image_compare(&expected, &actual, NULL, &result);
    cr_assert(result.same_size && result.differing == 0 && result.compared == 48);
    set(&actual, 5, 1, 0, 103);
    set(&actual, 2, 3, 3, 60);
    set(&actual, 2, 3, 1, 101);
    sl_image_compare(&expected, &actual, NULL, &result);
    cr_assert_eq(result.differing, 2);
    cr_assert_eq(result.max_level, 40);
    cr_assert(result.box.x == 2 && result.box.y == 1);
    cr_assert(result.box.width == 4 && result.box.height == 3);
    cr_assert(result.first_x == 5 && result.first_y == 1);
    cr_assert(result.first_expected[0] == 100 && result.first_actual[0] == 103);
    cr_assert(result.by_level[3] == 1 && result.by_level[40] == 1 && result.by_level[0] == 46);
    sl_image_finish(&actual);
    actual = filled(8, 5, 100);
    sl_image_compare(&expected, &actual, NULL, &result);
    cr_assert_not(result.same_size);
    sl_image_finish(&actual);
    sl_image_finish(&expected);
}

Test(image, masks_leave_pixels_out)
{
    struct sl_image expected = filled(4, 4, 0);
    struct sl_image actual = filled(4, 4, 0);
    set(&actual, 3, 3, 0, 9);
    set(&actual, 0, 0, 0, 9);
    set(&actual, 1, 1, 0, 5);
    struct sl_mask mask;
    cr_assert_eq(sl_mask_init(&mask, 4, 4, NULL), SL_OK);
    sl_mask_add_rect(&mask, &(struct sl_rect){3, 3, UINT32_MAX, UINT32_MAX});
    sl_mask_add_rect(&mask, &(struct sl_rect){9, 0, 1, 1});
    struct sl_image painted = filled(4, 4, 0);
    set(&painted, 0, 0, 1, 1);
    sl_mask_add_image(&mask, &painted);
    struct sl_comparison result;
    sl_image_compare(&expected, &actual, &mask, &result);
    cr_assert_eq(result.compared, 14);
    cr_assert_eq(result.differing, 1);
    cr_assert(result.first_x == 1 && result.first_y == 1);
    struct sl_image picture;
    cr_assert_eq(sl_diff_picture(&expected, &actual, &mask, &picture, NULL), SL_OK);
    static const uint8_t left_out[] = {64, 64, 255, 255};
    static const uint8_t equal[] = {128, 128, 128, 255};
    cr_assert_eq(memcmp(picture.pixels, left_out, 4), 0);
    cr_assert_eq(memcmp(picture.pixels + 4, equal, 4), 0);
    const uint8_t *bad = picture.pixels + 5 * 4;
    cr_assert(bad[0] > 150 && bad[1] == 5 && bad[2] == 0 && bad[3] == 255);
    sl_image_finish(&picture);
    sl_image_finish(&painted);
    sl_mask_finish(&mask);
    sl_image_finish(&actual);
    sl_image_finish(&expected);
}

Test(image, a_difference_picture_covers_both_sizes)
{
    struct sl_image expected = filled(2, 1, 0);
    struct sl_image actual = filled(1, 2, 0);
    struct sl_image picture;
    cr_assert_eq(sl_diff_picture(&expected, &actual, NULL, &picture, NULL), SL_OK);
    cr_assert(picture.width == 2 && picture.height == 2);
    static const uint8_t magenta[] = {255, 0, 255, 255};
    for (size_t i = 1; i < 4; i++) {
        cr_assert_eq(memcmp(picture.pixels + i * 4, magenta, 4), 0);
    }
    sl_image_finish(&picture);
    sl_image_finish(&actual);
    sl_image_finish(&expected);
}

Test(image, every_differing_pixel_needs_a_bucket_of_its_own)
{
    struct sl_comparison c = {.same_size = true, .differing = 6};
    c.by_level[1] = 4;
    c.by_level[8] = 2;
    static const struct {
        struct sl_bucket buckets[2];
        size_t count;
        bool passes;
    } cases[] = {
        {{{0, 0}}, 0, false},
        {{{6, 8}}, 1, true},
        {{{6, 7}}, 1, false},
        {{{5, 8}}, 1, false},
        {{{4, 1}, {2, 8}}, 2, true},
        {{{3, 1}, {3, 8}}, 2, true},  /* a small difference may sit in a large bucket */
        {{{5, 1}, {1, 8}}, 2, false}, /* but not the other way round */
        {{{UINT64_MAX, 1}, {UINT64_MAX, 255}}, 2, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_assert_eq(sl_comparison_passes(&c, cases[i].buckets, cases[i].count), cases[i].passes,
                     "case %zu", i);
    }
    c.same_size = false;
    cr_assert_not(sl_comparison_passes(&c, cases[1].buckets, 1));
    struct sl_comparison equal = {.same_size = true};
    cr_assert(sl_comparison_passes(&equal, NULL, 0));
}
