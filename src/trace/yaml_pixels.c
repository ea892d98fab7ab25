#include "trace/yaml_pixels.h"

#include "base/bytes.h"
#include "image/png.h"

#include <inttypes.h>
#include <string.h>

struct color {
    uint8_t r, g, b, a;
};

static const struct {
    const char *name;
    struct color color;
} color_names[] = {
    {"black", {0, 0, 0, 255}},     {"white", {255, 255, 255, 255}}, {"red", {255, 0, 0, 255}},
    {"green", {0, 255, 0, 255}},   {"blue", {0, 0, 255, 255}},      {"yellow", {255, 255, 0, 255}},
    {"cyan", {0, 255, 255, 255}},  {"magenta", {255, 0, 255, 255}}, {"gray", {128, 128, 128, 255}},
    {"transparent", {0, 0, 0, 0}},
};

/* [r, g, b] or [r, g, b, a] */
static enum sl_status read_color_list(struct sl_asm *a, const yaml_node_t *node,
                                      struct color *color, struct sl_error *err)
{
    const yaml_node_item_t *items = node->data.sequence.items.start;
    size_t count = (size_t)(node->data.sequence.items.top - items);
    if (count != 3 && count != 4) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "a colour has 3 or 4 channels");
    }
    uint8_t channels[4] = {0, 0, 0, 255};
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0;
        enum sl_status status =
            sl_asm_number(a, sl_yaml_node(&a->yaml, items[i]), 255, &value, err);
        if (status != SL_OK) {
            return status;
        }
        channels[i] = (uint8_t)value;
    }
    *color = (struct color){channels[0], channels[1], channels[2], channels[3]};
    return SL_OK;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *p = c ? strchr(digits, c) : NULL;
    return p ? (int)((p - digits) % 16) : -1;
}

/* A name, or "#rrggbb" or "#rrggbbaa". */
static bool parse_color(const char *text, struct color *color)
{
    for (size_t i = 0; i < sizeof(color_names) / sizeof(color_names[0]); i++) {
        if (strcmp(text, color_names[i].name) == 0) {
            *color = color_names[i].color;
            return true;
        }
    }
    size_t length = strlen(text);
    uint8_t channels[4] = {0, 0, 0, 255};
    if (text[0] != '#' || (length != 7 && length != 9)) {
        return false;
    }
    for (size_t i = 0; i + 2 < length; i += 2) {
        int high = hex_digit(text[i + 1]);
        int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) {
            return false;
        }
        channels[i / 2] = (uint8_t)(high << 4 | low);
    }
    *color = (struct color){channels[0], channels[1], channels[2], channels[3]};
    return true;
}

static enum sl_status read_color(struct sl_asm *a, const yaml_node_t *node, struct color *color,
                                 struct sl_error *err)
{
    if (node->type == YAML_SEQUENCE_NODE) {
        return read_color_list(a, node, color, err);
    }
    const char *text = sl_yaml_scalar(node);
    if (!text || !parse_color(text, color)) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                           "expected a colour: [r, g, b, a], \"#rrggbb\" or a name");
    }
    return SL_OK;
}

static enum sl_status read_color_at(struct sl_asm *a, const yaml_node_t *item, const char *key,
                                    struct color fallback, struct color *color,
                                    struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, key);
    *color = fallback;
    return node ? read_color(a, node, color, err) : SL_OK;
}

static enum sl_status read_format(struct sl_asm *a, const yaml_node_t *item,
                                  const struct sl_abi_format **format, struct sl_error *err)
{
    const yaml_node_t *node = sl_yaml_get(&a->yaml, item, "format");
    if (!node) {
        return sl_asm_fail(a, item, SL_RULE_YAML_KEY, err, "key 'format' is missing");
    }
    const struct sl_abi *abi = a->device->abi;
    const struct sl_abi_enum *names =
        sl_abi_find_enum(abi, abi == &sl_abi_aerogpu ? "aerogpu_format" : "virtio_gpu_formats");
    uint64_t value = 0;
    enum sl_status status = sl_asm_value(a, node, SL_ABI_U32, names, &value, err);
    if (status == SL_OK) {
        *format = sl_abi_find_format(abi, (uint32_t)value);
    }
    return status == SL_OK && !*format
               ? sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "no pixel format")
               : status;
}

enum sl_status sl_asm_surface(struct sl_asm *a, const yaml_node_t *item,
                              const struct sl_image *fallback, struct sl_asm_surface *out,
                              struct sl_error *err)
{
    *out = (struct sl_asm_surface){0};
    enum sl_status status = read_format(a, item, &out->format, err);
    if (status != SL_OK) {
        return status;
    }
    uint64_t width = 0;
    uint64_t height = 0;
    status = sl_asm_number_at(a, item, "width", SL_IMAGE_DIM_MAX, fallback ? fallback->width : 0,
                              &width, err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, item, "height", SL_IMAGE_DIM_MAX,
                                  fallback ? fallback->height : 0, &height, err);
    }
    if (status == SL_OK && (width == 0 || height == 0)) {
        status = sl_asm_fail(a, item, SL_RULE_YAML_KEY, err,
                             "a picture takes width and height, at least 1");
    }
    if (status != SL_OK) {
        return status;
    }
    const struct sl_abi_format *f = out->format;
    uint64_t columns = (width + f->block_width - 1) / f->block_width;
    uint64_t rows = (height + f->block_height - 1) / f->block_height;
    uint64_t row = columns * f->bytes_per_block;
    status = sl_asm_number_at(a, item, "pitch", UINT32_MAX, row, &out->pitch, err);
    if (status == SL_OK && out->pitch < row) {
        status =
            sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err,
                        "a pitch of %" PRIu64 " for rows of %" PRIu64 " bytes", out->pitch, row);
    }
    out->width = (uint32_t)width;
    out->height = (uint32_t)height;
    out->size = out->pitch * (rows - 1) + row;
    if (status == SL_OK && out->size > sl_event_list_room(a->list)) {
        status = sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT,
                         "a picture of %" PRIu64 " bytes, limit %" PRIu64, out->size,
                         sl_event_list_room(a->list));
    }
    return status;
}

static uint8_t channel(const struct color *c, char name)
{
    switch (name) {
    case 'R':
        return c->r;
    case 'G':
        return c->g;
    case 'B':
        return c->b;
    default: /* A, and X, which nobody looks at */
        return c->a;
    }
}

static void put_pixel(const struct sl_abi_format *format, const struct color *c, uint8_t *out)
{
    if (format->bytes_per_block == 4) {
        for (unsigned i = 0; i < 4; i++) {
            out[i] = channel(c, format->channels[i]);
        }
    } else if (strlen(format->channels) == 3) { /* B5G6R5 */
        sl_put_le16(out, (uint16_t)(c->b >> 3 | (c->g >> 2) << 5 | (c->r >> 3) << 11));
    } else { /* B5G5R5A1 */
        sl_put_le16(
            out, (uint16_t)(c->b >> 3 | (c->g >> 3) << 5 | (c->r >> 3) << 10 | (c->a >> 7) << 15));
    }
}

/* The surface of a generated picture and its bytes, zeroed; colour formats only. */
static enum sl_status begin(struct sl_asm *a, const yaml_node_t *item,
                            const struct sl_image *fallback, struct sl_asm_surface *surface,
                            struct sl_buf *out, uint8_t **pixels, struct sl_error *err)
{
    enum sl_status status = sl_asm_surface(a, item, fallback, surface, err);
    if (status != SL_OK) {
        return status;
    }
    if (surface->format->kind != SL_ABI_FORMAT_COLOR) {
        return sl_asm_fail(a, item, SL_RULE_YAML_VALUE, err, "%s takes bytes, not colours",
                           surface->format->name);
    }
    *pixels = sl_buf_extend(out, (size_t)surface->size);
    if (!*pixels) {
        return sl_fail_memory(err, surface->size);
    }
    memset(*pixels, 0, (size_t)surface->size);
    return SL_OK;
}

static void set(const struct sl_asm_surface *s, uint8_t *pixels, uint32_t x, uint32_t y,
                const struct color *color)
{
    size_t offset = (size_t)(s->pitch * y) + (size_t)x * s->format->bytes_per_block;
    put_pixel(s->format, color, pixels + offset);
}

enum sl_status sl_asm_fill_color(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                 struct sl_buf *out, struct sl_error *err)
{
    struct sl_asm_surface s;
    struct color color = {0};
    uint8_t *pixels = NULL;
    enum sl_status status = read_color(a, node, &color, err);
    if (status == SL_OK) {
        status = begin(a, item, NULL, &s, out, &pixels, err);
    }
    if (status != SL_OK) {
        return status;
    }
    for (uint32_t y = 0; y < s.height; y++) {
        for (uint32_t x = 0; x < s.width; x++) {
            set(&s, pixels, x, y, &color);
        }
    }
    return SL_OK;
}

/* Between from (i = 0) and to (i = n - 1). */
static uint8_t mix(uint8_t from, uint8_t to, uint32_t i, uint32_t n)
{
    if (n < 2) {
        return from;
    }
    return (uint8_t)((from * (n - 1 - i) + to * i) / (n - 1));
}

static struct color mix_colors(const struct color *from, const struct color *to, uint32_t i,
                               uint32_t n)
{
    return (struct color){mix(from->r, to->r, i, n), mix(from->g, to->g, i, n),
                          mix(from->b, to->b, i, n), mix(from->a, to->a, i, n)};
}

struct gradient {
    struct color from, to;
    char along; /* 'x', 'y', or 'b' for both: red grows along x, green along y, blue shrinks */
};

static enum sl_status read_gradient(struct sl_asm *a, const yaml_node_t *node, struct gradient *g,
                                    struct sl_error *err)
{
    static const char *const keys[] = {"from", "to", "along"};
    enum sl_status status = sl_asm_check_keys(a, node, keys, 3, err);
    *g = (struct gradient){.along = 'b'};
    if (status != SL_OK || node->data.mapping.pairs.start == node->data.mapping.pairs.top) {
        return status;
    }
    const yaml_node_t *along = sl_yaml_get(&a->yaml, node, "along");
    const char *text = along ? sl_yaml_scalar(along) : "x";
    if (!text || (strcmp(text, "x") != 0 && strcmp(text, "y") != 0)) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "a gradient goes along x or y");
    }
    g->along = text[0];
    status = read_color_at(a, node, "from", (struct color){0, 0, 0, 255}, &g->from, err);
    if (status == SL_OK) {
        status = read_color_at(a, node, "to", (struct color){255, 255, 255, 255}, &g->to, err);
    }
    return status;
}

enum sl_status sl_asm_gradient(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                               struct sl_buf *out, struct sl_error *err)
{
    struct gradient g;
    struct sl_asm_surface s;
    uint8_t *pixels = NULL;
    enum sl_status status = read_gradient(a, node, &g, err);
    if (status == SL_OK) {
        status = begin(a, item, NULL, &s, out, &pixels, err);
    }
    if (status != SL_OK) {
        return status;
    }
    for (uint32_t y = 0; y < s.height; y++) {
        for (uint32_t x = 0; x < s.width; x++) {
            struct color c = {mix(0, 255, x, s.width), mix(0, 255, y, s.height),
                              mix(255, 0, x, s.width), 255};
            if (g.along != 'b') {
                bool down = g.along == 'y';
                c = mix_colors(&g.from, &g.to, down ? y : x, down ? s.height : s.width);
            }
            set(&s, pixels, x, y, &c);
        }
    }
    return SL_OK;
}

enum sl_status sl_asm_checker(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                              struct sl_buf *out, struct sl_error *err)
{
    static const char *const keys[] = {"a", "b", "cell"};
    struct color colors[2];
    uint64_t cell = 0;
    struct sl_asm_surface s;
    uint8_t *pixels = NULL;
    enum sl_status status = sl_asm_check_keys(a, node, keys, 3, err);
    if (status == SL_OK) {
        status = sl_asm_number_at(a, node, "cell", SL_IMAGE_DIM_MAX, 8, &cell, err);
    }
    if (status == SL_OK && cell == 0) {
        status = sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err, "a cell of 0 pixels");
    }
    if (status == SL_OK) {
        status = read_color_at(a, node, "a", (struct color){255, 255, 255, 255}, &colors[0], err);
    }
    if (status == SL_OK) {
        status = read_color_at(a, node, "b", (struct color){0, 0, 0, 255}, &colors[1], err);
    }
    if (status == SL_OK) {
        status = begin(a, item, NULL, &s, out, &pixels, err);
    }
    if (status != SL_OK) {
        return status;
    }
    for (uint32_t y = 0; y < s.height; y++) {
        for (uint32_t x = 0; x < s.width; x++) {
            set(&s, pixels, x, y, &colors[(x / cell + y / cell) % 2]);
        }
    }
    return SL_OK;
}

static enum sl_status put_image(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                                const struct sl_image *image, struct sl_buf *out,
                                struct sl_error *err)
{
    struct sl_asm_surface s;
    uint8_t *pixels = NULL;
    enum sl_status status = begin(a, item, image, &s, out, &pixels, err);
    if (status != SL_OK) {
        return status;
    }
    if (s.width != image->width || s.height != image->height) {
        return sl_asm_fail(a, node, SL_RULE_YAML_VALUE, err,
                           "the image is %" PRIu32 "x%" PRIu32 ", not %" PRIu32 "x%" PRIu32,
                           image->width, image->height, s.width, s.height);
    }
    const uint8_t *p = image->pixels;
    for (uint32_t y = 0; y < s.height; y++) {
        for (uint32_t x = 0; x < s.width; x++, p += 4) {
            struct color c = {p[0], p[1], p[2], p[3]};
            set(&s, pixels, x, y, &c);
        }
    }
    return SL_OK;
}

enum sl_status sl_asm_image(struct sl_asm *a, const yaml_node_t *item, const yaml_node_t *node,
                            struct sl_buf *out, struct sl_error *err)
{
    struct sl_buf path = {0};
    struct sl_image image = {0};
    enum sl_status status = sl_asm_path(a, node, &path, err);
    if (status == SL_OK) {
        status = sl_png_read((const char *)path.data, &image, err);
    }
    if (status == SL_OK) {
        status = put_image(a, item, node, &image, out, err);
    }
    sl_image_finish(&image);
    sl_buf_finish(&path);
    return status;
}
