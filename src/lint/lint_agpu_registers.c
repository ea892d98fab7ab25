/* Accesses to the registers of BAR0, by the ABI's table. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"
#include "lint/lint_fields.h"

#include <inttypes.h>

enum { SCANOUT, CURSOR, STAGED };

static const struct {
    uint32_t low;
    uint32_t enable;
    const char *name;
} staged[STAGED] = {
    [SCANOUT] = {AEROGPU_MMIO_REG_SCANOUT0_FB_GPA_LO, AEROGPU_MMIO_REG_SCANOUT0_ENABLE,
                 "SCANOUT0_FB_GPA"},
    [CURSOR] = {AEROGPU_MMIO_REG_CURSOR_FB_GPA_LO, AEROGPU_MMIO_REG_CURSOR_ENABLE, "CURSOR_FB_GPA"},
};

static void find_lost(struct sl_lint *lint, size_t which, const char *why)
{
    struct sl_lint_place place = {.event = lint->agpu->registers.staged_event[which],
                                  .command = SL_LINT_NONE,
                                  .name = "",
                                  .gpa = SL_LINT_NONE};
    if (place.event != SL_LINT_NONE) {
        sl_lint_find(lint, SL_LINT_AGPU_REGISTER_STAGED, place, "%s_LO is written, and %s",
                     staged[which].name, why);
        lint->agpu->registers.staged_event[which] = SL_LINT_NONE;
    }
}

static void follow_staged(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    uint64_t *events = lint->agpu->registers.staged_event;
    for (size_t i = 0; i < STAGED; i++) {
        bool commits =
            mmio->offset == staged[i].low + 4 || (mmio->offset == staged[i].low && mmio->size == 8);
        if (commits) {
            events[i] = SL_LINT_NONE;
        } else if (mmio->offset == staged[i].low) {
            events[i] = lint->event;
        } else if (mmio->offset == staged[i].enable) {
            find_lost(lint, i,
                      mmio->value ? "ENABLE is written before _HI commits it"
                                  : "ENABLE drops it before _HI commits it");
        }
    }
}

static void check_value(struct sl_lint *lint, const struct sl_abi_register *reg, uint64_t value)
{
    const struct sl_lint_fields rules = {
        .reserved = SL_LINT_AGPU_REGISTER_BITS,
        .flag = SL_LINT_AGPU_REGISTER_BITS,
        .value = SL_LINT_AGPU_REGISTER_BITS,
        .newer = SL_LINT_RULE_COUNT,
        .what = "register",
        .gpa = SL_LINT_NONE,
    };
    if (reg->names) {
        sl_lint_check_value(lint, &rules, reg->names, reg->word, value, SL_LINT_NONE);
    }
}

static void check_offered(struct sl_lint *lint, const struct sl_abi_register *reg)
{
    uint64_t offered = sl_lint_agpu_get64(lint, AEROGPU_MMIO_REG_FEATURES_LO);
    uint16_t minor = (uint16_t)lint->meta->abi_version;
    if (reg->feature & ~offered) {
        sl_lint_find(lint, SL_LINT_AGPU_REGISTER_FEATURE, sl_lint_here(lint, SL_LINT_NONE),
                     "%s needs feature %s; the device offers 0x%" PRIx64, reg->word,
                     sl_abi_value_name(SL_ENUM_AEROGPU_FEATURE, reg->feature), offered);
    }
    if (reg->since_minor > minor) {
        sl_lint_find(lint, SL_LINT_AGPU_REGISTER_NEWER, sl_lint_here(lint, SL_LINT_NONE),
                     "%s came with 1.%u; the trace is of 1.%u", reg->word, reg->since_minor, minor);
    }
}

static void check_direction(struct sl_lint *lint, const struct sl_abi_register *reg,
                            const struct sl_mmio_event *mmio)
{
    enum sl_abi_access wrong = mmio->is_read ? SL_ABI_WO : SL_ABI_RO;
    if (reg->access == wrong) {
        sl_lint_find(lint, SL_LINT_AGPU_REGISTER_DIRECTION, sl_lint_here(lint, SL_LINT_NONE),
                     "%s is %s", reg->word,
                     mmio->is_read ? "write-only; the read gives 0"
                                   : "read-only; the write is dropped");
    }
}

void sl_lint_agpu_registers_access(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    const struct sl_abi_register *reg = sl_abi_find_register(&sl_abi_aerogpu, mmio->offset / 4 * 4);
    if (!reg) {
        sl_lint_find(lint, SL_LINT_AGPU_REGISTER_UNKNOWN, sl_lint_here(lint, SL_LINT_NONE),
                     "%s of %u bytes at 0x%" PRIx64, mmio->is_read ? "read" : "write", mmio->size,
                     mmio->offset);
        return;
    }
    bool pair = mmio->size == 8 && mmio->offset % 8 == 0 &&
                sl_abi_find_register(&sl_abi_aerogpu, mmio->offset + 4);
    if ((mmio->size != 4 && !pair) || mmio->offset % 4 != 0) {
        sl_lint_find(lint, SL_LINT_AGPU_REGISTER_WIDTH, sl_lint_here(lint, SL_LINT_NONE),
                     "%s is accessed with %u bytes at 0x%" PRIx64, reg->word, mmio->size,
                     mmio->offset);
    }
    check_direction(lint, reg, mmio);
    check_offered(lint, reg);
    if (!mmio->is_read) {
        check_value(lint, reg, (uint32_t)mmio->value);
        follow_staged(lint, mmio);
    }
}

void sl_lint_agpu_registers_ended(struct sl_lint *lint)
{
    for (size_t i = 0; i < STAGED; i++) {
        find_lost(lint, i, "_HI never commits it");
    }
}
