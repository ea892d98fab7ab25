/* Scanout, cursor and presents. */
#include "lint/lint_agpu.h"

#include <inttypes.h>
#include <stddef.h>

enum { SCANOUT, CURSOR };

/* The registers of one image that the device shows; their order is the same in both blocks. */
static const struct image_registers {
    const char *name;
    enum sl_lint_rule rule;
    uint32_t enable;
    uint32_t width;
    uint32_t height;
    uint32_t format;
    uint32_t pitch;
    uint32_t gpa;
} images[] = {
    [SCANOUT] = {"SCANOUT0", SL_LINT_AGPU_SCANOUT_SETUP, AEROGPU_MMIO_REG_SCANOUT0_ENABLE,
                 AEROGPU_MMIO_REG_SCANOUT0_WIDTH, AEROGPU_MMIO_REG_SCANOUT0_HEIGHT,
                 AEROGPU_MMIO_REG_SCANOUT0_FORMAT, AEROGPU_MMIO_REG_SCANOUT0_PITCH_BYTES,
                 AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_LO},
    [CURSOR] = {"CURSOR", SL_LINT_AGPU_CURSOR_SETUP, AEROGPU_MMIO_REG_CURSOR_ENABLE,
                AEROGPU_MMIO_REG_CURSOR_WIDTH, AEROGPU_MMIO_REG_CURSOR_HEIGHT,
                AEROGPU_MMIO_REG_CURSOR_FORMAT, AEROGPU_MMIO_REG_CURSOR_PITCH_BYTES,
                AEROGPU_MMIO_REG_CURSOR_FB_GPA_LO},
};

/* What is wrong, or NULL. */
static const char *fault(const struct sl_lint *lint, const struct sl_lint_agpu_image *image,
                         size_t which)
{
    const struct sl_abi_format *format = sl_abi_find_format(&sl_abi_aerogpu, image->format);
    if (image->width == 0 || image->height == 0) {
        return "the size is empty";
    }
    if (!format || !(which == CURSOR ? format->cursor : format->scanout)) {
        return "the format cannot be shown";
    }
    uint64_t row = (uint64_t)image->width * format->bytes_per_block;
    if (image->pitch < row) {
        return "the pitch is smaller than a row";
    }
    if (image->pitch % format->bytes_per_block != 0) {
        return "the pitch is no multiple of a pixel";
    }
    uint64_t size = (uint64_t)(image->height - 1) * image->pitch + row;
    if (image->gpa == 0 || !sl_mem_is_ram(lint->mem, image->gpa, size)) {
        return "the image is not all in RAM";
    }
    return NULL;
}

static bool is_same(const struct sl_lint_agpu_image *a, const struct sl_lint_agpu_image *b)
{
    return a->on == b->on && a->width == b->width && a->height == b->height &&
           a->format == b->format && a->pitch == b->pitch && a->gpa == b->gpa;
}

/* Each content of the registers is looked at once. */
static void check_image(struct sl_lint *lint, size_t which)
{
    const struct image_registers *regs = &images[which];
    struct sl_lint_agpu_image *checked = &lint->agpu->display.checked[which];
    const struct sl_lint_agpu_image image = {
        .on = sl_lint_agpu_get(lint, regs->enable) != 0,
        .width = sl_lint_agpu_get(lint, regs->width),
        .height = sl_lint_agpu_get(lint, regs->height),
        .format = sl_lint_agpu_get(lint, regs->format),
        .pitch = sl_lint_agpu_get(lint, regs->pitch),
        .gpa = sl_lint_agpu_get64(lint, regs->gpa),
    };
    const char *what = image.on && !is_same(&image, checked) ? fault(lint, &image, which) : NULL;
    *checked = image;
    if (what) {
        sl_lint_find(lint, regs->rule, sl_lint_here(lint, SL_LINT_NONE),
                     "%s is on, and %s: %" PRIu32 "x%" PRIu32 ", format %" PRIu32 ", pitch %" PRIu32
                     ", at 0x%" PRIx64,
                     regs->name, what, image.width, image.height, image.format, image.pitch,
                     image.gpa);
    }
}

void sl_lint_agpu_display_setup(struct sl_lint *lint)
{
    if (sl_lint_agpu_is_decoded(lint)) {
        check_image(lint, SCANOUT);
        check_image(lint, CURSOR);
    }
}

void sl_lint_agpu_display_packet(struct sl_lint *lint, const struct sl_lint_agpu_packet *packet)
{
    uint32_t value = packet->opcode->value;
    if (value != AEROGPU_CMD_PRESENT && value != AEROGPU_CMD_PRESENT_EX) {
        return;
    }
    lint->agpu->display.presents++;
    if (!sl_lint_agpu_has_target(lint, packet->context_id)) {
        sl_lint_find(lint, SL_LINT_AGPU_PRESENT_NOTHING, sl_lint_here(lint, packet->gpa),
                     "%s with no colour target bound in context %" PRIu32, packet->opcode->word,
                     packet->context_id);
    }
    uint32_t flags = sl_lint_agpu_word(packet, offsetof(struct aerogpu_cmd_present, flags));
    bool on = sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_SCANOUT0_ENABLE) != 0;
    bool offered = sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_FEATURES_LO) & AEROGPU_FEATURE_VBLANK;
    if (!sl_lint_agpu_is_decoded(lint)) {
        return;
    }
    if ((flags & AEROGPU_PRESENT_FLAG_VSYNC) && (!on || !offered)) {
        sl_lint_find(lint, SL_LINT_AGPU_PRESENT_VSYNC, sl_lint_here(lint, packet->gpa),
                     "%s has VSYNC while %s", packet->opcode->word,
                     on ? "vblank is not offered" : "SCANOUT0_ENABLE is 0");
    }
    sl_lint_agpu_display_setup(lint);
}

void sl_lint_agpu_display_submitted(struct sl_lint *lint, const struct aerogpu_submit_desc *desc)
{
    const struct sl_lint_agpu_display *it = &lint->agpu->display;
    bool flagged = desc->flags & AEROGPU_SUBMIT_FLAG_PRESENT;
    bool on = sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_SCANOUT0_ENABLE) != 0;
    if (it->failed || flagged == (it->presents != 0) || (!flagged && !on)) {
        return;
    }
    sl_lint_find(lint, SL_LINT_AGPU_PRESENT_FLAG, sl_lint_here(lint, desc->cmd_gpa),
                 flagged ? "the descriptor has PRESENT, and the stream presents nothing"
                         : "the stream presents, and the descriptor does not have PRESENT: nothing "
                           "is copied to the scanout");
}
