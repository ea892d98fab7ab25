#include "trace/dump_guest.h"

#include "base/bytes.h"
#include "trace/dump_guest_impl.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 400 };

/* Comments are not worth more than this of the host's memory. */
#define MEMORY_LIMIT (UINT64_C(1) << 30)

struct sl_dump_guest *sl_dump_guest_create(const struct sl_trace_meta *meta, bool shaders)
{
    struct sl_dump_guest *guest = calloc(1, sizeof(*guest));
    struct sl_mem *mem = guest ? sl_mem_create(MEMORY_LIMIT) : NULL;
    if (!mem) {
        free(guest);
        return NULL;
    }
    guest->mem = mem;
    guest->aerogpu.shaders = shaders;
    for (size_t i = 0; i < meta->ram_count; i++) {
        if (sl_mem_add_region(mem, meta->ram[i].gpa, meta->ram[i].size, NULL) ==
            SL_ERR_ENVIRONMENT) {
            sl_dump_guest_destroy(guest);
            return NULL;
        }
    }
    static const struct sl_abi *const abis[] = {&sl_abi_virtio_gpu, &sl_abi_aerogpu};
    for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
        if (strcmp(meta->device, abis[i]->name) == 0) {
            guest->abi = abis[i];
        }
    }
    return guest;
}

void sl_dump_guest_destroy(struct sl_dump_guest *guest)
{
    if (guest) {
        sl_mem_destroy(guest->mem);
        free(guest);
    }
}

uint64_t sl_dump_peek(const struct sl_dump_guest *guest, uint64_t gpa, unsigned size)
{
    uint8_t bytes[8] = {0};
    return sl_mem_read(guest->mem, gpa, bytes, size) == SL_MEM_OK ? sl_get_le(bytes, size) : 0;
}

void sl_dump_fetch(const struct sl_dump_guest *guest, uint64_t gpa, size_t size, struct sl_buf *out)
{
    while (size > 0) {
        size_t run = 0;
        const uint8_t *bytes = sl_mem_peek(guest->mem, gpa, size, &run);
        if (!bytes) {
            return;
        }
        sl_buf_append(out, bytes, run);
        gpa += run;
        size -= run;
    }
}

void sl_dump_line(struct sl_buf *notes, const struct sl_buf *text)
{
    size_t size = text->size < LINE_MAX_BYTES ? text->size : LINE_MAX_BYTES;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = text->data[i];
        sl_buf_u8(notes, c >= 0x20 && c < 0x7F ? c : '.');
    }
    sl_buf_text(notes, size < text->size ? "...\n" : "\n");
}

static enum sl_abi_type access_type(uint8_t size)
{
    return size == 8 ? SL_ABI_U64 : size == 4 ? SL_ABI_U32 : size == 2 ? SL_ABI_U16 : SL_ABI_U8;
}

/* "STATUS = DRIVER|ACKNOWLEDGE" */
static void name_register(const struct sl_dump_guest *guest, const struct sl_mmio_event *mmio,
                          struct sl_buf *notes)
{
    const char *name = NULL;
    const struct sl_abi_enum *names = NULL;
    bool found = guest->abi == &sl_abi_aerogpu ? sl_dump_aerogpu_register(mmio, &name, &names)
                                               : sl_dump_virtio_register(mmio, &name, &names);
    if (!found) {
        return;
    }
    struct sl_buf text = {0};
    sl_buf_text(&text, name);
    if (mmio->has_value) {
        sl_buf_text(&text, " = ");
        sl_abi_print_value(&text, access_type(mmio->size), names, mmio->value);
    }
    sl_dump_line(notes, &text);
    sl_buf_finish(&text);
}

static void follow_access(struct sl_dump_guest *guest, const struct sl_mmio_event *mmio,
                          struct sl_buf *notes)
{
    name_register(guest, mmio, notes);
    if (mmio->is_read) {
        return;
    }
    if (guest->abi == &sl_abi_aerogpu) {
        sl_dump_aerogpu_write(guest, mmio, notes);
    } else {
        sl_dump_virtio_write(guest, mmio, notes);
    }
}

void sl_dump_guest_event(struct sl_dump_guest *guest, const struct sl_event *event,
                         struct sl_buf *notes)
{
    if (!guest->abi) {
        return;
    }
    switch (event->type) {
    case SL_EVENT_MEM:
        /* What lies outside RAM or is too much for the host only loses its comments. */
        (void)sl_mem_write(guest->mem, event->u.mem.gpa, event->u.mem.bytes, event->u.mem.size);
        break;
    case SL_EVENT_MMIO:
        follow_access(guest, &event->u.mmio, notes);
        break;
    case SL_EVENT_VRING:
        sl_dump_virtio_vring(guest, &event->u.vring);
        break;
    case SL_EVENT_RAM:
        /* As with memory that does not fit. */
        (void)sl_mem_set_regions(guest->mem, event->u.ram.regions, event->u.ram.count, NULL);
        break;
    case SL_EVENT_NOTIFY:
        sl_dump_virtio_notify(guest, event->u.notify_queue, notes);
        break;
    case SL_EVENT_RESET:
        guest->virtio = (struct sl_dump_virtio){0};
        guest->aerogpu = (struct sl_dump_aerogpu){0};
        break;
    case SL_EVENT_VBLANK:
    case SL_EVENT_FRAME:
    case SL_EVENT_EXPECT:
    case SL_EVENT_NOTE:
    case SL_EVENT_DISPLAY:
    case SL_EVENT_ATTACH:
    case SL_EVENT_FEATURES:
        break;
    }
}
