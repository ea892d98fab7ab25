/* What an AeroGPU guest means: registers, and submissions behind a doorbell. */
#include "trace/dump_guest_impl.h"

#include "abi_aerogpu.h"
#include "base/bytes.h"
#include "trace/dump_shader.h"

#include <inttypes.h>
#include <scanlock/aerogpu_abi.h>
#include <stddef.h>

enum {
    SUBMISSIONS_MAX = 256, /* that one doorbell shows */
    PACKETS_MAX = 4096,    /* of all of them */
    STREAM_MAX = 1 << 20,  /* bytes of their streams */
};

bool sl_dump_aerogpu_register(const struct sl_mmio_event *mmio, const char **name,
                              const struct sl_abi_enum **names)
{
    const struct sl_abi_register *found =
        mmio->space == SL_SPACE_BAR0 ? sl_abi_find_register(&sl_abi_aerogpu, mmio->offset) : NULL;
    if (found) {
        *name = found->word;
        *names = found->names;
    }
    return found;
}

/* What one doorbell may still cost. */
struct budget {
    size_t packets;
    size_t bytes;
};

static void show_packet(const uint8_t *wire, size_t size, bool shaders, struct sl_buf *notes)
{
    struct sl_buf text = {0};
    uint32_t value = sl_get_le32(wire);
    const struct sl_abi_opcode *opcode = sl_abi_find_opcode(&sl_abi_aerogpu, value);
    if (opcode) {
        sl_buf_printf(&text, "  %s ", opcode->word);
        sl_abi_print_struct(&text, opcode->layout, wire, size);
    } else {
        sl_buf_printf(&text, "  opcode 0x%" PRIx32 ", %zu bytes", value, size);
    }
    sl_dump_line(notes, &text);
    sl_buf_finish(&text);
    if (shaders && value == AEROGPU_CMD_CREATE_SHADER_DXBC) {
        sl_dump_shader(wire, size, notes);
    }
}

static void show_stream(const struct sl_dump_guest *guest, uint64_t gpa, uint32_t size,
                        struct budget *budget, struct sl_buf *notes)
{
    const size_t header = sizeof(struct aerogpu_cmd_stream_header);
    const size_t packet = sizeof(struct aerogpu_cmd_hdr);
    struct sl_buf stream = {0};
    sl_dump_fetch(guest, gpa, size < budget->bytes ? size : budget->bytes, &stream);
    budget->bytes -= stream.size < budget->bytes ? stream.size : budget->bytes;
    size_t at = header;
    while (budget->packets > 0 && at < stream.size && stream.size - at >= packet) {
        const uint8_t *wire = stream.data + at;
        size_t left = stream.size - at;
        uint32_t bytes = sl_get_le32(wire + offsetof(struct aerogpu_cmd_hdr, size_bytes));
        if (bytes < packet || bytes > left) {
            break;
        }
        show_packet(wire, bytes, guest->aerogpu.shaders, notes);
        budget->packets--;
        at += bytes;
    }
    sl_buf_finish(&stream);
}

static void show_submission(const struct sl_dump_guest *guest, uint64_t gpa, struct budget *budget,
                            struct sl_buf *notes)
{
    struct sl_buf wire = {0};
    struct sl_buf text = {0};
    struct aerogpu_submit_desc desc;
    sl_dump_fetch(guest, gpa, sizeof(desc), &wire);
    if (wire.size == sizeof(desc)) {
        sl_abi_decode(SL_LAYOUT_AEROGPU_SUBMIT_DESC, wire.data, wire.size, &desc);
        sl_buf_text(&text, "submission ");
        sl_abi_print_struct(&text, SL_LAYOUT_AEROGPU_SUBMIT_DESC, wire.data, wire.size);
        sl_dump_line(notes, &text);
        show_stream(guest, desc.cmd_gpa, desc.cmd_size_bytes, budget, notes);
    }
    sl_buf_finish(&text);
    sl_buf_finish(&wire);
}

static void show_ring(struct sl_dump_guest *guest, struct sl_buf *notes)
{
    struct sl_dump_aerogpu *g = &guest->aerogpu;
    struct sl_buf wire = {0};
    struct budget budget = {.packets = PACKETS_MAX, .bytes = STREAM_MAX};
    struct aerogpu_ring_header ring = {0};
    sl_dump_fetch(guest, g->ring, sizeof(ring), &wire);
    if (wire.size == sizeof(ring)) {
        sl_abi_decode(SL_LAYOUT_AEROGPU_RING_HEADER, wire.data, wire.size, &ring);
    }
    sl_buf_finish(&wire);
    if (ring.entry_count == 0) {
        return;
    }
    if (!g->started) {
        g->next = ring.head;
        g->started = true;
    }
    for (unsigned i = 0; i < SUBMISSIONS_MAX && g->next != ring.tail; i++, g->next++) {
        uint64_t slot = (uint64_t)(g->next % ring.entry_count) * ring.entry_stride_bytes;
        show_submission(guest, g->ring + sizeof(ring) + slot, &budget, notes);
    }
    g->next = ring.tail;
}

void sl_dump_aerogpu_write(struct sl_dump_guest *guest, const struct sl_mmio_event *mmio,
                           struct sl_buf *notes)
{
    struct sl_dump_aerogpu *g = &guest->aerogpu;
    uint32_t value = (uint32_t)mmio->value;
    if (mmio->space != SL_SPACE_BAR0) {
        return;
    }
    switch (mmio->offset) {
    case AEROGPU_MMIO_REG_RING_GPA_LO:
        g->ring = (g->ring >> 32 << 32) | value;
        g->ring = mmio->size == 8 ? mmio->value : g->ring;
        g->started = false;
        break;
    case AEROGPU_MMIO_REG_RING_GPA_HI:
        g->ring = (g->ring & UINT32_MAX) | (uint64_t)value << 32;
        g->started = false;
        break;
    case AEROGPU_MMIO_REG_RING_CONTROL:
        g->started = g->started && !(value & AEROGPU_RING_CONTROL_RESET);
        break;
    case AEROGPU_MMIO_REG_DOORBELL:
        show_ring(guest, notes);
        break;
    default:
        break;
    }
}
