/*
 * Blocks are found through a digital tree from block number to block, which no choice of addresses
 * makes slow; a block is an anonymous mapping that the kernel fills with zero pages on demand, and
 * a bitmap of the pages that were written. Reading never creates anything: untouched pages read
 * from one shared zero page.
 */
#include "memory/memory.h"

#include "base/checked.h"
#include "base/digital_tree.h"
#include "base/status.h"
#include "memory/fetched_bytes.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGES_PER_BLOCK = SL_MEM_BLOCK_SIZE / SL_MEM_PAGE_SIZE };

struct block {
    struct sl_digital_node node; /* first; the key is gpa / SL_MEM_BLOCK_SIZE */
    uint8_t *bytes;
    uint64_t touched[PAGES_PER_BLOCK / 64];
};

/* What makes a memory a mirror. */
struct mirror {
    struct sl_mem *mem; /* that it belongs to: fetching is part of reading, which changes nothing
                           that a reader could tell */
    struct sl_mem_source source;
    struct sl_fetched fetched;
    bool stale;
};

struct sl_mem {
    struct mirror *mirror;         /* NULL: a memory of its own */
    struct sl_ram_region *regions; /* sorted by gpa */
    size_t region_count;
    struct sl_digital_tree blocks;
    uint64_t touched_pages;
    uint64_t limit_pages;
    struct sl_mem_range *log;
    size_t log_count;
    size_t log_capacity;
    bool log_lost;
};

static const uint8_t zero_page[SL_MEM_PAGE_SIZE];

struct sl_mem *sl_mem_create(uint64_t limit_bytes)
{
    struct sl_mem *mem = calloc(1, sizeof(*mem));
    if (mem) {
        mem->limit_pages = (limit_bytes ? limit_bytes : SL_MEM_DEFAULT_LIMIT) / SL_MEM_PAGE_SIZE;
    }
    return mem;
}

void sl_mem_destroy(struct sl_mem *mem)
{
    if (!mem) {
        return;
    }
    while (mem->blocks.root) {
        struct block *block = (struct block *)mem->blocks.root;
        sl_digital_remove(&mem->blocks, &block->node);
        munmap(block->bytes, SL_MEM_BLOCK_SIZE);
        free(block);
    }
    if (mem->mirror) {
        sl_fetched_finish(&mem->mirror->fetched);
        free(mem->mirror);
    }
    free(mem->regions);
    free(mem->log);
    free(mem);
}

enum sl_status sl_mem_set_regions(struct sl_mem *mem, const struct sl_ram_region *regions,
                                  size_t count, struct sl_error *err)
{
    struct sl_ram_region *before = mem->regions;
    size_t count_before = mem->region_count;
    enum sl_status status = SL_OK;
    mem->regions = NULL;
    mem->region_count = 0;
    for (size_t i = 0; i < count && status == SL_OK; i++) {
        status = sl_mem_add_region(mem, regions[i].gpa, regions[i].size, err);
    }
    if (status != SL_OK) {
        free(mem->regions);
        mem->regions = before;
        mem->region_count = count_before;
        return status;
    }
    free(before);
    return SL_OK;
}

enum sl_status sl_mem_add_region(struct sl_mem *mem, uint64_t gpa, uint64_t size,
                                 struct sl_error *err)
{
    uint64_t last;
    if (size == 0 || gpa % SL_MEM_PAGE_SIZE || size % SL_MEM_PAGE_SIZE ||
        !sl_add_u64(gpa, size - 1, &last)) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_MEM_REGION,
                       "RAM region at 0x%" PRIx64 " of 0x%" PRIx64
                       " bytes must be page aligned, not empty and end below 2^64",
                       gpa, size);
    }
    size_t at = 0;
    while (at < mem->region_count && mem->regions[at].gpa < gpa) {
        at++;
    }
    bool hits_next = at < mem->region_count && mem->regions[at].gpa <= last;
    bool hits_previous = at > 0 && gpa - mem->regions[at - 1].gpa < mem->regions[at - 1].size;
    if (hits_next || hits_previous) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_MEM_REGION,
                       "RAM region at 0x%" PRIx64 " of 0x%" PRIx64 " bytes overlaps another", gpa,
                       size);
    }
    struct sl_ram_region *regions =
        realloc(mem->regions, (mem->region_count + 1) * sizeof(*regions));
    if (!regions) {
        return sl_fail_memory(err, 0);
    }
    memmove(regions + at + 1, regions + at, (mem->region_count - at) * sizeof(*regions));
    regions[at] = (struct sl_ram_region){.gpa = gpa, .size = size};
    mem->regions = regions;
    mem->region_count++;
    return SL_OK;
}

/* Bytes of RAM from gpa to the end of its region, 0 in a hole. Never more than 2^64 - 1. */
static uint64_t ram_left(const struct sl_mem *mem, uint64_t gpa)
{
    size_t low = 0;
    size_t high = mem->region_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mem->regions[middle].gpa <= gpa) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return 0;
    }
    const struct sl_ram_region *region = &mem->regions[low - 1];
    uint64_t into = gpa - region->gpa;
    return into < region->size ? region->size - into : 0;
}

bool sl_mem_is_ram(const struct sl_mem *mem, uint64_t gpa, uint64_t size)
{
    while (size > 0) {
        uint64_t left = ram_left(mem, gpa);
        if (left == 0) {
            return false;
        }
        if (left >= size) {
            return true;
        }
        size -= left;
        if (!sl_add_u64(gpa, left, &gpa)) {
            return false;
        }
    }
    return true;
}

static struct block *find_block(const struct sl_mem *mem, uint64_t number)
{
    return (struct block *)sl_digital_find(&mem->blocks, number);
}

static struct block *get_block(struct sl_mem *mem, uint64_t number)
{
    struct block *block = find_block(mem, number);
    if (block) {
        return block;
    }
    block = calloc(1, sizeof(*block));
    if (!block) {
        return NULL;
    }
    void *bytes = mmap(NULL, SL_MEM_BLOCK_SIZE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) {
        free(block);
        return NULL;
    }
    /* A huge page would make one touched page cost 2 MiB. Only advice: failure is harmless. */
    (void)madvise(bytes, SL_MEM_BLOCK_SIZE, MADV_NOHUGEPAGE);
    *block = (struct block){.node = {.key = number}, .bytes = bytes};
    sl_digital_insert(&mem->blocks, &block->node);
    return block;
}

static bool is_touched(const struct block *block, size_t page)
{
    return block->touched[page / 64] >> (page % 64) & 1;
}

/* Marks the pages of [into, into + size) of a block; false if the limit does not allow them. */
static bool touch(struct sl_mem *mem, struct block *block, size_t into, size_t size)
{
    for (size_t page = into / SL_MEM_PAGE_SIZE; page <= (into + size - 1) / SL_MEM_PAGE_SIZE;
         page++) {
        if (is_touched(block, page)) {
            continue;
        }
        if (mem->touched_pages == mem->limit_pages) {
            return false;
        }
        block->touched[page / 64] |= UINT64_C(1) << (page % 64);
        mem->touched_pages++;
    }
    return true;
}

static size_t min_size(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

/* What is here of RAM, whatever a source has. */
static const uint8_t *peek_here(const struct sl_mem *mem, uint64_t gpa, size_t size, size_t *run)
{
    uint64_t left = ram_left(mem, gpa);
    if (left == 0) {
        return NULL;
    }
    size_t into = (size_t)(gpa % SL_MEM_BLOCK_SIZE);
    const struct block *block = find_block(mem, gpa / SL_MEM_BLOCK_SIZE);
    size_t want = min_size(left, size);
    if (block) {
        *run = min_size(SL_MEM_BLOCK_SIZE - into, want);
        return block->bytes + into;
    }
    size_t into_page = (size_t)(gpa % SL_MEM_PAGE_SIZE);
    *run = min_size(SL_MEM_PAGE_SIZE - into_page, want);
    return zero_page + into_page;
}

/* RAM begins and ends on pages, so a page is RAM as a whole or not at all. */
static size_t page_run(uint64_t gpa, size_t size)
{
    return min_size(SL_MEM_PAGE_SIZE - gpa % SL_MEM_PAGE_SIZE, size);
}

/* Takes over bytes from the source that may differ, inside one page; they are RAM. */
static void refresh(struct mirror *mirror, uint64_t gpa, size_t size)
{
    enum { WORTH_A_PAGE = 8 };
    uint8_t now[SL_MEM_PAGE_SIZE];
    size_t run;
    mirror->source.fetch(mirror->source.data, gpa, now, size);
    const uint8_t *before = peek_here(mirror->mem, gpa, size, &run);
    assert(run == size);
    if (memcmp(before, now, size) == 0) {
        return;
    }
    size_t begin = 0;
    size_t end = size;
    while (before[begin] == now[begin]) {
        begin++;
    }
    while (before[end - 1] == now[end - 1]) {
        end--;
    }
    /* Neighbours make whole pages together, and pages are stored once by content. */
    if (end - begin > size / WORTH_A_PAGE) {
        begin = 0;
        end = size;
    }
    if (sl_mem_write(mirror->mem, gpa + begin, now + begin, end - begin) != SL_MEM_OK) {
        mirror->stale = true;
        return;
    }
    mirror->source.changed(mirror->source.data, gpa + begin, now + begin, end - begin);
}

static void fetch(struct mirror *mirror, uint64_t gpa, size_t size)
{
    while (size > 0) {
        size_t in_page = page_run(gpa, size);
        uint64_t end = gpa + in_page;
        uint64_t at = gpa;
        while (at < end) {
            bool kept;
            size_t run = sl_fetched_claim(&mirror->fetched, at, (size_t)(end - at), &at, &kept);
            mirror->stale |= !kept;
            if (run == 0) {
                break;
            }
            refresh(mirror, at, run);
            at += run;
        }
        gpa += in_page;
        size -= in_page;
    }
}

const uint8_t *sl_mem_peek(const struct sl_mem *mem, uint64_t gpa, size_t size, size_t *run)
{
    if (!mem->mirror) {
        return peek_here(mem, gpa, size, run);
    }
    size_t wanted = min_size(ram_left(mem, gpa), size);
    if (wanted == 0) {
        return NULL;
    }
    /*
     * No more than what is returned, or who walks a range would fetch its rest time and again. Where
     * that is depends on whether its first page is touched, which fetching may change.
     */
    fetch(mem->mirror, gpa, page_run(gpa, wanted));
    const uint8_t *bytes = peek_here(mem, gpa, size, run);
    fetch(mem->mirror, gpa, *run);
    return bytes;
}

enum sl_mem_result sl_mem_read(const struct sl_mem *mem, uint64_t gpa, void *out, size_t size)
{
    if (!sl_mem_is_ram(mem, gpa, size)) {
        return SL_MEM_HOLE;
    }
    uint8_t *to = out;
    while (size > 0) {
        size_t run;
        const uint8_t *from = sl_mem_peek(mem, gpa, size, &run);
        memcpy(to, from, run);
        to += run;
        gpa += run;
        size -= run;
    }
    return SL_MEM_OK;
}

/* Makes every page of the range exist, so that a write cannot fail half way. */
static bool prepare(struct sl_mem *mem, uint64_t gpa, size_t size)
{
    while (size > 0) {
        size_t into = (size_t)(gpa % SL_MEM_BLOCK_SIZE);
        size_t run = min_size(SL_MEM_BLOCK_SIZE - into, size);
        struct block *block = get_block(mem, gpa / SL_MEM_BLOCK_SIZE);
        if (!block || !touch(mem, block, into, run)) {
            return false;
        }
        gpa += run;
        size -= run;
    }
    return true;
}

enum sl_mem_result sl_mem_write(struct sl_mem *mem, uint64_t gpa, const void *bytes, size_t size)
{
    if (!sl_mem_is_ram(mem, gpa, size)) {
        return SL_MEM_HOLE;
    }
    if (!prepare(mem, gpa, size)) {
        return SL_MEM_FULL;
    }
    const uint8_t *from = bytes;
    while (size > 0) {
        size_t into = (size_t)(gpa % SL_MEM_BLOCK_SIZE);
        size_t run = min_size(SL_MEM_BLOCK_SIZE - into, size);
        memcpy(find_block(mem, gpa / SL_MEM_BLOCK_SIZE)->bytes + into, from, run);
        from += run;
        gpa += run;
        size -= run;
    }
    return SL_MEM_OK;
}

static void log_range(struct sl_mem *mem, uint64_t gpa, uint64_t size)
{
    if (mem->log_count > 0) {
        struct sl_mem_range *last = &mem->log[mem->log_count - 1];
        if (last->gpa + last->size == gpa) {
            last->size += size;
            return;
        }
    }
    if (mem->log_count == mem->log_capacity) {
        size_t capacity = mem->log_capacity ? mem->log_capacity * 2 : 32;
        struct sl_mem_range *log = realloc(mem->log, capacity * sizeof(*log));
        if (!log) {
            mem->log_lost = true;
            return;
        }
        mem->log = log;
        mem->log_capacity = capacity;
    }
    mem->log[mem->log_count++] = (struct sl_mem_range){.gpa = gpa, .size = size};
}

/* Hands what the device wrote to the guest; the guest's own bytes are not asked for any more. */
static void store(struct mirror *mirror, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        size_t run = page_run(gpa, size);
        mirror->stale |= !sl_fetched_mark(&mirror->fetched, gpa, run);
        mirror->source.store(mirror->source.data, gpa, bytes, run);
        gpa += run;
        bytes += run;
        size -= run;
    }
}

enum sl_mem_result sl_mem_dma_write(struct sl_mem *mem, uint64_t gpa, const void *bytes,
                                    size_t size)
{
    enum sl_mem_result result = sl_mem_write(mem, gpa, bytes, size);
    if (result == SL_MEM_OK && size > 0) {
        log_range(mem, gpa, size);
        if (mem->mirror) {
            store(mem->mirror, gpa, bytes, size);
        }
    }
    return result;
}

bool sl_mem_set_source(struct sl_mem *mem, const struct sl_mem_source *source)
{
    assert(!mem->mirror && mem->touched_pages == 0);
    mem->mirror = calloc(1, sizeof(*mem->mirror));
    if (!mem->mirror) {
        return false;
    }
    *mem->mirror = (struct mirror){.mem = mem, .source = *source};
    return true;
}

void sl_mem_new_step(struct sl_mem *mem)
{
    if (mem->mirror) {
        mem->mirror->fetched.step++;
    }
}

bool sl_mem_is_stale(const struct sl_mem *mem)
{
    return mem->mirror && mem->mirror->stale;
}

void sl_mem_bus_read(const struct sl_mem *mem, uint64_t gpa, void *out, size_t size)
{
    if (sl_mem_read(mem, gpa, out, size) == SL_MEM_OK) {
        return;
    }
    uint8_t *to = out;
    while (size > 0) {
        size_t run = page_run(gpa, size);
        if (sl_mem_read(mem, gpa, to, run) != SL_MEM_OK) {
            memset(to, 0xFF, run);
        }
        gpa += run;
        to += run;
        size -= run;
    }
}

bool sl_mem_bus_write(struct sl_mem *mem, uint64_t gpa, const void *bytes, size_t size)
{
    enum sl_mem_result whole = sl_mem_dma_write(mem, gpa, bytes, size);
    if (whole != SL_MEM_HOLE) {
        return whole == SL_MEM_OK;
    }
    const uint8_t *from = bytes;
    bool written = true;
    while (size > 0) {
        size_t run = page_run(gpa, size);
        written &= sl_mem_dma_write(mem, gpa, from, run) != SL_MEM_FULL;
        gpa += run;
        from += run;
        size -= run;
    }
    return written;
}

static int compare_ranges(const void *a, const void *b)
{
    const struct sl_mem_range *x = a;
    const struct sl_mem_range *y = b;
    return (x->gpa > y->gpa) - (x->gpa < y->gpa);
}

const struct sl_mem_range *sl_mem_take_log(struct sl_mem *mem, size_t *count, bool *lost)
{
    size_t joined = 0;
    if (mem->log_count > 1) {
        qsort(mem->log, mem->log_count, sizeof(*mem->log), compare_ranges);
    }
    for (size_t i = 0; i < mem->log_count; i++) {
        struct sl_mem_range range = mem->log[i];
        struct sl_mem_range *last = joined ? &mem->log[joined - 1] : NULL;
        if (last && range.gpa - last->gpa <= last->size) {
            uint64_t end = range.gpa - last->gpa + range.size;
            last->size = end > last->size ? end : last->size;
        } else {
            mem->log[joined++] = range;
        }
    }
    *count = joined;
    *lost = mem->log_lost;
    mem->log_count = 0;
    mem->log_lost = false;
    return mem->log;
}

uint64_t sl_mem_touched_bytes(const struct sl_mem *mem)
{
    return mem->touched_pages * SL_MEM_PAGE_SIZE;
}

static int compare_blocks(const void *a, const void *b)
{
    uint64_t x = (*(const struct block *const *)a)->node.key;
    uint64_t y = (*(const struct block *const *)b)->node.key;
    return (x > y) - (x < y);
}

struct block_list {
    const struct block **blocks;
    size_t count;
};

static void list_block(void *data, struct sl_digital_node *node)
{
    struct block_list *list = data;
    list->blocks[list->count++] = (const struct block *)node;
}

enum sl_status sl_mem_visit_pages(const struct sl_mem *mem, void *data,
                                  enum sl_status (*visit)(void *data, uint64_t gpa,
                                                          const uint8_t *page))
{
    if (mem->blocks.count == 0) {
        return SL_OK;
    }
    struct block_list list = {.blocks = calloc(mem->blocks.count, sizeof(const struct block *))};
    if (!list.blocks) {
        return SL_ERR_ENVIRONMENT;
    }
    sl_digital_visit(&mem->blocks, &list, list_block);
    assert(list.count == mem->blocks.count);
    qsort(list.blocks, list.count, sizeof(const struct block *), compare_blocks);
    enum sl_status status = SL_OK;
    for (size_t i = 0; i < list.count && status == SL_OK; i++) {
        const struct block *block = list.blocks[i];
        for (size_t page = 0; page < PAGES_PER_BLOCK && status == SL_OK; page++) {
            if (is_touched(block, page)) {
                status = visit(data, block->node.key * SL_MEM_BLOCK_SIZE + page * SL_MEM_PAGE_SIZE,
                               block->bytes + page * SL_MEM_PAGE_SIZE);
            }
        }
    }
    free(list.blocks);
    return status;
}
