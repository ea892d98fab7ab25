/*
 * The front of the AeroGPU device: everything between the bus and the executor. One struct holds
 * the state, each source file next to this header owns one part of it.
 *
 * All of the device happens in sl_agpu_step(), which runs once after each register write and once
 * for each movement of virtual time (AeroGPU ABI, "Vblank"), and in the write handlers of
 * registers.c, which only set flags. Where the ABI is silent, docs/devices.md records what was
 * decided.
 */
#ifndef SL_DEVICE_AEROGPU_FRONT_H
#define SL_DEVICE_AEROGPU_FRONT_H

#include "abi/abi.h"
#include "base/buf.h"
#include "device/aerogpu/executor.h"
#include "device/aerogpu/problem.h"
#include "transport/pci.h"

#include <scanlock/aerogpu_abi.h>
#include <scanlock/device.h>

struct sl_agpu;

/* ---- options.c ---- */

struct sl_agpu_options {
    uint32_t vblank_hz; /* 0 = no vblank */
    uint32_t features;  /* offered bits; VBLANK is never among them without a vblank rate */
    bool profile_aero;
    enum sl_agpu_flavour flavour;
    bool continues_on_error; /* failing packets are passed over */
    bool half_pixel;         /* as in struct sl_agpu_exec_config */
};

/* Rules device.profile, device.option.unknown and device.option.value. */
enum sl_status sl_agpu_options_parse(struct sl_agpu_options *options,
                                     const struct sl_target_config *config, struct sl_error *err);

/* ---- device.c ---- */

/* A host failure: sticky, the first one is kept. size_bytes as in sl_fail_memory(). */
void sl_agpu_fail_memory(struct sl_agpu *dev, uint64_t size_bytes);

/*
 * Ceiling on what one device does with command streams and tables, unless its configuration has
 * another: bytes read and touched, instructions of lanes, pixels; a submission counts for some
 * more. A small trace can name the same bytes again and again.
 */
#define SL_AGPU_WORK_LIMIT (UINT64_C(1) << 38)

/* Charges work against the device's ceiling; false, with the fault set, once it is used up. */
bool sl_agpu_spend(struct sl_agpu *dev, uint64_t work);

void sl_agpu_observe(struct sl_agpu *dev, const struct sl_observation *observation);

/* Shows the inspector a struct that was read and found good. */
void sl_agpu_show_struct(const struct sl_agpu *dev, const struct sl_abi_struct *layout,
                         const uint8_t *bytes, size_t size);

/* One processing step at the current device time. */
void sl_agpu_step(struct sl_agpu *dev);

/* ---- dma.c: guest memory as a bus master sees it ---- */

/* COMMAND.bus_master: without it the device touches no guest memory. */
bool sl_agpu_is_master(const struct sl_agpu *dev);

/* [gpa, gpa + size) does not wrap. Bytes that are not RAM read as 0xFF. */
void sl_agpu_dma_read(const struct sl_agpu *dev, uint64_t gpa, void *out, size_t size);

/* The same for writing; what is not RAM swallows its bytes. A full host sets the fault. */
void sl_agpu_dma_write(struct sl_agpu *dev, uint64_t gpa, const void *bytes, size_t size);

/* ---- registers.c ---- */

#define SL_AGPU_REGISTER_WORDS (AEROGPU_MMIO_REG_CURSOR_PITCH_BYTES / 4 + 1)

/* The low half of a framebuffer address that waits for its high half. */
struct sl_agpu_staged {
    bool pending;
    uint32_t lo;
};

/* The register file is the only place of what registers show; words[offset / 4]. */
struct sl_agpu_registers {
    uint32_t words[SL_AGPU_REGISTER_WORDS];
    struct sl_agpu_staged scanout_fb;
    struct sl_agpu_staged cursor_fb;
};

void sl_agpu_registers_reset(struct sl_agpu *dev);

/* What a guest reads and writes at an offset of BAR0. size is 1, 2, 4 or 8. */
uint64_t sl_agpu_registers_read(const struct sl_agpu *dev, uint64_t offset, unsigned size);
void sl_agpu_registers_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value);

/* The stored words, without access rules; the 64-bit forms take the offset of the low half. */
uint32_t sl_agpu_get(const struct sl_agpu *dev, uint32_t offset);
uint64_t sl_agpu_get64(const struct sl_agpu *dev, uint32_t offset_lo);
void sl_agpu_set(struct sl_agpu *dev, uint32_t offset, uint32_t value);
void sl_agpu_set64(struct sl_agpu *dev, uint32_t offset_lo, uint64_t value);

/* ---- pci_function.c ---- */

void sl_agpu_pci_init(struct sl_agpu *dev);
void sl_agpu_pci_reset(struct sl_agpu *dev);
uint64_t sl_agpu_bus_read(struct sl_agpu *dev, enum sl_space space, uint64_t offset, unsigned size);
void sl_agpu_bus_write(struct sl_agpu *dev, enum sl_space space, uint64_t offset, unsigned size,
                       uint64_t value);

/* ---- interrupt.c ---- */

/* Latches one AEROGPU_IRQ_* cause under the rules for masked causes. */
void sl_agpu_irq_raise(struct sl_agpu *dev, uint32_t cause);
void sl_agpu_irq_write_enable(struct sl_agpu *dev, uint32_t value);
void sl_agpu_irq_write_ack(struct sl_agpu *dev, uint32_t value);

/* Drives the line from the registers and COMMAND; tells the observer when it moved. */
void sl_agpu_irq_update(struct sl_agpu *dev);

/* ---- error_info.c ---- */

/*
 * Records one error of a submission (fence 0: of none). where is "" or what comes between the
 * fence and the detail, for instance "packet=3 offset=0x60 CLEAR".
 */
void sl_agpu_error_record(struct sl_agpu *dev, enum sl_agpu_class class_, uint64_t fence,
                          const char *where, const char *detail);

/* ---- reset.c ---- */

void sl_agpu_device_reset(struct sl_agpu *dev);

/* RING_CONTROL.RESET: what happens inside the write. */
void sl_agpu_ring_reset(struct sl_agpu *dev);

/* What of a ring reset touches guest memory; needs bus mastering. */
void sl_agpu_ring_reset_memory(struct sl_agpu *dev);

/* ---- vblank.c ---- */

struct sl_agpu_vblank {
    uint64_t virtual_ns; /* time of the replay */
    uint64_t base_ns;    /* virtual time of the last device reset */
    bool running;
    uint64_t deadline_ns; /* device time of the next edge */
};

/* SCANOUT0_ENABLE went from 0 to 1, or back. */
void sl_agpu_vblank_start(struct sl_agpu *dev);
void sl_agpu_vblank_stop(struct sl_agpu *dev);

/* The edges due by now. */
void sl_agpu_vblank_run(struct sl_agpu *dev);

/* Moves virtual time, as struct sl_vblank_event says. */
void sl_agpu_vblank_advance(struct sl_agpu *dev, const struct sl_vblank_event *event);

/* ---- ring.c, submission.c ---- */

/*
 * Sets head = tail in the ring header at ring_gpa; false, without access, if either wraps around.
 */
bool sl_agpu_ring_empty(struct sl_agpu *dev, uint64_t ring_gpa);

/* Takes the pending doorbell; bus mastering is on. */
void sl_agpu_ring_process(struct sl_agpu *dev);

/* One descriptor of entry_stride bytes, of which desc holds the first 64. */
void sl_agpu_submission_process(struct sl_agpu *dev, const uint8_t *desc, uint32_t entry_stride);

/* ---- fences.c ---- */

struct sl_agpu_fence {
    uint64_t value;
    bool gated;
    bool wants_irq;
};

/*
 * Fences not yet complete, oldest first. The first ready_count of the queue wait for nothing but
 * the next completion; the one behind them, if any, waits for a vblank edge.
 */
struct sl_agpu_fences {
    struct sl_agpu_fence *entries;
    size_t capacity;
    size_t first; /* of the queue, in entries */
    size_t count;
    size_t ready_count;
};

void sl_agpu_fences_finish(struct sl_agpu_fences *fences);
void sl_agpu_fences_drop(struct sl_agpu_fences *fences);
void sl_agpu_fence_queue(struct sl_agpu *dev, struct sl_agpu_fence fence);

/* A vblank edge: the oldest gated fence waits no longer. */
void sl_agpu_fences_edge(struct sl_agpu *dev);

/* Vblank or the scanout went away: no fence waits for an edge. */
void sl_agpu_fences_ungate(struct sl_agpu *dev);

/* Completes what is ready; does nothing without bus mastering. */
void sl_agpu_fences_complete(struct sl_agpu *dev);

/* ---- fence_page.c ---- */

/* Writes COMPLETED_FENCE to the fence page if there is one; bus mastering is on. */
void sl_agpu_fence_page_write(struct sl_agpu *dev);

/* ---- vram.c ---- */

#define SL_AGPU_VRAM_CHUNK_SIZE 65536u
#define SL_AGPU_VRAM_CHUNKS (AEROGPU_PCI_BAR1_SIZE_BYTES / SL_AGPU_VRAM_CHUNK_SIZE)

/* BAR1 memory; a chunk nobody wrote is NULL and reads as zeros. */
struct sl_agpu_vram {
    uint8_t *chunks[SL_AGPU_VRAM_CHUNKS];
    uint16_t vbe_mode;
    uint16_t vbe_bank;
};

void sl_agpu_vram_finish(struct sl_agpu_vram *vram);
uint64_t sl_agpu_vram_read(const struct sl_agpu *dev, uint64_t offset, unsigned size);
void sl_agpu_vram_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value);

/* [offset, offset + size) lies inside the aperture. */
void sl_agpu_vram_copy_out(const struct sl_agpu *dev, uint32_t offset, uint8_t *out, size_t size);

/* ---- vga.c: the legacy window and VBE ---- */

uint64_t sl_agpu_vga_read(const struct sl_agpu *dev, uint64_t offset, unsigned size);
void sl_agpu_vga_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value);
uint64_t sl_agpu_vbe_read(const struct sl_agpu *dev, uint64_t offset, unsigned size);
void sl_agpu_vbe_write(struct sl_agpu *dev, uint64_t offset, unsigned size, uint64_t value);

/* The active VBE mode, NULL if there is none. */
const struct sl_abi_vbe_mode *sl_agpu_vbe_mode(const struct sl_agpu *dev);

/* Pixel x, y of the active mode's picture; false if there is none. */
bool sl_agpu_vbe_pixel(const struct sl_agpu *dev, uint32_t x, uint32_t y, uint8_t rgba[4]);

/* The picture of the active VBE mode, 0 x 0 if there is none. */
enum sl_status sl_agpu_vbe_capture(const struct sl_agpu *dev, struct sl_image *image,
                                   struct sl_error *err);

/* ---- display.c: who owns the display, and what a capture shows ---- */

struct sl_agpu_display {
    bool claimed;     /* by the scanout registers, until device reset */
    bool was_enabled; /* SCANOUT0_ENABLE has been 1 since device reset */
};

void sl_agpu_display_update(struct sl_agpu *dev);
enum sl_status sl_agpu_capture(struct sl_agpu *dev, struct sl_image *image, struct sl_error *err);

/* ---- shown_pixel.c: see struct sl_target_impl ---- */

bool sl_agpu_pixel(const struct sl_agpu *dev, uint32_t x, uint32_t y, uint8_t rgba[4]);
struct sl_pixel_source sl_agpu_pixel_source(const struct sl_agpu *dev, uint32_t x, uint32_t y);

/* ---- scanout.c ---- */

/* A framebuffer or cursor image in guest memory, as its registers describe it. */
struct sl_agpu_surface {
    bool enabled;
    uint32_t width;
    uint32_t height;
    uint32_t pitch_bytes;
    uint64_t gpa;
    const struct sl_abi_format *format; /* NULL if the ABI has no such format */
};

struct sl_agpu_surface sl_agpu_scanout(const struct sl_agpu *dev);

/*
 * The top left width x height pixels, not 0 on either side, have addresses: rows do not overlap,
 * nothing wraps around, and as RGBA8 they are at most max_bytes. The format is known.
 */
bool sl_agpu_surface_addressable(const struct sl_agpu_surface *surface, uint32_t width,
                                 uint32_t height, uint64_t max_bytes);

/* The image can be read now: every condition of the ABI but that of the format. */
bool sl_agpu_surface_exists(const struct sl_agpu *dev, const struct sl_agpu_surface *surface,
                            uint64_t max_bytes);

/* A scanout image exists: every condition of the ABI's "Reading the scanout". */
bool sl_agpu_scanout_exists(const struct sl_agpu *dev, const struct sl_agpu_surface *surface);

/* Reads a scanout that exists as RGBA8. UNSUPPORTED if no sl_image can be so large. */
enum sl_status sl_agpu_scanout_read(const struct sl_agpu *dev,
                                    const struct sl_agpu_surface *surface, struct sl_image *image,
                                    struct sl_error *err);

/* ---- present_copy.c ---- */

/* The last copy, for whoever asks where a pixel of guest memory comes from. */
struct sl_agpu_copied {
    struct sl_agpu_presented from;
    uint64_t gpa;
    uint32_t pitch_bytes;
    uint32_t width; /* 0 = none */
    uint32_t height;
};

/* Copies the presented image into the scanout framebuffer. False with *problem on failure. */
bool sl_agpu_present_copy(struct sl_agpu *dev, struct sl_agpu_problem *problem);

/* ---- cursor.c ---- */

/* Draws the hardware cursor, if it is shown, over an image of the scanout from x, y on. */
enum sl_status sl_agpu_cursor_compose(const struct sl_agpu *dev, uint32_t x, uint32_t y,
                                      struct sl_image *image, struct sl_error *err);

struct sl_agpu {
    struct sl_target target;
    struct sl_mem *mem;
    const struct sl_observer *observer;
    const struct sl_inspector *inspector; /* may be NULL */
    struct sl_agpu_exec *exec;
    struct sl_agpu_options options;
    struct sl_pci pci;
    struct sl_agpu_registers registers;
    struct sl_agpu_fences fences;
    struct sl_agpu_vblank vblank;
    struct sl_agpu_vram vram;
    struct sl_agpu_display display;
    bool doorbell_pending;
    bool ring_reset_pending; /* its memory part */
    bool irq_line;
    bool stopped; /* by the inspector: nothing happens any more */
    struct sl_agpu_copied copied;
    struct sl_buf stream; /* of the current submission */
    struct sl_agpu_alloc_table table;
    struct sl_buf scratch; /* table bytes, rows of pixels */
    struct sl_buf text;    /* of an observation */
    uint64_t work;
    uint64_t work_limit;
    enum sl_status fault;
    struct sl_error fault_report;
};

#endif
