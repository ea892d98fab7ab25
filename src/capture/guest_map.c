#include "capture/guest_map.h"

#include "base/checked.h"
#include "base/status.h"

#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE_SIZE = 4096 };

/* Guest memory has whatever type the access has. */
typedef uint16_t __attribute__((may_alias)) guest_u16;
typedef uint32_t __attribute__((may_alias)) guest_u32;
typedef uint64_t __attribute__((may_alias)) guest_u64;
typedef uintptr_t __attribute__((may_alias)) guest_word;

/* ---- Accesses that meet the end of the file ---- */

/*
 * What this thread is accessing. The handler puts zero pages where the file was, as libwayland does
 * for the buffers of its clients, so that the access ends like any other.
 */
struct access {
    void *base;
    size_t length;
    volatile sig_atomic_t lost;
};

static _Thread_local struct access *volatile current;

static bool replace_by_zeros(struct access *access, uintptr_t fault)
{
    uintptr_t base = (uintptr_t)access->base;
    if (fault < base || fault - base >= access->length) {
        return false;
    }
    access->lost = 1;
    return mmap(access->base, access->length, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

static void handle_sigbus(int number, siginfo_t *info, void *context)
{
    (void)context;
    struct access *access = current;
    if (!access || !replace_by_zeros(access, (uintptr_t)info->si_addr)) {
        /* Not ours: the access is repeated, and this time it kills. */
        signal(number, SIG_DFL);
    }
}

enum sl_status sl_guest_map_guard(struct sl_error *err)
{
    struct sigaction action = {.sa_sigaction = handle_sigbus, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGBUS, &action, NULL) != 0) {
        return sl_fail_errno(err, "SIGBUS", "handle");
    }
    return SL_OK;
}

static void begin_access(struct access *access, const struct sl_guest_mapping *mapping)
{
    *access = (struct access){.base = mapping->base, .length = mapping->length};
    current = access;
    atomic_signal_fence(memory_order_seq_cst);
}

static void end_access(struct sl_guest_map *map, const struct access *access)
{
    atomic_signal_fence(memory_order_seq_cst);
    current = NULL;
    map->lost |= access->lost != 0;
}

/* ---- The table ---- */

static void unmap(struct sl_guest_mapping *mappings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        munmap(mappings[i].base, mappings[i].length);
    }
}

void sl_guest_map_finish(struct sl_guest_map *map)
{
    unmap(map->mappings, map->count);
    memset(map, 0, sizeof(*map));
}

static bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a < b ? b - a < a_size : a - b < b_size;
}

static enum sl_status check_region(const struct sl_guest_region *regions, size_t i,
                                   struct sl_error *err)
{
    const struct sl_guest_region *region = &regions[i];
    uint64_t end;
    if (region->size == 0 || (region->gpa | region->size | region->mmap_offset) % PAGE_SIZE != 0) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MEMORY,
                       "region %zu at 0x%" PRIx64 " of 0x%" PRIx64 " bytes, 0x%" PRIx64
                       " into its file, must be page aligned and not empty",
                       i, region->gpa, region->size, region->mmap_offset);
    }
    if (!sl_add_u64(region->gpa, region->size - 1, &end) ||
        !sl_add_u64(region->uva, region->size - 1, &end) ||
        !sl_add_u64(region->mmap_offset, region->size, &end)) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MEMORY,
                       "region %zu of 0x%" PRIx64 " bytes wraps around", i, region->size);
    }
    for (size_t k = 0; k < i; k++) {
        if (overlaps(region->gpa, region->size, regions[k].gpa, regions[k].size) ||
            overlaps(region->uva, region->size, regions[k].uva, regions[k].size)) {
            return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MEMORY,
                           "region %zu overlaps region %zu", i, k);
        }
    }
    return SL_OK;
}

/*
 * Bytes to map: whole blocks, because a mapping of huge pages can only be undone by whole ones and
 * those are the block size of their files. 0 if that is not a size.
 */
static size_t mapped_length(const struct stat *st, uint64_t bytes)
{
    uint64_t block = st->st_blksize > PAGE_SIZE ? (uint64_t)st->st_blksize : PAGE_SIZE;
    uint64_t length;
    if ((block & (block - 1)) != 0) {
        block = PAGE_SIZE;
    }
    if (!sl_add_u64(bytes, block - 1, &length) || length > SIZE_MAX) {
        return 0;
    }
    return (size_t)(length & ~(block - 1));
}

/* From the start of the file: an offset inside a huge page could not be mapped. */
static enum sl_status map_region(struct sl_guest_mapping *mapping,
                                 const struct sl_guest_region *region, int fd, struct sl_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return sl_fail_errno(err, "guest memory", "look at");
    }
    uint64_t end = region->mmap_offset + region->size;
    if (st.st_size < 0 || (uint64_t)st.st_size < end) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MEMORY,
                       "region at 0x%" PRIx64 " ends at 0x%" PRIx64 " of a file of 0x%" PRIx64
                       " bytes",
                       region->gpa, end, st.st_size < 0 ? 0 : (uint64_t)st.st_size);
    }
    size_t length = mapped_length(&st, end);
    if (length == 0) {
        return sl_fail_memory(err, end);
    }
    void *base = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        return sl_fail_errno(err, "guest memory", "map");
    }
    *mapping = (struct sl_guest_mapping){.region = *region, .base = base, .length = length};
    return SL_OK;
}

static void insert(struct sl_guest_map *map, const struct sl_guest_mapping *mapping)
{
    size_t at = map->count++;
    while (at > 0 && map->mappings[at - 1].region.gpa > mapping->region.gpa) {
        map->mappings[at] = map->mappings[at - 1];
        map->ram[at] = map->ram[at - 1];
        at--;
    }
    map->mappings[at] = *mapping;
    map->ram[at] = (struct sl_ram_region){.gpa = mapping->region.gpa, .size = mapping->region.size};
}

static enum sl_status build(struct sl_guest_map *map, const struct sl_guest_region *regions,
                            const int *fds, size_t count, struct sl_error *err)
{
    if (count == 0 || count > SL_GUEST_MAP_REGIONS) {
        return sl_fail(err, SL_ERR_DAMAGED, SL_RULE_VHOST_MEMORY,
                       "a memory table of %zu regions, 1 to %u are possible", count,
                       SL_GUEST_MAP_REGIONS);
    }
    enum sl_status status = SL_OK;
    for (size_t i = 0; status == SL_OK && i < count; i++) {
        struct sl_guest_mapping mapping;
        status = check_region(regions, i, err);
        if (status == SL_OK) {
            status = map_region(&mapping, &regions[i], fds[i], err);
        }
        if (status == SL_OK) {
            insert(map, &mapping);
        }
    }
    return status;
}

enum sl_status sl_guest_map_set(struct sl_guest_map *map, const struct sl_guest_region *regions,
                                const int *fds, size_t count, struct sl_error *err)
{
    struct sl_guest_map next = {0};
    enum sl_status status = build(&next, regions, fds, count, err);
    for (size_t i = 0; i < count; i++) {
        close(fds[i]);
    }
    if (status != SL_OK) {
        sl_guest_map_finish(&next);
        return status;
    }
    sl_guest_map_finish(map);
    *map = next;
    return SL_OK;
}

const struct sl_ram_region *sl_guest_map_regions(const struct sl_guest_map *map, size_t *count)
{
    *count = map->count;
    return map->ram;
}

bool sl_guest_map_uva_to_gpa(const struct sl_guest_map *map, uint64_t uva, uint64_t size,
                             uint64_t *gpa)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct sl_guest_region *region = &map->mappings[i].region;
        if (uva >= region->uva && sl_range_fits(uva - region->uva, size, region->size)) {
            *gpa = region->gpa + (uva - region->uva);
            return true;
        }
    }
    return false;
}

/* ---- Copies ---- */

/* Relaxed, so that each byte is touched once; the order comes from fences around the copy. */
static void load_words(uint8_t *out, const uint8_t *from, size_t size)
{
    while (size > 0) {
        size_t step = 1;
        if ((uintptr_t)from % sizeof(guest_word) == 0 && size >= sizeof(guest_word)) {
            step = sizeof(guest_word);
            uintptr_t word =
                __atomic_load_n((const guest_word *)(const void *)from, __ATOMIC_RELAXED);
            memcpy(out, &word, sizeof(word));
        } else {
            *out = __atomic_load_n(from, __ATOMIC_RELAXED);
        }
        out += step;
        from += step;
        size -= step;
    }
}

static void store_words(uint8_t *to, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        size_t step = 1;
        if ((uintptr_t)to % sizeof(guest_word) == 0 && size >= sizeof(guest_word)) {
            step = sizeof(guest_word);
            uintptr_t word;
            memcpy(&word, bytes, sizeof(word));
            __atomic_store_n((guest_word *)(void *)to, word, __ATOMIC_RELAXED);
        } else {
            __atomic_store_n(to, *bytes, __ATOMIC_RELAXED);
        }
        to += step;
        bytes += step;
        size -= step;
    }
}

static void load(uint8_t *out, const uint8_t *from, size_t size)
{
    bool aligned = (uintptr_t)from % size == 0;
    if (aligned && size == sizeof(guest_u16)) {
        uint16_t v = __atomic_load_n((const guest_u16 *)(const void *)from, __ATOMIC_RELAXED);
        memcpy(out, &v, sizeof(v));
    } else if (aligned && size == sizeof(guest_u32)) {
        uint32_t v = __atomic_load_n((const guest_u32 *)(const void *)from, __ATOMIC_RELAXED);
        memcpy(out, &v, sizeof(v));
    } else if (aligned && size == sizeof(guest_u64) && __atomic_always_lock_free(8, 0)) {
        uint64_t v = __atomic_load_n((const guest_u64 *)(const void *)from, __ATOMIC_RELAXED);
        memcpy(out, &v, sizeof(v));
    } else {
        load_words(out, from, size);
    }
}

static void store(uint8_t *to, const uint8_t *bytes, size_t size)
{
    bool aligned = (uintptr_t)to % size == 0;
    if (aligned && size == sizeof(guest_u16)) {
        uint16_t v;
        memcpy(&v, bytes, sizeof(v));
        __atomic_store_n((guest_u16 *)(void *)to, v, __ATOMIC_RELAXED);
    } else if (aligned && size == sizeof(guest_u32)) {
        uint32_t v;
        memcpy(&v, bytes, sizeof(v));
        __atomic_store_n((guest_u32 *)(void *)to, v, __ATOMIC_RELAXED);
    } else if (aligned && size == sizeof(guest_u64) && __atomic_always_lock_free(8, 0)) {
        uint64_t v;
        memcpy(&v, bytes, sizeof(v));
        __atomic_store_n((guest_u64 *)(void *)to, v, __ATOMIC_RELAXED);
    } else {
        store_words(to, bytes, size);
    }
}

/*
 * The mapping that gpa lies in and the bytes of it from there on, at most size. NULL in a hole,
 * which then goes on for *run bytes, at most size.
 */
static const struct sl_guest_mapping *find_run(const struct sl_guest_map *map, uint64_t gpa,
                                               size_t size, size_t *run)
{
    *run = size;
    for (size_t i = 0; i < map->count; i++) {
        const struct sl_guest_region *region = &map->mappings[i].region;
        if (gpa < region->gpa) {
            *run = region->gpa - gpa < size ? (size_t)(region->gpa - gpa) : size;
            return NULL;
        }
        uint64_t into = gpa - region->gpa;
        if (into < region->size) {
            *run = region->size - into < size ? (size_t)(region->size - into) : size;
            return &map->mappings[i];
        }
    }
    return NULL;
}

static uint8_t *host_address(const struct sl_guest_mapping *mapping, uint64_t gpa)
{
    const struct sl_guest_region *region = &mapping->region;
    return mapping->base + (size_t)(region->mmap_offset + (gpa - region->gpa));
}

/* The end of the address space ends a range: what would follow is not RAM. */
static size_t clip_to_space(uint64_t gpa, size_t size)
{
    return size > 0 && size - 1 > UINT64_MAX - gpa ? (size_t)(UINT64_MAX - gpa) + 1 : size;
}

void sl_guest_map_fetch(void *data, uint64_t gpa, uint8_t *out, size_t size)
{
    struct sl_guest_map *map = data;
    if (size == sizeof(uint16_t)) {
        atomic_thread_fence(memory_order_seq_cst);
    }
    size_t left = map->lost ? 0 : clip_to_space(gpa, size);
    uint8_t *to = out;
    while (left > 0) {
        size_t run;
        const struct sl_guest_mapping *mapping = find_run(map, gpa, left, &run);
        if (mapping) {
            struct access access;
            begin_access(&access, mapping);
            load(to, host_address(mapping, gpa), run);
            end_access(map, &access);
        } else {
            memset(to, 0, run);
        }
        to += run;
        gpa += run;
        left -= run;
    }
    atomic_thread_fence(memory_order_acquire);
    if (map->lost) {
        memset(out, 0, size);
    } else {
        memset(to, 0, size - (size_t)(to - out));
    }
}

void sl_guest_map_store(void *data, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    struct sl_guest_map *map = data;
    atomic_thread_fence(memory_order_release);
    size_t left = clip_to_space(gpa, size);
    while (left > 0 && !map->lost) {
        size_t run;
        const struct sl_guest_mapping *mapping = find_run(map, gpa, left, &run);
        if (mapping) {
            struct access access;
            begin_access(&access, mapping);
            store(host_address(mapping, gpa), bytes, run);
            end_access(map, &access);
        }
        bytes += run;
        gpa += run;
        left -= run;
    }
}
