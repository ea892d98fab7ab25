/* Interrupts: what is acknowledged, and what never is. */
#include "lint/lint_agpu.h"

#include "abi_aerogpu.h"

#include <inttypes.h>

static uint32_t pending(const struct sl_lint *lint)
{
    return sl_lint_agpu_is_decoded(lint) ? sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_IRQ_STATUS) &
                                               sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_IRQ_ENABLE)
                                         : 0;
}

static void print_causes(uint32_t causes, struct sl_buf *out)
{
    sl_abi_print_value(out, SL_ABI_U32, SL_ENUM_AEROGPU_IRQ, causes);
}

void sl_lint_agpu_interrupts_access(struct sl_lint *lint, const struct sl_mmio_event *mmio)
{
    uint32_t status = sl_lint_agpu_get(lint, AEROGPU_MMIO_REG_IRQ_STATUS);
    if (!mmio->is_read && mmio->offset == AEROGPU_MMIO_REG_DOORBELL) {
        lint->agpu->interrupts.doorbell = lint->event;
    }
    if (mmio->is_read || mmio->offset != AEROGPU_MMIO_REG_IRQ_ACK || (mmio->value & status)) {
        return;
    }
    sl_lint_find(lint, SL_LINT_AGPU_IRQ_ACK_IDLE, sl_lint_here(lint, SL_LINT_NONE),
                 "IRQ_ACK is 0x%" PRIx32 ", IRQ_STATUS 0x%" PRIx32, (uint32_t)mmio->value, status);
}

void sl_lint_agpu_interrupts_passed(struct sl_lint *lint)
{
    struct sl_lint_agpu_interrupts *it = &lint->agpu->interrupts;
    if (!pending(lint)) {
        it->raised = SL_LINT_NONE;
    } else if (it->raised == SL_LINT_NONE) {
        it->raised = lint->event;
    }
}

void sl_lint_agpu_interrupts_ended(struct sl_lint *lint)
{
    uint64_t raised = lint->agpu->interrupts.raised;
    struct sl_buf text = {0};
    /* A trace may end before its guest gets to it; a guest that goes on had the time. */
    if (raised == SL_LINT_NONE || lint->agpu->interrupts.doorbell <= raised) {
        return;
    }
    print_causes(pending(lint), &text);
    const char *causes = sl_buf_cstr(&text);
    const struct sl_lint_place place = {
        .event = raised, .command = SL_LINT_NONE, .name = "", .gpa = SL_LINT_NONE};
    sl_lint_find(lint, SL_LINT_AGPU_IRQ_UNACKNOWLEDGED, place,
                 "%s is pending since here and enabled, and IRQ_ACK never clears it",
                 causes ? causes : "?");
    sl_buf_finish(&text);
}
