/* Reading the scanout, the hardware cursor and the present copy. */
#include "aerogpu_rig.h"

#include <criterion/criterion.h>
#include <string.h>

static struct aerogpu_rig rig;

static void up(void)
{
    aerogpu_rig_init(&rig);
}

static void down(void)
{
    aerogpu_rig_finish(&rig);
}

TestSuite(aerogpu_front_scanout, .init = up, .fini = down);

static enum sl_status try_capture(struct sl_image *image, struct sl_error *err)
{
    return rig.target->impl->capture(rig.target, 0, image, err);
}

static struct sl_image capture(void)
{
    struct sl_image image;
    struct sl_error err = {0};
    cr_assert_eq(try_capture(&image, &err), SL_OK, "%s", err.message);
    return image;
}

/* The scanout shows exactly these RGBA8 pixels. */
static void expect(uint32_t width, uint32_t height, const uint8_t *rgba, const char *what)
{
    struct sl_image image = capture();
    cr_assert_eq(image.width, width, "%s", what);
    cr_assert_eq(image.height, height, "%s", what);
    for (size_t i = 0; i < sl_image_size_bytes(&image); i++) {
        cr_assert_eq(image.pixels[i], rgba[i], "%s: byte %zu is 0x%02x, not 0x%02x", what, i,
                     image.pixels[i], rgba[i]);
    }
    sl_image_finish(&image);
}

/* Two pixels per format and what they are as R8G8B8A8. */
static const struct {
    uint32_t format;
    uint32_t bytes_per_pixel;
    uint8_t bytes[8];
    uint8_t rgba[8];
} formats[] = {
    {1, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {3, 2, 1, 4, 0, 0, 0xFF, 0}},
    {2, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {3, 2, 1, 0xFF, 0, 0, 0xFF, 0xFF}},
    {3, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {1, 2, 3, 4, 0xFF, 0, 0, 0}},
    {4, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {1, 2, 3, 0xFF, 0xFF, 0, 0, 0xFF}},
    {7, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {3, 2, 1, 4, 0, 0, 0xFF, 0}},
    {8, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {3, 2, 1, 0xFF, 0, 0, 0xFF, 0xFF}},
    {9, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {1, 2, 3, 4, 0xFF, 0, 0, 0}},
    {10, 4, {1, 2, 3, 4, 0xFF, 0, 0, 0}, {1, 2, 3, 0xFF, 0xFF, 0, 0, 0xFF}},
    /* 0x8C63 = 10001 100011 00011: 17 -> 136 + 4, 35 -> 140 + 2, 3 -> 24 + 0. */
    {5, 2, {0x63, 0x8C, 0x1F, 0xF8}, {140, 142, 24, 0xFF, 255, 0, 255, 0xFF}},
    /* 0x8C63 = 1 00011 00011 00011; 0x7C1F = 0 11111 00000 11111. */
    {6, 2, {0x63, 0x8C, 0x1F, 0x7C}, {24, 24, 24, 0xFF, 255, 0, 255, 0}},
};

Test(aerogpu_front_scanout, each_format_converts)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        uint32_t bpp = formats[i].bytes_per_pixel;
        uint32_t pitch = 2 * bpp + 4;
        uint64_t gpa = AEROGPU_RIG_FB + 0x1000 * i + 2;
        /* Two rows, the second with the pixels swapped; padding of 0xEE. */
        uint8_t memory[40];
        memset(memory, 0xEE, sizeof(memory));
        memcpy(memory, formats[i].bytes, 2 * bpp);
        memcpy(memory + pitch, formats[i].bytes + bpp, bpp);
        memcpy(memory + pitch + bpp, formats[i].bytes, bpp);
        aerogpu_rig_mem_set(&rig, gpa, memory, sizeof(memory));
        aerogpu_rig_scanout(&rig, 2, 2, formats[i].format, pitch, gpa);
        uint8_t rgba[16];
        memcpy(rgba, formats[i].rgba, 8);
        memcpy(rgba + 8, formats[i].rgba + 4, 4);
        memcpy(rgba + 12, formats[i].rgba, 4);
        expect(2, 2, rgba, "format");
    }
}

Test(aerogpu_front_scanout, sixteen_bit_rows_of_any_length)
{
    for (uint32_t width = 1; width < 9; width++) {
        uint8_t memory[18];
        uint8_t rgba[36];
        for (uint32_t i = 0; i < width; i++) {
            memory[2 * i] = (uint8_t)i; /* blue */
            memory[2 * i + 1] = (uint8_t)((31 - i) << 3);
            const uint8_t pixel[4] = {(uint8_t)((31 - i) << 3 | (31 - i) >> 2), 0,
                                      (uint8_t)(i << 3 | i >> 2), 0xFF};
            memcpy(rgba + 4 * i, pixel, 4);
        }
        aerogpu_rig_mem_set(&rig, AEROGPU_RIG_FB, memory, 2 * width);
        aerogpu_rig_scanout(&rig, width, 1, 5, 2 * width, AEROGPU_RIG_FB);
        expect(width, 1, rgba, "width");
    }
}

Test(aerogpu_front_scanout, each_condition_for_an_image)
{
    static const struct {
        uint32_t width, height, format, pitch;
        uint64_t gpa;
        bool exists;
        const char *what;
    } cases[] = {
        {2, 2, 1, 8, AEROGPU_RIG_FB, true, "good"},
        {0, 2, 1, 8, AEROGPU_RIG_FB, false, "no width"},
        {2, 0, 1, 8, AEROGPU_RIG_FB, false, "no height"},
        {2, 2, 1, 8, 0, false, "no address"},
        {2, 2, 0, 8, AEROGPU_RIG_FB, false, "format 0"},
        {2, 2, 11, 8, AEROGPU_RIG_FB, false, "format 11"},
        {2, 2, 32, 8, AEROGPU_RIG_FB, false, "D24S8"},
        {2, 2, 64, 8, AEROGPU_RIG_FB, false, "BC1"},
        {2, 2, 1, 7, AEROGPU_RIG_FB, false, "pitch below the row"},
        {2, 2, 5, 4, AEROGPU_RIG_FB, true, "pitch of a 16-bit row"},
        {2, 2, 5, 3, AEROGPU_RIG_FB, false, "pitch below a 16-bit row"},
        {2, 2, 1, 8, UINT64_MAX - 15, false, "ends at 2^64"},
        {2, 2, 1, 8, UINT64_MAX - 16, true, "ends below 2^64"},
        {2, 2, 1, 0xFFFFFFFF, UINT64_MAX - 0xFFFFFFFF - 8, true, "a huge pitch"},
        {2, 2, 1, 0xFFFFFFFF, UINT64_MAX - 0xFFFFFFFF - 7, false, "a huge pitch that wraps"},
        {4096, 4096, 1, 16384, AEROGPU_RIG_FB, true, "64 MiB"},
        {4096, 4097, 1, 16384, AEROGPU_RIG_FB, false, "above 64 MiB"},
        {0xFFFFFFFF, 0xFFFFFFFF, 1, 0xFFFFFFFF, AEROGPU_RIG_FB, false, "as large as can be"},
    };
    aerogpu_rig_scanout(&rig, 2, 2, 1, 8, AEROGPU_RIG_FB); /* claims the display */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        aerogpu_rig_scanout(&rig, cases[i].width, cases[i].height, cases[i].format, cases[i].pitch,
                            cases[i].gpa);
        struct sl_image image = capture();
        cr_assert_eq(image.width, cases[i].exists ? cases[i].width : 0, "%s", cases[i].what);
        cr_assert_eq(image.height, cases[i].exists ? cases[i].height : 0, "%s", cases[i].what);
        sl_image_finish(&image);
    }
}

Test(aerogpu_front_scanout, an_image_wider_than_the_tool_can_hold_is_refused)
{
    struct sl_image image;
    struct sl_error err = {0};
    aerogpu_rig_scanout(&rig, 16385, 1, 1, 4 * 16385, AEROGPU_RIG_FB);
    cr_assert_eq(try_capture(&image, &err), SL_ERR_UNSUPPORTED);
    cr_assert_str_eq(err.rule, "host.limit");
    cr_assert_null(image.pixels);
}

Test(aerogpu_front_scanout, what_is_no_ram_shows_as_ones)
{
    const uint64_t gpa = AEROGPU_RIG_RAM_SIZE - 4; /* one pixel of RAM */
    aerogpu_rig_mem_set(&rig, gpa, "\x10\x20\x30\x40", 4);
    aerogpu_rig_scanout(&rig, 2, 1, 3, 8, gpa);
    expect(2, 1, (const uint8_t[]){0x10, 0x20, 0x30, 0x40, 0xFF, 0xFF, 0xFF, 0xFF}, "hole");
}

Test(aerogpu_front_scanout, a_staged_address_is_not_used_yet)
{
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_FB, "\1\1\1\1", 4);
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_FB + 0x1000, "\2\2\2\2", 4);
    aerogpu_rig_scanout(&rig, 1, 1, 3, 4, AEROGPU_RIG_FB);
    aerogpu_rig_set(&rig, 0x414, AEROGPU_RIG_FB + 0x1000);
    expect(1, 1, (const uint8_t[]){1, 1, 1, 1}, "staged");
    aerogpu_rig_set(&rig, 0x418, 0);
    expect(1, 1, (const uint8_t[]){2, 2, 2, 2}, "committed");
}

/* ---- cursor ---- */

enum { CURSOR = AEROGPU_RIG_FB + 0x100000 };

static void cursor(int32_t x, int32_t y, uint32_t hot_x, uint32_t hot_y)
{
    aerogpu_rig_set(&rig, 0x504, (uint32_t)x);
    aerogpu_rig_set(&rig, 0x508, (uint32_t)y);
    aerogpu_rig_set(&rig, 0x50C, hot_x);
    aerogpu_rig_set(&rig, 0x510, hot_y);
}

static void cursor_image(uint32_t width, uint32_t height, uint32_t format, uint32_t pitch)
{
    aerogpu_rig_set(&rig, 0x514, width);
    aerogpu_rig_set(&rig, 0x518, height);
    aerogpu_rig_set(&rig, 0x51C, format);
    aerogpu_rig_set(&rig, 0x528, pitch);
    aerogpu_rig_set64(&rig, 0x520, CURSOR);
    aerogpu_rig_set(&rig, 0x500, 1);
}

/* A black 4x3 scanout with alpha 0, and a 2x2 cursor of opaque pixels numbered 1 to 4 in red. */
static void cursor_scene(void)
{
    static const uint8_t pixels[16] = {1, 0, 0, 0xFF, 2, 0, 0, 0xFF, 3, 0, 0, 0xFF, 4, 0, 0, 0xFF};
    aerogpu_rig_mem_set(&rig, CURSOR, pixels, sizeof(pixels));
    aerogpu_rig_scanout(&rig, 4, 3, 3, 16, AEROGPU_RIG_FB);
    cursor_image(2, 2, 3, 8);
}

/* The red channel of the 12 pixels; touched ones have alpha 0xFF. */
static void expect_red(const uint8_t red[12], const char *what)
{
    uint8_t rgba[48] = {0};
    for (size_t i = 0; i < 12; i++) {
        rgba[4 * i] = red[i];
        rgba[4 * i + 3] = red[i] ? 0xFF : 0;
    }
    expect(4, 3, rgba, what);
}

#define RED(...) ((const uint8_t[12]){__VA_ARGS__})

Test(aerogpu_front_scanout, the_cursor_is_clipped_at_each_edge)
{
    cursor_scene();
    cursor(1, 1, 0, 0);
    expect_red(RED(0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0), "inside");
    cursor(2, 2, 1, 1);
    expect_red(RED(0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0), "hot spot");
    cursor(-1, -1, 0, 0);
    expect_red(RED(4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "top left");
    cursor(3, 2, 0, 0);
    expect_red(RED(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), "bottom right");
    cursor(-2, 0, 0, 0);
    expect_red(RED(0), "just left of it");
    cursor(4, 0, 0, 0);
    expect_red(RED(0), "just right of it");
    cursor(0, 3, 0, 0);
    expect_red(RED(0), "just below it");
    cursor(0, -2, 0, 0);
    expect_red(RED(0), "just above it");
    cursor(0, 0, 0xFFFFFFFE, 0xFFFFFFFF); /* a hot spot of -2, -1 */
    expect_red(RED(0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4), "negative hot spot");
}

Test(aerogpu_front_scanout, cursor_positions_saturate)
{
    cursor_scene();
    cursor(INT32_MIN, 0, 1, 0); /* -2^31 - 1 would wrap to the far right */
    expect_red(RED(0), "below -2^31");
    cursor(INT32_MAX, INT32_MAX, 0x80000000, 0x80000000);
    expect_red(RED(0), "above 2^31 - 1");
    cursor(INT32_MIN, INT32_MIN, 0x80000000, 0x80000000);
    expect_red(RED(1, 2, 0, 0, 3, 4, 0, 0), "the difference is 0");
}

Test(aerogpu_front_scanout, the_cursor_is_drawn_only_when_it_exists)
{
    cursor_scene();
    cursor(0, 0, 0, 0);
    const uint8_t *shown = RED(1, 2, 0, 0, 3, 4, 0, 0);
    const uint8_t *hidden = RED(0);
    expect_red(shown, "shown");
    aerogpu_rig_set(&rig, 0x500, 0);
    expect_red(hidden, "disabled");
    cursor_image(2, 2, 5, 8);
    expect_red(hidden, "a 16-bit format");
    cursor_image(2, 2, 33, 8);
    expect_red(hidden, "a depth format");
    cursor_image(2, 2, 0, 8);
    expect_red(hidden, "no format");
    cursor_image(0, 2, 3, 8);
    expect_red(hidden, "no width");
    cursor_image(2, 0, 3, 8);
    expect_red(hidden, "no height");
    cursor_image(2, 2, 3, 7);
    expect_red(hidden, "a pitch below the row");
    cursor_image(1024, 1025, 3, 4096);
    expect_red(hidden, "above 4 MiB");
    cursor_image(2, 2, 3, 8);
    aerogpu_rig_set64(&rig, 0x520, 0);
    expect_red(hidden, "no address");
    aerogpu_rig_set64(&rig, 0x520, UINT64_MAX - 15);
    expect_red(hidden, "wraps around");
    cursor_image(2, 2, 4, 8);
    expect_red(shown, "an opaque format");
}

Test(aerogpu_front_scanout, a_cursor_far_wider_than_the_scanout_is_clipped)
{
    cursor_scene();
    cursor(-262143, 0, 0, 0);
    cursor_image(262144, 1, 3, 4 * 262144);
    aerogpu_rig_mem_set(&rig, CURSOR + 4 * 262143, "\x09\0\0\xFF", 4);
    expect_red(RED(9), "the last pixel of a row");
}

Test(aerogpu_front_scanout, the_cursor_blends_with_its_alpha)
{
    /* (s * a + d * (255 - a) + 127) / 255, by hand. */
    static const uint8_t under[20] = {100, 200, 0,   7,   100, 200, 0, 7, 100, 200,
                                      0,   7,   255, 255, 255, 7,   0, 0, 0,   7};
    static const uint8_t over[20] = {50, 60,  70, 0, 50,  60, 70, 255, 50,  60,
                                     70, 128, 0,  1, 254, 1,  1,  2,   255, 254};
    static const uint8_t result[20] = {
        100, 200, 0,   7,    /* alpha 0 leaves all, alpha included */
        50,  60,  70,  0xFF, /* alpha 255 replaces */
        75,  130, 35,  0xFF, /* 19227, 33207, 9087 over 255 */
        254, 254, 255, 0xFF, /* 64897, 64898, 65151 over 255 */
        1,   2,   254, 0xFF, /* 381, 635, 64897 over 255 */
    };
    aerogpu_rig_mem_set(&rig, AEROGPU_RIG_FB, under, sizeof(under));
    aerogpu_rig_mem_set(&rig, CURSOR, over, sizeof(over));
    aerogpu_rig_scanout(&rig, 5, 1, 3, 20, AEROGPU_RIG_FB);
    cursor_image(5, 1, 3, 20);
    expect(5, 1, result, "blend");
    uint8_t memory[20];
    cr_assert_eq(sl_mem_read(rig.mem, AEROGPU_RIG_FB, memory, 20), SL_MEM_OK);
    cr_assert_eq(memcmp(memory, under, 20), 0, "guest memory never shows the cursor");
}

Test(aerogpu_front_scanout, a_bgra_cursor_is_reordered)
{
    aerogpu_rig_scanout(&rig, 1, 1, 1, 4, AEROGPU_RIG_FB);
    aerogpu_rig_mem_set(&rig, CURSOR, "\x03\x02\x01\xFF", 4);
    cursor_image(1, 1, 1, 4);
    expect(1, 1, (const uint8_t[]){1, 2, 3, 0xFF}, "BGRA");
    aerogpu_rig_mem_set(&rig, CURSOR, "\x03\x02\x01\x00", 4);
    expect(1, 1, (const uint8_t[]){0, 0, 0, 0}, "alpha 0");
    cursor_image(1, 1, 2, 4);
    expect(1, 1, (const uint8_t[]){1, 2, 3, 0xFF}, "BGRX");
}
