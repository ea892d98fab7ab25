/*
 * The modern virtio-pci transport (virtio 1.2, 4.1) of a device with at most SL_VIRTIO_QUEUES
 * queues: capabilities, register structures in a BAR, the window in configuration space, MSI-X or
 * the INTx line. It keeps registers and interrupts; queues and what is in them are the owner's,
 * which is told when one starts, stops or is notified.
 */
#ifndef SL_TRANSPORT_VIRTIO_PCI_H
#define SL_TRANSPORT_VIRTIO_PCI_H

#include "transport/pci.h"
#include "transport/virtqueue.h"

#include <scanlock/event.h>

#define SL_VIRTIO_QUEUES 2u
#define SL_VIRTIO_VECTORS_MAX 3u
#define SL_VIRTIO_NO_VECTOR 0xFFFFu

/* The register structures, in the order of their cfg_type. */
enum sl_virtio_structure {
    SL_VIRTIO_COMMON,
    SL_VIRTIO_NOTIFY,
    SL_VIRTIO_ISR,
    SL_VIRTIO_DEVICE,
    SL_VIRTIO_STRUCTURES,
};

struct sl_virtio_range {
    uint8_t capability; /* its offset in configuration space */
    uint32_t offset;    /* in the BAR */
    uint32_t size;
};

/* Where a device has what. Capabilities are chained in the order of capability_order. */
struct sl_virtio_pci_layout {
    struct sl_pci_identity identity;
    unsigned bar;
    enum sl_pci_bar_kind bar_kind;
    uint64_t bar_size;
    struct sl_virtio_range structures[SL_VIRTIO_STRUCTURES];
    uint32_t notify_multiplier;
    uint8_t window_capability; /* of the configuration window, 0 = none */
    uint8_t msix_capability;   /* 0 = none; the table is at 0 of BAR msix_bar */
    unsigned msix_bar;
    uint32_t msix_bar_size;
    uint32_t msix_pending;                 /* offset of the pending bits */
    uint16_t vectors;                      /* 0 without MSI-X */
    const enum sl_virtio_structure *order; /* of the list, last first */
};

/* How a device negotiates and answers. */
struct sl_virtio_behaviour {
    uint64_t features; /* offered */
    uint16_t queue_sizes[SL_VIRTIO_QUEUES];
    bool queue_size_fixed; /* the driver cannot choose a smaller one */
    bool features_checked; /* FEATURES_OK stays only for offered features with VERSION_1 */
    bool config_end_ones;  /* device configuration reads as ones past its end, else as zeros */
    uint32_t config_size;  /* bytes of device configuration */
};

/* All mandatory. */
struct sl_virtio_owner_impl {
    void (*reset)(void *owner);
    void (*queue_start)(void *owner, uint32_t queue, const struct sl_vq_rings *rings);
    void (*queue_stop)(void *owner, uint32_t queue);
    void (*notify)(void *owner, uint32_t queue);
    /* The access lies inside the device configuration; size is 1, 2 or 4. */
    uint32_t (*config_read)(void *owner, uint32_t offset, unsigned size);
    void (*config_write)(void *owner, uint32_t offset, unsigned size, uint32_t value);
    /* The driver did what breaks the device (sl_virtio_pci_break() is for the owner to call). */
    void (*misuse)(void *owner, const char *reason);
    /* vector as in struct sl_expect_event; level is 0 or 1 for INTx. */
    void (*interrupt)(void *owner, uint32_t vector, uint32_t level, const char *text);
};

struct sl_virtio_queue_registers {
    uint16_t size;
    uint16_t vector;
    bool enabled;
    uint64_t desc_gpa;
    uint64_t avail_gpa;
    uint64_t used_gpa;
};

struct sl_virtio_vector {
    uint32_t words[4]; /* address low and high, data, control */
    bool pending;
};

struct sl_virtio_pci {
    struct sl_pci pci;
    const struct sl_virtio_pci_layout *layout;
    struct sl_virtio_behaviour behaviour;
    const struct sl_virtio_owner_impl *impl;
    void *owner;

    uint32_t device_feature_select;
    uint32_t driver_feature_select;
    uint32_t driver_feature_words[2]; /* as written */
    uint64_t driver_features;         /* in effect */
    uint16_t config_vector;
    uint8_t status;
    uint8_t config_generation;
    uint16_t queue_select;
    struct sl_virtio_queue_registers queues[SL_VIRTIO_QUEUES];

    uint8_t isr;
    bool line_requested; /* the device's wish; COMMAND may keep it from the line */
    bool line;
    struct sl_virtio_vector vectors[SL_VIRTIO_VECTORS_MAX];
};

/* Power-on state. Everything pointed at must outlive vp. */
void sl_virtio_pci_init(struct sl_virtio_pci *vp, const struct sl_virtio_pci_layout *layout,
                        const struct sl_virtio_behaviour *behaviour,
                        const struct sl_virtio_owner_impl *impl, void *owner);

/* Accesses to configuration space and BARs, size 1, 2, 4 or 8. */
uint64_t sl_virtio_pci_read(struct sl_virtio_pci *vp, enum sl_space space, uint64_t offset,
                            unsigned size);
void sl_virtio_pci_write(struct sl_virtio_pci *vp, enum sl_space space, uint64_t offset,
                         unsigned size, uint64_t value);

/* True if the function may access guest memory. */
bool sl_virtio_pci_is_master(const struct sl_virtio_pci *vp);

/* A used entry was published and the driver wants to know. */
void sl_virtio_pci_queue_interrupt(struct sl_virtio_pci *vp, uint32_t queue);

/* The device configuration has changed (virtio 1.2, 4.1.4.5.1 and 2.5). */
void sl_virtio_pci_config_changed(struct sl_virtio_pci *vp);

/* The device needs a reset (virtio 1.2, 2.1.2). */
void sl_virtio_pci_break(struct sl_virtio_pci *vp);

/* The structure that an offset of a BAR lies in, and where in it; false if in none. */
bool sl_virtio_pci_locate(const struct sl_virtio_pci *vp, enum sl_space space, uint64_t offset,
                          enum sl_virtio_structure *structure, uint32_t *inside);

/* ---- virtio_registers.c: the structures; size is 1, 2 or 4 ---- */

/* As after a status write of 0; tells the owner. */
void sl_virtio_registers_reset(struct sl_virtio_pci *vp);
uint32_t sl_virtio_registers_read(struct sl_virtio_pci *vp, enum sl_virtio_structure structure,
                                  uint32_t offset, unsigned size);
void sl_virtio_registers_write(struct sl_virtio_pci *vp, enum sl_virtio_structure structure,
                               uint32_t offset, unsigned size, uint32_t value);

/* ---- virtio_interrupt.c ---- */

void sl_virtio_interrupt_reset(struct sl_virtio_pci *vp);

/* Reading ISR: returns and clears it, and takes the line back. */
uint8_t sl_virtio_isr_take(struct sl_virtio_pci *vp);

/* After writes to configuration space: line, masked vectors. */
void sl_virtio_interrupt_update(struct sl_virtio_pci *vp);

uint64_t sl_virtio_msix_read(const struct sl_virtio_pci *vp, uint64_t offset, unsigned size);
void sl_virtio_msix_write(struct sl_virtio_pci *vp, uint64_t offset, unsigned size, uint64_t value);

#endif
