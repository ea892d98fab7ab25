/*
 * Sparse guest-physical memory.
 *
 * RAM is declared in regions; what lies between them is a hole. Pages come into existence when they
 * are first written, so a large guest costs what it touched. Storage comes in blocks of 2 MiB of
 * address space, so that a contiguous guest range is contiguous in host memory inside a block.
 *
 * Two sides write: the guest (replayed events) and the device. Device writes can be logged, so that
 * a replay can show what the device changed.
 *
 * A mirror is the memory of a device whose guest runs elsewhere: what is read is first fetched
 * there, what the device writes is stored there, too.
 */
#ifndef SL_MEMORY_MEMORY_H
#define SL_MEMORY_MEMORY_H

#include <scanlock/event.h>

#define SL_MEM_PAGE_SIZE 4096u
#define SL_MEM_BLOCK_SIZE (2u << 20)

/* Default limit of touched pages, in bytes. */
#define SL_MEM_DEFAULT_LIMIT (UINT64_C(4) << 30)

/* What an access meets. Anything but OK means nothing was transferred. */
enum sl_mem_result {
    SL_MEM_OK,
    SL_MEM_HOLE, /* part of the range is not RAM, or it wraps around */
    SL_MEM_FULL, /* the host has no memory for it, or the limit is reached */
};

/* [gpa, gpa + size) */
struct sl_mem_range {
    uint64_t gpa;
    uint64_t size;
};

struct sl_mem;

/* limit_bytes bounds the pages touched; 0 takes the default. NULL without memory. */
struct sl_mem *sl_mem_create(uint64_t limit_bytes);
void sl_mem_destroy(struct sl_mem *mem);

/* Declares RAM. Rule mem.region: page aligned, not empty, no wrap, no overlap. */
enum sl_status sl_mem_add_region(struct sl_mem *mem, uint64_t gpa, uint64_t size,
                                 struct sl_error *err);

/*
 * Declares RAM anew: regions replace those before, in any order, with the same rule. Bytes are kept,
 * also of what is no RAM now and may be again. Nothing changes on failure.
 */
enum sl_status sl_mem_set_regions(struct sl_mem *mem, const struct sl_ram_region *regions,
                                  size_t count, struct sl_error *err);

/* True if all of the range is RAM. An empty range is, anywhere. */
bool sl_mem_is_ram(const struct sl_mem *mem, uint64_t gpa, uint64_t size);

/* Copies out; untouched RAM reads as zeros. */
enum sl_mem_result sl_mem_read(const struct sl_mem *mem, uint64_t gpa, void *out, size_t size);

/* The guest writes. */
enum sl_mem_result sl_mem_write(struct sl_mem *mem, uint64_t gpa, const void *bytes, size_t size);

/* The device writes: as sl_mem_write(), and the range is logged. */
enum sl_mem_result sl_mem_dma_write(struct sl_mem *mem, uint64_t gpa, const void *bytes,
                                    size_t size);

/*
 * What a device on the bus gets where it does not check: holes read as ones and swallow writes,
 * page by page. The rest is read, or written and logged. False if the host has no memory for a
 * write.
 */
void sl_mem_bus_read(const struct sl_mem *mem, uint64_t gpa, void *out, size_t size);
bool sl_mem_bus_write(struct sl_mem *mem, uint64_t gpa, const void *bytes, size_t size);

/*
 * The longest run from gpa, at most size bytes, that can be read in place: sets *run and returns
 * its first byte, valid until the next write to guest memory. Never copies. Returns NULL if gpa is
 * not RAM. size is at least 1. To walk a range, check it with sl_mem_is_ram() first.
 */
const uint8_t *sl_mem_peek(const struct sl_mem *mem, uint64_t gpa, size_t size, size_t *run);

/*
 * Ranges the device wrote since the last call, sorted, without overlap, touching ones joined. The
 * array is valid until the next device write. If the log itself ran out of memory *lost is true.
 */
const struct sl_mem_range *sl_mem_take_log(struct sl_mem *mem, size_t *count, bool *lost);

/* Where the guest of a mirror runs. Ranges are RAM, inside one page. */
struct sl_mem_source {
    void *data;
    void (*fetch)(void *data, uint64_t gpa, uint8_t *out, size_t size);
    void (*store)(void *data, uint64_t gpa, const uint8_t *bytes, size_t size);
    /* A fetch found these bytes to be other than they were in the mirror. */
    void (*changed)(void *data, uint64_t gpa, const uint8_t *bytes, size_t size);
};

/*
 * Makes mem a mirror for good, before anything is in it. source is copied, its data borrowed. False
 * without memory.
 */
bool sl_mem_set_source(struct sl_mem *mem, const struct sl_mem_source *source);

/*
 * Within a step each byte is fetched at most once, and not after the device wrote it: the device
 * sees a guest that stands still.
 */
void sl_mem_new_step(struct sl_mem *mem);

/* True once a mirror is of no use any more, as the host had no memory for it. */
bool sl_mem_is_stale(const struct sl_mem *mem);

/* Bytes of touched pages, a multiple of the page size. */
uint64_t sl_mem_touched_bytes(const struct sl_mem *mem);

/*
 * Calls visit for every touched page in ascending order of address, until it returns something else
 * than SL_OK, and returns that. page has SL_MEM_PAGE_SIZE bytes.
 */
enum sl_status sl_mem_visit_pages(const struct sl_mem *mem, void *data,
                                  enum sl_status (*visit)(void *data, uint64_t gpa,
                                                          const uint8_t *page));

#endif
