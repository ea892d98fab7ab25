#include "transport/pci.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

/* Header registers, PCI Local Bus 3.0 figure 6-1. */
enum {
    VENDOR_ID = 0x00,
    DEVICE_ID = 0x02,
    STATUS = 0x06,
    REVISION = 0x08,
    CLASS_CODE = 0x09,
    CACHE_LINE_SIZE = 0x0C,
    BAR0 = 0x10,
    SUBSYSTEM_VENDOR = 0x2C,
    SUBSYSTEM = 0x2E,
    CAPABILITIES = 0x34,
    INTERRUPT_LINE = 0x3C,
    INTERRUPT_PIN = 0x3D,
};

/* IO, memory, master, parity response, SERR# and INTx disable. */
enum { COMMAND_WRITABLE = 0x0547 };

void sl_pci_init(struct sl_pci *pci, const struct sl_pci_identity *identity)
{
    memset(pci, 0, sizeof(*pci));
    sl_put_le16(pci->bytes + VENDOR_ID, identity->vendor);
    sl_put_le16(pci->bytes + DEVICE_ID, identity->device);
    pci->bytes[REVISION] = identity->revision;
    sl_put_le(pci->bytes + CLASS_CODE, 3, identity->class_code);
    sl_put_le16(pci->bytes + SUBSYSTEM_VENDOR, identity->subsystem_vendor);
    sl_put_le16(pci->bytes + SUBSYSTEM, identity->subsystem);
    pci->bytes[INTERRUPT_PIN] = identity->interrupt_pin;
    sl_put_le16(pci->writable + SL_PCI_COMMAND, COMMAND_WRITABLE);
    pci->writable[CACHE_LINE_SIZE] = 0xFF;
    pci->writable[INTERRUPT_LINE] = 0xFF;
}

void sl_pci_add_bar(struct sl_pci *pci, unsigned index, enum sl_pci_bar_kind kind, uint64_t size)
{
    bool wide = kind == SL_PCI_BAR_MEM64 || kind == SL_PCI_BAR_MEM64_PREFETCH;
    bool prefetch = kind == SL_PCI_BAR_MEM32_PREFETCH || kind == SL_PCI_BAR_MEM64_PREFETCH;
    assert(index + wide < 6 && size >= 16 && (size & (size - 1)) == 0);
    unsigned at = BAR0 + 4 * index;
    sl_put_le32(pci->bytes + at, (wide ? 4u : 0u) | (prefetch ? 8u : 0u));
    uint64_t mask = ~(size - 1);
    sl_put_le32(pci->writable + at, (uint32_t)mask);
    if (wide) {
        sl_put_le32(pci->writable + at + 4, (uint32_t)(mask >> 32));
    }
}

void sl_pci_add_capability(struct sl_pci *pci, uint8_t offset, uint8_t id, const uint8_t *body,
                           uint8_t size)
{
    assert(offset >= 0x40 && offset % 4 == 0 && size >= 2 && offset + size <= 256);
    pci->bytes[offset] = id;
    pci->bytes[offset + 1] = pci->bytes[CAPABILITIES];
    memcpy(pci->bytes + offset + 2, body, size - 2u);
    pci->bytes[CAPABILITIES] = offset;
    pci->bytes[STATUS] |= SL_PCI_STATUS_CAP_LIST;
}

uint64_t sl_pci_read(const struct sl_pci *pci, uint64_t offset, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) {
        bool inside = offset < SL_PCI_CONFIG_SIZE && offset + i < SL_PCI_CONFIG_SIZE;
        value |= (uint64_t)(inside ? pci->bytes[offset + i] : 0xFF) << (8 * i);
    }
    return value;
}

void sl_pci_write(struct sl_pci *pci, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size && offset < SL_PCI_CONFIG_SIZE; i++, offset++) {
        uint8_t mask = pci->writable[offset];
        uint8_t byte = (uint8_t)(value >> (8 * i));
        pci->bytes[offset] = (uint8_t)((pci->bytes[offset] & ~mask) | (byte & mask));
    }
}

uint16_t sl_pci_command(const struct sl_pci *pci)
{
    return sl_get_le16(pci->bytes + SL_PCI_COMMAND);
}

void sl_pci_set_interrupt_status(struct sl_pci *pci, bool asserted)
{
    uint8_t others = (uint8_t)(pci->bytes[STATUS] & ~SL_PCI_STATUS_INTERRUPT);
    pci->bytes[STATUS] = (uint8_t)(others | (asserted ? SL_PCI_STATUS_INTERRUPT : 0));
}
