/* The memory of a live guest: tables, translation, copies, files that shrink. */
#include "base/bytes.h"
#include "capture/guest_map.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

TestSuite(guest_map);

enum { K = 1024, PAGE = 4096 };

static int make_file(size_t size)
{
    int fd = memfd_create("guest", MFD_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    return fd;
}

static uint8_t *map_file(int fd, size_t size)
{
    uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert_neq(bytes, MAP_FAILED);
    return bytes;
}

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    cr_assert_not_null(folder);
    int count = 0;
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

/* The layout of an early PC: two regions of one file with a hole between them. */
struct guest {
    uint8_t *file;
    int fd;
    struct sl_guest_map map;
};

enum { FILE_SIZE = 64 * PAGE, LOW_SIZE = 2 * PAGE, HIGH = 4 * PAGE, HIGH_SIZE = 8 * PAGE };
enum { LOW_AT = 16 * PAGE, HIGH_AT = 32 * PAGE };

static const uint64_t uva_low = UINT64_C(0x7F0000001000);
static const uint64_t uva_high = UINT64_C(0x7E0000000123);

static struct guest make_guest(void)
{
    struct guest guest = {.fd = make_file(FILE_SIZE)};
    guest.file = map_file(guest.fd, FILE_SIZE);
    struct sl_guest_region regions[] = {
        {.gpa = HIGH, .size = HIGH_SIZE, .uva = uva_high, .mmap_offset = HIGH_AT},
        {.gpa = 0, .size = LOW_SIZE, .uva = uva_low, .mmap_offset = LOW_AT},
    };
    int fds[] = {dup(guest.fd), dup(guest.fd)};
    cr_assert_eq(sl_guest_map_set(&guest.map, regions, fds, 2, NULL), SL_OK);
    return guest;
}

static void finish_guest(struct guest *guest)
{
    sl_guest_map_finish(&guest->map);
    munmap(guest->file, FILE_SIZE);
    close(guest->fd);
}

Test(guest_map, regions_come_sorted_and_descriptors_are_closed)
{
    int before = open_descriptors();
    struct guest guest = make_guest();
    cr_assert_eq(open_descriptors(), before + 1, "only the test's own is left");
    size_t count;
    const struct sl_ram_region *ram = sl_guest_map_regions(&guest.map, &count);
    cr_assert_eq(count, 2);
    cr_assert(ram[0].gpa == 0 && ram[0].size == LOW_SIZE);
    cr_assert(ram[1].gpa == HIGH && ram[1].size == HIGH_SIZE);
    finish_guest(&guest);
    sl_guest_map_regions(&guest.map, &count);
    cr_assert_eq(count, 0);
}

Test(guest_map, guest_addresses_lead_to_offsets_of_the_file)
{
    struct guest guest = make_guest();
    memcpy(guest.file + LOW_AT + 5, "low", 3);
    memcpy(guest.file + HIGH_AT + HIGH_SIZE - 4, "high", 4);
    uint8_t bytes[4];
    sl_guest_map_fetch(&guest.map, 5, bytes, 3);
    cr_assert_eq(memcmp(bytes, "low", 3), 0);
    sl_guest_map_fetch(&guest.map, HIGH + HIGH_SIZE - 4, bytes, 4);
    cr_assert_eq(memcmp(bytes, "high", 4), 0);
    sl_guest_map_store(&guest.map, HIGH + 1, (const uint8_t *)"answer", 6);
    cr_assert_eq(memcmp(guest.file + HIGH_AT + 1, "answer", 6), 0);
    cr_assert_eq(guest.file[HIGH_AT] | guest.file[HIGH_AT + 7], 0);
    finish_guest(&guest);
}

Test(guest_map, copies_of_every_size_and_alignment_are_exact)
{
    struct guest guest = make_guest();
    enum { AREA = 64 };
    for (size_t at = 0; at < 16; at++) {
        for (size_t size = 0; size <= AREA - 16; size++) {
            uint8_t *live = guest.file + LOW_AT;
            uint8_t bytes[AREA];
            uint8_t got[AREA + 1];
            for (size_t i = 0; i < AREA; i++) {
                bytes[i] = (uint8_t)(i * 37 + at + size + 1);
            }
            memset(live, 0xEE, AREA);
            sl_guest_map_store(&guest.map, at, bytes, size);
            for (size_t i = 0; i < AREA; i++) {
                uint8_t want = i >= at && i < at + size ? bytes[i - at] : 0xEE;
                cr_assert_eq(live[i], want, "store %zu at %zu: byte %zu", size, at, i);
            }
            memset(got, 0x55, sizeof(got));
            sl_guest_map_fetch(&guest.map, at, got, size);
            cr_assert_eq(memcmp(got, bytes, size), 0, "fetch %zu at %zu", size, at);
            cr_assert_eq(got[size], 0x55, "fetch %zu at %zu wrote too much", size, at);
        }
    }
    finish_guest(&guest);
}

Test(guest_map, holes_read_zero_and_swallow_stores)
{
    struct guest guest = make_guest();
    memset(guest.file, 0xAB, FILE_SIZE);
    static uint8_t bytes[HIGH + 2 * PAGE];
    memset(bytes, 0xCD, sizeof(bytes));
    sl_guest_map_fetch(&guest.map, 0, bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        uint8_t want = i < LOW_SIZE || i >= HIGH ? 0xAB : 0;
        cr_assert_eq(bytes[i], want, "byte %zu", i);
    }
    memset(bytes, 0x11, sizeof(bytes));
    sl_guest_map_store(&guest.map, LOW_SIZE - 1, bytes, HIGH - LOW_SIZE + 2);
    cr_assert_eq(guest.file[LOW_AT + LOW_SIZE - 1], 0x11);
    cr_assert_eq(guest.file[LOW_AT + LOW_SIZE], 0xAB);
    cr_assert_eq(guest.file[HIGH_AT - 1], 0xAB);
    cr_assert_eq(guest.file[HIGH_AT], 0x11);
    cr_assert_eq(guest.file[HIGH_AT + 1], 0xAB);
    finish_guest(&guest);
}

Test(guest_map, the_end_of_the_address_space_is_no_way_around)
{
    struct sl_guest_map map = {0};
    int fd = make_file(PAGE);
    uint8_t *file = map_file(fd, PAGE);
    memset(file, 0x77, PAGE);
    struct sl_guest_region top = {.gpa = UINT64_MAX - PAGE + 1, .size = PAGE, .uva = 0};
    cr_assert_eq(sl_guest_map_set(&map, &top, &fd, 1, NULL), SL_OK);
    uint8_t bytes[8];
    sl_guest_map_fetch(&map, UINT64_MAX - 3, bytes, sizeof(bytes));
    cr_assert_eq(memcmp(bytes, "\x77\x77\x77\x77\0\0\0\0", 8), 0);
    sl_guest_map_store(&map, UINT64_MAX, (const uint8_t *)"ab", 2);
    cr_assert_eq(file[PAGE - 1], 'a');
    cr_assert_eq(file[0], 0x77);
    sl_guest_map_finish(&map);
    munmap(file, PAGE);
}

Test(guest_map, ring_addresses_lie_in_one_region)
{
    struct guest guest = make_guest();
    uint64_t gpa = 1;
    cr_assert(sl_guest_map_uva_to_gpa(&guest.map, uva_low, LOW_SIZE, &gpa));
    cr_assert_eq(gpa, 0);
    cr_assert(sl_guest_map_uva_to_gpa(&guest.map, uva_high + HIGH_SIZE - 1, 1, &gpa));
    cr_assert_eq(gpa, HIGH + HIGH_SIZE - 1);
    static const struct {
        uint64_t uva;
        uint64_t size;
    } bad[] = {
        {uva_low - 1, 1},
        {uva_low, LOW_SIZE + 1},
        {uva_high + HIGH_SIZE, 1},
        {uva_high + 1, UINT64_MAX},
        {0, 1},
        {UINT64_MAX, 2},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        gpa = 99;
        cr_assert_not(sl_guest_map_uva_to_gpa(&guest.map, bad[i].uva, bad[i].size, &gpa),
                      "address %zu", i);
        cr_assert_eq(gpa, 99);
    }
    finish_guest(&guest);
}

/* Each differs from a good pair of regions in one thing. */
static const struct {
    const char *what;
    struct sl_guest_region regions[2];
} bad_tables[] = {
    {"unaligned address", {{0, PAGE, 0, 0}, {0x10800, PAGE, 0x10000, 0}}},
    {"unaligned size", {{0, PAGE, 0, 0}, {0x10000, PAGE + 8, 0x10000, 0}}},
    {"unaligned offset", {{0, PAGE, 0, 0}, {0x10000, PAGE, 0x10000, 8}}},
    {"empty", {{0, PAGE, 0, 0}, {0x10000, 0, 0x10000, 0}}},
    {"guest addresses wrap", {{0, PAGE, 0, 0}, {0xFFFFFFFFFFFFF000, 2 * PAGE, 0x10000, 0}}},
    {"front end's addresses wrap", {{0, PAGE, 0, 0}, {0x10000, PAGE, UINT64_MAX - 9, 0}}},
    {"offset wraps", {{0, PAGE, 0, 0}, {0x10000, PAGE, 0x10000, 0xFFFFFFFFFFFFF000}}},
    {"guest addresses overlap", {{0, 2 * PAGE, 0, 0}, {PAGE, PAGE, 0x10000, 0}}},
    {"same guest address", {{PAGE, PAGE, 0, 0}, {PAGE, PAGE, 0x10000, 0}}},
    {"front end's addresses overlap", {{0, PAGE, 0x10, 0}, {0x10000, PAGE, 0x100F, 0}}},
    {"beyond the file", {{0, PAGE, 0, 0}, {0x10000, PAGE, 0x10000, 4 * PAGE}}},
    {"past the file's end", {{0, PAGE, 0, 0}, {0x10000, 2 * PAGE, 0x10000, 3 * PAGE}}},
    {"huge", {{0, PAGE, 0, 0}, {0x10000, 0x7FFFFFFFFFFFF000, 0x10000, 0}}},
};

Test(guest_map, a_bad_table_is_refused_and_the_old_one_stays)
{
    struct guest guest = make_guest();
    int before = open_descriptors();
    for (size_t i = 0; i < sizeof(bad_tables) / sizeof(bad_tables[0]); i++) {
        int fds[] = {make_file(4 * PAGE), make_file(4 * PAGE)};
        struct sl_error err = {0};
        cr_assert_eq(sl_guest_map_set(&guest.map, bad_tables[i].regions, fds, 2, &err),
                     SL_ERR_DAMAGED, "%s", bad_tables[i].what);
        cr_assert_str_eq(err.rule, "vhost.memory", "%s", bad_tables[i].what);
        cr_assert_eq(open_descriptors(), before, "%s: descriptors", bad_tables[i].what);
    }
    guest.file[LOW_AT] = 9;
    uint8_t byte;
    sl_guest_map_fetch(&guest.map, 0, &byte, 1);
    cr_assert_eq(byte, 9);
    finish_guest(&guest);
}

Test(guest_map, the_number_of_regions_is_bounded)
{
    struct sl_guest_map map = {0};
    struct sl_guest_region regions[SL_GUEST_MAP_REGIONS + 1];
    int fds[SL_GUEST_MAP_REGIONS + 1];
    for (unsigned count = 0; count <= SL_GUEST_MAP_REGIONS + 1; count++) {
        for (unsigned i = 0; i < count; i++) {
            regions[i] = (struct sl_guest_region){
                .gpa = (count - i) * UINT64_C(0x10000), .size = PAGE, .uva = i * UINT64_C(0x1000)};
            fds[i] = make_file(PAGE);
        }
        enum sl_status want = count >= 1 && count <= SL_GUEST_MAP_REGIONS ? SL_OK : SL_ERR_DAMAGED;
        cr_assert_eq(sl_guest_map_set(&map, regions, fds, count, NULL), want, "%u", count);
    }
    size_t count;
    const struct sl_ram_region *ram = sl_guest_map_regions(&map, &count);
    cr_assert_eq(count, SL_GUEST_MAP_REGIONS);
    for (size_t i = 1; i < count; i++) {
        cr_assert_lt(ram[i - 1].gpa, ram[i].gpa);
    }
    sl_guest_map_finish(&map);
}

Test(guest_map, what_is_no_writable_file_is_refused)
{
    struct sl_guest_map map = {0};
    struct sl_guest_region region = {.gpa = 0, .size = PAGE};
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    close(ends[1]);
    cr_assert_eq(sl_guest_map_set(&map, &region, &ends[0], 1, NULL), SL_ERR_DAMAGED);
    int fd = make_file(PAGE);
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int readable = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_geq(readable, 0);
    cr_assert_eq(sl_guest_map_set(&map, &region, &readable, 1, NULL), SL_ERR_ENVIRONMENT);
    close(fd);
    int closed = fd;
    cr_assert_eq(sl_guest_map_set(&map, &region, &closed, 1, NULL), SL_ERR_ENVIRONMENT);
    cr_assert_eq(map.count, 0);
}

Test(guest_map, a_new_table_takes_over)
{
    struct guest guest = make_guest();
    int fd = make_file(PAGE);
    cr_assert_eq(pwrite(fd, "new", 3, 0), 3);
    struct sl_guest_region region = {.gpa = 0x100000, .size = PAGE, .uva = 0};
    cr_assert_eq(sl_guest_map_set(&guest.map, &region, &fd, 1, NULL), SL_OK);
    uint8_t bytes[3];
    sl_guest_map_fetch(&guest.map, 0x100000, bytes, 3);
    cr_assert_eq(memcmp(bytes, "new", 3), 0);
    guest.file[LOW_AT] = 1;
    sl_guest_map_fetch(&guest.map, 0, bytes, 1);
    cr_assert_eq(bytes[0], 0, "the old region is gone");
    finish_guest(&guest);
}

/* ---- Concurrency ---- */

struct writer {
    uint8_t *live;
    atomic_bool stop;
};

/* Whole values only; a reader that sees bytes of both did not read at once. */
static void *keep_writing(void *argument)
{
    struct writer *writer = argument;
    uint64_t *value = (uint64_t *)(void *)writer->live;
    while (!atomic_load(&writer->stop)) {
        __atomic_store_n(value, UINT64_C(0), __ATOMIC_RELAXED);
        __atomic_store_n(value, UINT64_MAX, __ATOMIC_RELAXED);
    }
    return NULL;
}

Test(guest_map, aligned_fetches_are_never_torn)
{
    struct guest guest = make_guest();
    struct writer writer = {.live = guest.file + LOW_AT};
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, keep_writing, &writer), 0);
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[8];
        size_t size = (size_t)2 << i % 3;
        sl_guest_map_fetch(&guest.map, 0, bytes, size);
        for (size_t k = 1; k < size; k++) {
            cr_assert_eq(bytes[k], bytes[0], "fetch of %zu", size);
        }
    }
    atomic_store(&writer.stop, true);
    pthread_join(thread, NULL);
    finish_guest(&guest);
}

/* ---- Files that shrink ---- */

Test(guest_map, a_file_that_shrinks_reads_as_zeros)
{
    struct guest guest = make_guest();
    cr_assert_eq(sl_guest_map_guard(NULL), SL_OK);
    memset(guest.file, 0x5A, FILE_SIZE);
    cr_assert_eq(ftruncate(guest.fd, HIGH_AT + PAGE), 0);
    uint8_t bytes[2 * PAGE];
    memset(bytes, 1, sizeof(bytes));
    sl_guest_map_fetch(&guest.map, HIGH + PAGE - 8, bytes, 8);
    cr_assert_eq(bytes[0], 0x5A, "what is left is still there");
    cr_assert_not(guest.map.lost);
    sl_guest_map_fetch(&guest.map, HIGH, bytes, sizeof(bytes));
    cr_assert(guest.map.lost);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        cr_assert_eq(bytes[i], 0, "byte %zu", i);
    }
    bytes[0] = 1;
    sl_guest_map_fetch(&guest.map, 0, bytes, 1);
    cr_assert_eq(bytes[0], 0, "the other region is lost with it");
    sl_guest_map_store(&guest.map, HIGH, (const uint8_t *)"x", 1);
    cr_assert_eq(guest.file[HIGH_AT], 0x5A, "and stores go nowhere");

    int fd = make_file(PAGE);
    cr_assert_eq(pwrite(fd, "n", 1, 0), 1);
    struct sl_guest_region region = {.gpa = 0, .size = PAGE};
    cr_assert_eq(sl_guest_map_set(&guest.map, &region, &fd, 1, NULL), SL_OK);
    sl_guest_map_fetch(&guest.map, 0, bytes, 1);
    cr_assert_eq(bytes[0], 'n', "a new table helps");
    finish_guest(&guest);
}

Test(guest_map, a_store_beyond_the_end_loses_the_map)
{
    struct guest guest = make_guest();
    cr_assert_eq(sl_guest_map_guard(NULL), SL_OK);
    cr_assert_eq(ftruncate(guest.fd, 0), 0);
    uint8_t two[2] = {1, 2};
    sl_guest_map_store(&guest.map, HIGH, two, sizeof(two));
    cr_assert(guest.map.lost);
    cr_assert_eq(ftruncate(guest.fd, FILE_SIZE), 0);
    cr_assert_eq(guest.file[HIGH_AT], 0);
    finish_guest(&guest);
}

Test(guest_map, another_bus_error_still_kills, .signal = SIGBUS)
{
    cr_assert_eq(sl_guest_map_guard(NULL), SL_OK);
    int fd = make_file(PAGE);
    uint8_t *file = map_file(fd, PAGE);
    cr_assert_eq(ftruncate(fd, 0), 0);
    *(volatile uint8_t *)file = 1;
}
