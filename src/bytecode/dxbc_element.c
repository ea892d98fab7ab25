/* Elements of signatures as text, and signatures back to bytes. */
#include "bytecode/dxbc_text.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>

#define PADDING 0xABu
#define NO_REGISTER 0xFFFFFFFFu

const char *const sl_dxbc_names_words[SL_DXBC_NAMES_COUNT] = {
    "padded",
    "aligned",
    "packed",
    "separate",
};

static const char *const component_types[] = {"unknown", "uint", "int", "float"};

static const struct {
    const char *name;
    uint32_t value;
} system_values[] = {
    {"none", SL_SV_NONE},
    {"position", SL_SV_POSITION},
    {"clip_distance", SL_SV_CLIP_DISTANCE},
    {"cull_distance", SL_SV_CULL_DISTANCE},
    {"rendertarget_array_index", SL_SV_RENDER_TARGET_ARRAY_INDEX},
    {"viewport_array_index", SL_SV_VIEWPORT_ARRAY_INDEX},
    {"vertex_id", SL_SV_VERTEX_ID},
    {"primitive_id", SL_SV_PRIMITIVE_ID},
    {"instance_id", SL_SV_INSTANCE_ID},
    {"is_front_face", SL_SV_IS_FRONT_FACE},
    {"sample_index", SL_SV_SAMPLE_INDEX},
    {"target", SL_SV_TARGET},
    {"depth", SL_SV_DEPTH},
    {"coverage", SL_SV_COVERAGE},
    {"depth_greater_equal", SL_SV_DEPTH_GREATER_EQUAL},
    {"depth_less_equal", SL_SV_DEPTH_LESS_EQUAL},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TYPE_UINT 1u
#define TYPE_FLOAT 3u

/*
 * Compilers number the first ten and leave targets, depth and the like to their names. The second
 * mask tells which components of an input are read, and which of an output are not written.
 */
void sl_dxbc_element_defaults(struct sl_dxbc_element *element, enum sl_dxbc_signature_kind kind)
{
    element->system_value = SL_SV_NONE;
    element->component_type = TYPE_FLOAT;
    uint32_t value = sl_dxbc_resolve_system_value(element);
    if (value <= SL_SV_SAMPLE_INDEX) {
        element->system_value = value;
    }
    if (value >= SL_SV_RENDER_TARGET_ARRAY_INDEX && value <= SL_SV_SAMPLE_INDEX) {
        element->component_type = TYPE_UINT;
    }
    element->used_mask = kind == SL_DXBC_INPUT ? element->mask : ~element->mask & 0xF;
    element->stream = 0;
    element->min_precision = 0;
}

static void print_mask(struct sl_buf *text, uint8_t mask)
{
    if (mask > 0xF) {
        sl_buf_printf(text, "0x%02x", mask);
        return;
    }
    sl_buf_text(text, mask ? "" : "-");
    for (unsigned i = 0; i < 4; i++) {
        if (mask >> i & 1) {
            sl_buf_u8(text, (uint8_t) "xyzw"[i]);
        }
    }
}

static void print_system_value(struct sl_buf *text, uint32_t value)
{
    for (size_t i = 0; i < COUNT(system_values); i++) {
        if (system_values[i].value == value) {
            sl_buf_printf(text, " sv=%s", system_values[i].name);
            return;
        }
    }
    sl_buf_printf(text, " sv=%u", value);
}

static void print_type(struct sl_buf *text, uint32_t type)
{
    if (type < COUNT(component_types)) {
        sl_buf_printf(text, " type=%s", component_types[type]);
    } else {
        sl_buf_printf(text, " type=%u", type);
    }
}

void sl_dxbc_element_print(const struct sl_dxbc_element *element, enum sl_dxbc_signature_kind kind,
                           struct sl_buf *text)
{
    struct sl_dxbc_element usual = *element;
    sl_dxbc_element_defaults(&usual, kind);
    sl_buf_printf(text, "%s %u ", element->name, element->semantic_index);
    if (element->register_index == NO_REGISTER) {
        sl_buf_text(text, "- ");
    } else {
        sl_buf_printf(text, "%u ", element->register_index);
    }
    print_mask(text, element->mask);
    if (element->system_value != usual.system_value) {
        print_system_value(text, element->system_value);
    }
    if (element->component_type != usual.component_type) {
        print_type(text, element->component_type);
    }
    if (element->used_mask != usual.used_mask) {
        sl_buf_text(text, " used=");
        print_mask(text, element->used_mask);
    }
    if (element->stream) {
        sl_buf_printf(text, " stream=%u", element->stream);
    }
    if (element->min_precision) {
        sl_buf_printf(text, " precision=%u", element->min_precision);
    }
}

struct piece {
    const char *text;
    size_t size;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line; empty at its end or at a comment. */
static struct piece next_word(struct piece *line)
{
    while (line->size > 0 && is_blank(*line->text)) {
        line->text++;
        line->size--;
    }
    struct piece word = {line->text, 0};
    bool comment = (line->size > 0 && *line->text == ';') ||
                   (line->size > 1 && memcmp(line->text, "//", 2) == 0);
    if (comment) {
        return word;
    }
    while (word.size < line->size && !is_blank(word.text[word.size])) {
        word.size++;
    }
    line->text += word.size;
    line->size -= word.size;
    return word;
}

static bool equals(struct piece word, const char *text)
{
    return strlen(text) == word.size && memcmp(word.text, text, word.size) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

static bool read_number(struct piece word, uint32_t *number)
{
    bool hex = word.size > 2 && memcmp(word.text, "0x", 2) == 0;
    int base = hex ? 16 : 10;
    uint64_t value = 0;
    for (size_t i = hex ? 2 : 0; i < word.size; i++) {
        int digit = hex_digit(word.text[i]);
        value = value * (uint64_t)base + (uint64_t)digit;
        if (digit >= base || value > UINT32_MAX) {
            return false;
        }
    }
    *number = (uint32_t)value;
    return word.size > 0;
}

static bool read_mask(struct piece word, uint8_t *mask)
{
    static const char components[] = "xyzw";
    uint32_t number;
    *mask = 0;
    if (equals(word, "-")) {
        return true;
    }
    if (read_number(word, &number)) {
        *mask = (uint8_t)number;
        return number <= 0xFF;
    }
    for (size_t i = 0; i < word.size; i++) {
        const char *found = memchr(components, word.text[i], 4);
        if (!found || *mask >> (found - components)) {
            return false;
        }
        *mask |= (uint8_t)(1u << (found - components));
    }
    return word.size > 0;
}

static bool read_system_value(struct piece word, struct sl_dxbc_element *element)
{
    for (size_t i = 0; i < COUNT(system_values); i++) {
        if (equals(word, system_values[i].name)) {
            element->system_value = system_values[i].value;
            return true;
        }
    }
    return read_number(word, &element->system_value);
}

static bool read_type(struct piece word, struct sl_dxbc_element *element)
{
    for (uint32_t i = 0; i < COUNT(component_types); i++) {
        if (equals(word, component_types[i])) {
            element->component_type = i;
            return true;
        }
    }
    return read_number(word, &element->component_type);
}

static bool read_used(struct piece word, struct sl_dxbc_element *element)
{
    return read_mask(word, &element->used_mask);
}

static bool read_stream(struct piece word, struct sl_dxbc_element *element)
{
    return read_number(word, &element->stream);
}

static bool read_precision(struct piece word, struct sl_dxbc_element *element)
{
    return read_number(word, &element->min_precision);
}

static const struct {
    const char *key;
    bool (*read)(struct piece value, struct sl_dxbc_element *element);
} keys[] = {
    {"sv=", read_system_value}, {"type=", read_type},           {"used=", read_used},
    {"stream=", read_stream},   {"precision=", read_precision},
};

static bool read_key(struct piece word, struct sl_dxbc_element *element)
{
    for (size_t i = 0; i < COUNT(keys); i++) {
        size_t length = strlen(keys[i].key);
        if (word.size > length && memcmp(word.text, keys[i].key, length) == 0) {
            return keys[i].read((struct piece){word.text + length, word.size - length}, element);
        }
    }
    return false;
}

static bool fail(char *message, size_t size, struct piece word, const char *what)
{
    snprintf(message, size, "\"%.*s\" is no %s", (int)(word.size < 32 ? word.size : 32), word.text,
             what);
    return false;
}

bool sl_dxbc_element_read(const char *text, size_t size, enum sl_dxbc_signature_kind kind,
                          struct sl_dxbc_element *element, char name[static SL_DXBC_NAME_SIZE],
                          char *message, size_t message_size)
{
    struct piece line = {text, size};
    *element = (struct sl_dxbc_element){.name = name};
    struct piece word = next_word(&line);
    if (word.size == 0 || word.size >= SL_DXBC_NAME_SIZE) {
        return fail(message, message_size, word, "name of 1 to 63 characters");
    }
    memcpy(name, word.text, word.size);
    name[word.size] = '\0';
    word = next_word(&line);
    if (!read_number(word, &element->semantic_index)) {
        return fail(message, message_size, word, "semantic index");
    }
    word = next_word(&line);
    if (equals(word, "-")) {
        element->register_index = NO_REGISTER;
    } else if (!read_number(word, &element->register_index)) {
        return fail(message, message_size, word, "register");
    }
    word = next_word(&line);
    if (!read_mask(word, &element->mask)) {
        return fail(message, message_size, word, "mask");
    }
    sl_dxbc_element_defaults(element, kind);
    for (word = next_word(&line); word.size > 0; word = next_word(&line)) {
        if (!read_key(word, element)) {
            return fail(message, message_size, word, "property of an element");
        }
    }
    return true;
}

static void pad(struct sl_buf *out, size_t start)
{
    while (!out->failed && (out->size - start) % 4 != 0) {
        sl_buf_u8(out, PADDING);
    }
}

/* The name's offset if an element before this one has the same. */
static bool find_name(const struct sl_dxbc_signature *signature, uint32_t index,
                      const uint32_t *offsets, uint32_t *offset)
{
    for (uint32_t i = 0; i < index; i++) {
        if (strcmp(signature->elements[i].name, signature->elements[index].name) == 0) {
            *offset = offsets[i];
            return true;
        }
    }
    return false;
}

static void put_element(const struct sl_dxbc_element *element, uint32_t name,
                        const struct sl_dxbc_signature_layout *layout, struct sl_buf *out)
{
    if (layout->has_stream) {
        sl_buf_u32(out, element->stream);
    }
    sl_buf_u32(out, name);
    sl_buf_u32(out, element->semantic_index);
    sl_buf_u32(out, element->system_value);
    sl_buf_u32(out, element->component_type);
    sl_buf_u32(out, element->register_index);
    sl_buf_u32(out, element->mask | (uint32_t)element->used_mask << 8);
    if (layout->has_precision) {
        sl_buf_u32(out, element->min_precision);
    }
}

void sl_dxbc_signature_encode(const struct sl_dxbc_signature *signature,
                              const struct sl_dxbc_signature_layout *layout,
                              enum sl_dxbc_names names, struct sl_buf *out)
{
    size_t start = out->size;
    uint32_t offsets[SL_DXBC_SIGNATURE_MAX];
    uint32_t next = SL_DXBC_SIGNATURE_HEADER_BYTES + signature->count * layout->element_bytes;
    sl_buf_u32(out, signature->count);
    sl_buf_u32(out, SL_DXBC_SIGNATURE_HEADER_BYTES);
    for (uint32_t i = 0; i < signature->count; i++) {
        if (names == SL_DXBC_NAMES_SEPARATE || !find_name(signature, i, offsets, &offsets[i])) {
            offsets[i] = next;
            next += (uint32_t)strlen(signature->elements[i].name) + 1;
            next = names == SL_DXBC_NAMES_ALIGNED ? (next + 3) & ~3u : next;
        }
        put_element(&signature->elements[i], offsets[i], layout, out);
    }
    for (uint32_t i = 0; i < signature->count; i++) {
        uint32_t earlier;
        if (names == SL_DXBC_NAMES_SEPARATE || !find_name(signature, i, offsets, &earlier)) {
            const char *name = signature->elements[i].name;
            sl_buf_append(out, name, strlen(name) + 1);
            if (names == SL_DXBC_NAMES_ALIGNED) {
                pad(out, start);
            }
        }
    }
    if (names == SL_DXBC_NAMES_PADDED) {
        pad(out, start);
    }
}
