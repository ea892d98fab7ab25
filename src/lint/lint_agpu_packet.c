/* What the ABI's tables say about a packet, whatever it does. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "lint/lint_fields.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

enum {
    BIND_SHADERS_SHORT = sizeof(struct aerogpu_cmd_bind_shaders),
    COLOR_WRITE_MASK = 0xF,
};

static void deprecated(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet,
                       const char *what)
{
    sl_lint_find(lint, SL_LINT_AGPU_DEPRECATED, sl_lint_here(lint, packet->gpa), "%s", what);
}

static void check_version(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    const struct sl_abi_opcode *opcode = packet->opcode;
    if (opcode->since_minor > packet->minor) {
        sl_lint_find(lint, SL_LINT_AGPU_OPCODE_NEWER, sl_lint_here(lint, packet->gpa),
                     "%s came with 1.%u; the stream is of 1.%u", opcode->word, opcode->since_minor,
                     packet->minor);
    }
    uint64_t offered = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_FEATURES_LO);
    if (sl_lint_agpu_is_decoded(lint) && (opcode->feature & ~offered)) {
        sl_lint_find(lint, SL_LINT_AGPU_OPCODE_FEATURE, sl_lint_here(lint, packet->gpa),
                     "%s needs feature %s; the device offers 0x%" PRIx64, opcode->word,
                     sl_abi_value_name(SL_ENUM_AEROGPU_FEATURE, opcode->feature), offered);
    }
}

static uint64_t round_up(uint64_t size, uint32_t to)
{
    return to > 1 && size <= UINT64_MAX - to ? (size + to - 1) / to * to : size;
}

/* Bytes of the fixed part that are there, and where the payload behind it ends without padding. */
static uint64_t payload_end(const struct sl_lint_agpu_packet *packet)
{
    const struct sl_abi_struct *layout = packet->opcode->layout;
    uint64_t stride;
    if (!layout->trailing) {
        return layout->size;
    }
    uint64_t count = sl_abi_trailing_count(layout, packet->bytes, packet->size, &stride);
    if (stride != 0 && count > (UINT64_MAX - layout->trailing->offset) / stride) {
        return UINT64_MAX;
    }
    return layout->trailing->offset + count * stride;
}

static void check_size(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    const struct sl_abi_trailing *trailing = packet->opcode->layout->trailing;
    if (trailing && !trailing->count_field) {
        return;
    }
    uint64_t end = payload_end(packet);
    uint64_t padded = round_up(end, trailing ? trailing->pad_to : 1);
    for (uint64_t i = end; i < padded && i < packet->size; i++) {
        if (packet->bytes[i] != 0) {
            sl_lint_find(lint, SL_LINT_AGPU_PADDING, sl_lint_here(lint, packet->gpa + i),
                         "byte %" PRIu64 " of the packet is padding and 0x%02x", i,
                         packet->bytes[i]);
            break;
        }
    }
    if (packet->size > padded) {
        sl_lint_find(lint, SL_LINT_AGPU_PACKET_LONG, sl_lint_here(lint, packet->gpa + padded),
                     "%zu bytes, of which %s has %" PRIu64, packet->size, packet->opcode->word,
                     padded);
    }
}

/* The bytes of a DEBUG_MARKER behind its text. */
static void check_marker(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    size_t start = sizeof(struct aerogpu_cmd_debug_marker);
    const uint8_t *text = packet->bytes + start;
    size_t size = packet->size - start;
    const uint8_t *zero = size ? memchr(text, 0, size) : NULL;
    for (size_t i = zero ? (size_t)(zero - text) : size; i < size; i++) {
        if (text[i] != 0) {
            sl_lint_find(lint, SL_LINT_AGPU_PADDING, sl_lint_here(lint, packet->gpa + start + i),
                         "byte %zu of the packet is padding and 0x%02x", start + i, text[i]);
            return;
        }
    }
}

/* reserved0 of packets with a stage: stage_ex, or reserved. */
static void check_stage_ex(struct sl_lint *lint, const struct sl_lint_fields *rules,
                           const struct sl_lint_agpu_packet *packet,
                           const struct sl_abi_field *field)
{
    const struct sl_abi_struct *layout = packet->opcode->layout;
    uint32_t value = sl_lint_agpu_word(packet, field->offset);
    uint64_t gpa = packet->gpa + field->offset;
    const struct sl_abi_field *stage = NULL;
    for (size_t i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].names == SL_ENUM_AEROGPU_SHADER_STAGE) {
            stage = &layout->fields[i];
        }
    }
    bool extends =
        !stage || sl_lint_agpu_word(packet, stage->offset) == AEROGPU_SHADER_STAGE_COMPUTE;
    if (!extends || packet->minor < AEROGPU_STAGE_EX_MIN_ABI_MINOR) {
        if (value != 0) {
            sl_lint_find(lint, SL_LINT_AGPU_RESERVED_FIELD, sl_lint_here(lint, gpa),
                         "%s: %s is 0x%" PRIx32 ", and is no stage_ex in %s", rules->what,
                         field->name, value,
                         extends ? "a stream below 1.3" : "a stage other than COMPUTE");
        }
        return;
    }
    sl_lint_check_value(lint, rules, SL_ENUM_AEROGPU_SHADER_STAGE_EX, field->name, value, gpa);
    if (value == AEROGPU_SHADER_STAGE_EX_COMPUTE) {
        deprecated(lint, packet, "stage_ex COMPUTE is the same as 0, which writers put instead");
    }
}

/* BIND_SHADERS of 24 bytes has a geometry program where longer ones have a reserved word. */
static void check_fields(struct sl_lint *lint, const struct sl_lint_fields *rules,
                         const struct sl_lint_agpu_packet *packet)
{
    uint8_t copy[BIND_SHADERS_SHORT];
    if (packet->opcode->value == AEROGPU_CMD_BIND_SHADERS && packet->size == sizeof(copy)) {
        memcpy(copy, packet->bytes, sizeof(copy));
        memset(copy + offsetof(struct aerogpu_cmd_bind_shaders, reserved0), 0, 4);
        sl_lint_check_fields(lint, rules, packet->opcode->layout, copy, sizeof(copy));
        return;
    }
    sl_lint_check_fields(lint, rules, packet->opcode->layout, packet->bytes, packet->size);
}

/* The trailing part has fewer elements than its count stands for: min_count_scale. */
static bool is_short_form(const struct sl_lint_agpu_packet *packet)
{
    const struct sl_abi_struct *layout = packet->opcode->layout;
    uint64_t stride;
    uint64_t count = sl_abi_trailing_count(layout, packet->bytes, packet->size, &stride);
    uint64_t units = sl_lint_field(layout->trailing->count, packet->bytes, packet->size);
    return units != 0 && count < units * layout->trailing->count_scale;
}

static void check_old_form(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    uint32_t value = packet->opcode->value;
    size_t reserved0 = offsetof(struct aerogpu_cmd_bind_shaders, reserved0);
    if (value == AEROGPU_CMD_SET_BLEND_STATE &&
        packet->size < sizeof(struct aerogpu_cmd_set_blend_state)) {
        deprecated(lint, packet,
                   "SET_BLEND_STATE in a form without separate alpha, constant or "
                   "sample mask; the long one has 60 bytes");
    }
    if (value == AEROGPU_CMD_SET_SHADER_CONSTANTS_B && is_short_form(packet)) {
        deprecated(lint, packet,
                   "SET_SHADER_CONSTANTS_B with one word for each register; the full "
                   "form has four");
    }
    if (value == AEROGPU_CMD_BIND_SHADERS && packet->size == BIND_SHADERS_SHORT &&
        sl_lint_agpu_word(packet, reserved0) != 0) {
        deprecated(lint, packet,
                   "BIND_SHADERS has a geometry program in reserved0; the long form "
                   "of 36 bytes has a field for it");
    }
}

static void check_mask(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    size_t offset = offsetof(struct aerogpu_cmd_set_blend_state, state) +
                    offsetof(struct aerogpu_blend_state, color_write_mask);
    if (packet->opcode->value == AEROGPU_CMD_SET_BLEND_STATE && packet->size > offset &&
        (packet->bytes[offset] & ~COLOR_WRITE_MASK)) {
        sl_lint_find(lint, SL_LINT_AGPU_UNKNOWN_FLAG, sl_lint_here(lint, packet->gpa + offset),
                     "SET_BLEND_STATE: color_write_mask is 0x%02x; there are four channels",
                     packet->bytes[offset]);
    }
}

static void check_layout_blob(struct sl_lint *lint, const struct sl_lint_fields *rules,
                              const struct sl_lint_agpu_packet *packet)
{
    size_t start = sizeof(struct aerogpu_cmd_create_input_layout);
    if (packet->opcode->value != AEROGPU_CMD_CREATE_INPUT_LAYOUT ||
        sl_lint_agpu_word(packet, start) != AEROGPU_INPUT_LAYOUT_BLOB_MAGIC) {
        return;
    }
    struct sl_lint_fields blob = *rules;
    blob.what = "CREATE_INPUT_LAYOUT blob";
    blob.gpa = packet->gpa + start;
    sl_lint_check_fields(lint, &blob, SL_LAYOUT_AEROGPU_INPUT_LAYOUT_BLOB_HEADER,
                         packet->bytes + start, packet->size - start);
}

void sl_lint_agpu_packet_check(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    if (!packet->opcode) {
        sl_lint_find(lint, SL_LINT_AGPU_OPCODE_UNKNOWN, sl_lint_here(lint, packet->gpa),
                     "opcode 0x%" PRIx32 ", %zu bytes", sl_lint_agpu_word(packet, 0), packet->size);
        return;
    }
    const struct sl_abi_struct *layout = packet->opcode->layout;
    const struct sl_lint_fields rules = {
        .reserved = SL_LINT_AGPU_RESERVED_FIELD,
        .flag = SL_LINT_AGPU_UNKNOWN_FLAG,
        .value = SL_LINT_AGPU_UNKNOWN_VALUE,
        .newer = SL_LINT_AGPU_VALUE_NEWER,
        .minor = packet->minor,
        .what = packet->opcode->word,
        .gpa = packet->gpa,
    };
    check_version(lint, packet);
    if (packet->size < packet->opcode->min_size) {
        return;
    }
    check_size(lint, packet);
    check_fields(lint, &rules, packet);
    for (size_t i = 0; i < layout->field_count; i++) {
        if (layout->fields[i].stage_ex) {
            check_stage_ex(lint, &rules, packet, &layout->fields[i]);
        }
    }
    check_old_form(lint, packet);
    check_mask(lint, packet);
    check_layout_blob(lint, &rules, packet);
    if (packet->opcode->value == AEROGPU_CMD_DEBUG_MARKER) {
        check_marker(lint, packet);
    }
}
