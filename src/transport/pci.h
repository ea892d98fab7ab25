/*
 * PCI configuration space of a single-function device with a type 0 header (PCI Local Bus 3.0,
 * chapter 6). Bytes, and per bit what software may change. Devices lay capabilities into it and
 * ask for the COMMAND bits; reactions to writes stay with the device.
 */
#ifndef SL_TRANSPORT_PCI_H
#define SL_TRANSPORT_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define SL_PCI_CONFIG_SIZE 256u

#define SL_PCI_COMMAND 0x04u
#define SL_PCI_COMMAND_IO 0x0001u
#define SL_PCI_COMMAND_MEMORY 0x0002u
#define SL_PCI_COMMAND_MASTER 0x0004u
#define SL_PCI_COMMAND_INTX_DISABLE 0x0400u
#define SL_PCI_STATUS_INTERRUPT 0x0008u
#define SL_PCI_STATUS_CAP_LIST 0x0010u

enum sl_pci_bar_kind {
    SL_PCI_BAR_MEM32,
    SL_PCI_BAR_MEM32_PREFETCH,
    SL_PCI_BAR_MEM64, /* takes the next BAR register too */
    SL_PCI_BAR_MEM64_PREFETCH,
};

struct sl_pci_identity {
    uint16_t vendor;
    uint16_t device;
    uint16_t subsystem_vendor;
    uint16_t subsystem;
    uint32_t class_code; /* base << 16 | subclass << 8 | programming interface */
    uint8_t revision;
    uint8_t interrupt_pin; /* 1 = INTA#, 0 = none */
};

struct sl_pci {
    uint8_t bytes[SL_PCI_CONFIG_SIZE];
    uint8_t writable[SL_PCI_CONFIG_SIZE]; /* mask of read-write bits per byte */
};

/* Registers of the header take their reset values; COMMAND is 0, no BAR exists yet. */
void sl_pci_init(struct sl_pci *pci, const struct sl_pci_identity *identity);

/* Adds BAR index (0..5) of a power of two of at least 16 bytes. */
void sl_pci_add_bar(struct sl_pci *pci, unsigned index, enum sl_pci_bar_kind kind, uint64_t size);

/*
 * Places a capability of size bytes, its id and next pointer included, at offset and makes it the
 * head of the list. body holds the bytes after the first two.
 */
void sl_pci_add_capability(struct sl_pci *pci, uint8_t offset, uint8_t id, const uint8_t *body,
                           uint8_t size);

/* size is 1, 2, 4 or 8; bytes past the end of the space read as ones. */
uint64_t sl_pci_read(const struct sl_pci *pci, uint64_t offset, unsigned size);

/* Changes the writable bits of the addressed bytes. */
void sl_pci_write(struct sl_pci *pci, uint64_t offset, unsigned size, uint64_t value);

uint16_t sl_pci_command(const struct sl_pci *pci);

/* Shows the interrupt line in the STATUS register. */
void sl_pci_set_interrupt_status(struct sl_pci *pci, bool asserted);

#endif
