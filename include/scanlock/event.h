/*
 * Bus events: what a guest does to a virtual GPU, in the order it happened.
 *
 * A trace is metadata followed by events. Every producer (assembler, importer, recorder) ends in
 * these events and every replay consumes nothing else.
 */
#ifndef SCANLOCK_EVENT_H
#define SCANLOCK_EVENT_H

#include <scanlock/error.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The values are part of the trace format (docs/trace-format.md) and never change. */
enum sl_event_type {
    SL_EVENT_MEM = 1,       /* the guest changed its memory */
    SL_EVENT_MMIO = 2,      /* register or configuration access */
    SL_EVENT_VRING = 3,     /* queue set-up where no register shows it (vhost-user) */
    SL_EVENT_NOTIFY = 4,    /* queue notification outside the register space (vhost-user kick) */
    SL_EVENT_VBLANK = 5,    /* virtual time moves on */
    SL_EVENT_FRAME = 6,     /* capture point */
    SL_EVENT_EXPECT = 7,    /* what the recorded device answered */
    SL_EVENT_NOTE = 8,      /* free text */
    SL_EVENT_DISPLAY = 9,   /* the host's wish for one display changed */
    SL_EVENT_RESET = 10,    /* power-on or bus reset of the device */
    SL_EVENT_ATTACH = 11,   /* named bytes kept with the trace; replay ignores them */
    SL_EVENT_RAM = 12,      /* the guest's RAM map from now on */
    SL_EVENT_FEATURES = 13, /* features accepted where no register shows it (vhost-user) */
};

/* Address spaces of SL_EVENT_MMIO. The values are part of the trace format. */
enum sl_space {
    SL_SPACE_BAR0 = 0, /* BAR n is SL_SPACE_BAR0 + n, n in 0..5 */
    SL_SPACE_BAR1 = 1,
    SL_SPACE_BAR2 = 2,
    SL_SPACE_BAR3 = 3,
    SL_SPACE_BAR4 = 4,
    SL_SPACE_BAR5 = 5,
    SL_SPACE_CONFIG = 6, /* PCI configuration space, offset 0..255 */
    SL_SPACE_VGA = 7,    /* legacy window; offset 0 is guest physical 0xA0000, 128 KiB */
    SL_SPACE_VBE = 8,    /* firmware state: u16 mode at 0 (0 = none), u16 bank at 2 */
    SL_SPACE_COUNT = 9,
};

/* What an SL_EVENT_EXPECT or an observation of a device is about. Part of the trace format. */
enum sl_observation_kind {
    SL_OBS_RESPONSE = 1, /* virtio: a chain was answered; bytes are what was written */
    SL_OBS_USED = 2,     /* virtio: a used-ring entry was published */
    SL_OBS_IRQ = 3,      /* interrupt line or message */
    SL_OBS_FENCE = 4,    /* AeroGPU: the completed fence advanced */
    SL_OBS_ERROR = 5,    /* AeroGPU: an error was recorded; virtio: the device broke */
    SL_OBS_FRAME = 6,    /* what a scanout showed at the last capture point */
};

/* queue of an SL_OBS_IRQ for the INTx line (value 0 or 1); otherwise queue is the MSI-X vector. */
#define SL_IRQ_INTX 0xFFFFFFFFu

struct sl_mem_event {
    uint64_t gpa;         /* guest physical address of the first byte */
    const uint8_t *bytes; /* borrowed, valid until the next event is read */
    size_t size;          /* at least 1 */
};

struct sl_mmio_event {
    enum sl_space space;
    uint8_t size; /* 1, 2, 4 or 8 bytes */
    bool is_read;
    bool has_value; /* a read may come without the value once seen; a write always has one */
    uint64_t offset;
    uint64_t value; /* zero-extended */
};

struct sl_vring_event {
    uint32_t queue;
    uint32_t size; /* descriptors; 0 disables the queue */
    uint64_t desc_gpa;
    uint64_t avail_gpa;
    uint64_t used_gpa;
    uint16_t base; /* index of the next chain to take */
};

struct sl_vblank_event {
    uint32_t count;   /* then run this many vblank periods */
    uint64_t time_ns; /* first move virtual time forward to here; an earlier time is no movement */
};

struct sl_display_event {
    uint32_t scanout;
    uint32_t width; /* 0 x 0 disables the display */
    uint32_t height;
};

/*
 * FRAME: value is width << 32 | height; bytes are the 16 bytes of the XXH3-128, in canonical form,
 * of the picture's RGBA8 rows without padding. If the scanout showed nothing value is 0 and there
 * are no bytes.
 */
struct sl_expect_event {
    enum sl_observation_kind kind;
    uint32_t queue;       /* RESPONSE, USED: queue; IRQ: vector or SL_IRQ_INTX; FRAME: scanout */
    uint32_t head;        /* RESPONSE, USED: head descriptor */
    uint64_t value;       /* USED: length; IRQ: level; FENCE: value; ERROR: code; FRAME: above */
    const uint8_t *bytes; /* RESPONSE, FRAME: borrowed as above, NULL if empty */
    size_t size;
};

/* name is a UTF-8 string without terminator; bytes only for ATTACH. */
struct sl_text_event {
    const char *text; /* borrowed, not terminated */
    size_t text_size;
    const uint8_t *bytes; /* ATTACH: borrowed payload */
    size_t size;
};

/* Bytes of a hash in an SL_OBS_FRAME. */
#define SL_FRAME_HASH_SIZE 16u

/* A piece of guest RAM: [gpa, gpa + size), both multiples of 4096, no wrap, no overlap. */
struct sl_ram_region {
    uint64_t gpa;
    uint64_t size;
};

/* Regions of one map at most. */
#define SL_RAM_REGIONS_MAX 1024u

/*
 * Replaces the whole map. The bytes of what stays, or comes back later, are kept; count is 0 to
 * SL_RAM_REGIONS_MAX, and the regions follow the rules of those in the metadata.
 */
struct sl_ram_event {
    const struct sl_ram_region *regions; /* borrowed as above, NULL if there are none */
    size_t count;
};

struct sl_event {
    enum sl_event_type type;
    union {
        struct sl_mem_event mem;
        struct sl_mmio_event mmio;
        struct sl_vring_event vring;
        uint32_t notify_queue;
        struct sl_vblank_event vblank;
        struct sl_display_event display;
        struct sl_expect_event expect;
        struct sl_text_event text; /* FRAME: name; NOTE: text; ATTACH: name and bytes */
        struct sl_ram_event ram;
        uint64_t features; /* FEATURES: one bit each, those of the whole set that was accepted */
    } u;
};

/*
 * Somebody who takes events one at a time: a writer, a list, a replay. The event and all it points
 * to are only valid during the call.
 */
struct sl_event_sink {
    void *data;
    enum sl_status (*put)(void *data, const struct sl_event *event, struct sl_error *err);
};

/* A device option, for instance "scanouts" = "2". docs/devices.md lists them per device. */
struct sl_option {
    const char *name;
    const char *value;
};

/*
 * What a trace says about itself. Strings are UTF-8, terminated, owned by whoever hands the struct
 * out, and never NULL ("" when absent).
 */
struct sl_trace_meta {
    const char *device;     /* "virtio-gpu" or "aerogpu" */
    uint32_t abi_version;   /* major << 16 | minor of the recorded ABI */
    const char *profile;    /* profile the trace was made under, "" = the device's default */
    const char *producer;   /* program that wrote the trace */
    const char *provenance; /* where the content comes from, free text */
    const struct sl_ram_region *ram;
    size_t ram_count;
    const struct sl_option *options; /* sorted by name, names unique */
    size_t option_count;
};

#ifdef __cplusplus
}
#endif
#endif
