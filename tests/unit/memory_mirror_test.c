/* A memory that mirrors a running guest: what is fetched, when, and what is told about it. */
#include "memory/memory.h"

#include <criterion/criterion.h>
#include <string.h>

enum { RAM = 64 * 1024, CHANGES = 64 };

struct change {
    uint64_t gpa;
    size_t size;
};

struct guest {
    uint8_t ram[RAM];
    size_t fetched_bytes;
    struct change changes[CHANGES];
    size_t change_count;
    struct sl_mem *mem;
};

static void fetch(void *data, uint64_t gpa, uint8_t *out, size_t size)
{
    struct guest *guest = data;
    cr_assert_leq(gpa % SL_MEM_PAGE_SIZE + size, SL_MEM_PAGE_SIZE);
    memcpy(out, guest->ram + gpa, size);
    guest->fetched_bytes += size;
}

static void store(void *data, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    struct guest *guest = data;
    cr_assert_leq(gpa % SL_MEM_PAGE_SIZE + size, SL_MEM_PAGE_SIZE);
    memcpy(guest->ram + gpa, bytes, size);
}

static void changed(void *data, uint64_t gpa, const uint8_t *bytes, size_t size)
{
    struct guest *guest = data;
    cr_assert_arr_eq(bytes, guest->ram + gpa, size);
    cr_assert_lt(guest->change_count, (size_t)CHANGES);
    guest->changes[guest->change_count++] = (struct change){gpa, size};
}

static struct guest guest;

static void boot(void)
{
    struct sl_error err;
    guest.mem = sl_mem_create(0);
    cr_assert_eq(sl_mem_add_region(guest.mem, 0, RAM, &err), SL_OK);
    cr_assert(sl_mem_set_source(guest.mem, &(struct sl_mem_source){&guest, fetch, store, changed}));
}

static void shut_down(void)
{
    cr_assert_not(sl_mem_is_stale(guest.mem));
    sl_mem_destroy(guest.mem);
}

TestSuite(memory_mirror, .init = boot, .fini = shut_down);

Test(memory_mirror, fetches_what_is_read_and_nothing_else)
{
    uint8_t out[16];
    memset(guest.ram + 5000, 0xAB, 100);
    cr_assert_eq(sl_mem_read(guest.mem, 5010, out, sizeof(out)), SL_MEM_OK);
    cr_assert_eq(out[0], 0xAB);
    cr_assert_eq(guest.fetched_bytes, sizeof(out));
    cr_assert_eq(guest.change_count, 1u);
    cr_assert_eq(guest.changes[0].gpa, 5010u);
    cr_assert_eq(guest.changes[0].size, sizeof(out));
}

/* A run is what the caller can use. More would be looked at again with every run of a long read. */
Test(memory_mirror, fetches_no_more_than_the_run_that_it_hands_out)
{
    size_t run;
    const uint8_t *bytes = sl_mem_peek(guest.mem, 100, RAM - 100, &run);
    cr_assert_not_null(bytes);
    cr_assert_eq(run, SL_MEM_PAGE_SIZE - 100u, "nothing is here yet: the rest of a page");
    cr_assert_eq(guest.fetched_bytes, run);
    guest.ram[SL_MEM_PAGE_SIZE + 3] = 0x77;
    bytes = sl_mem_peek(guest.mem, SL_MEM_PAGE_SIZE, 50, &run);
    cr_assert_eq(run, 50u);
    cr_assert_eq(bytes[3], 0x77, "the page came into being meanwhile");
}

Test(memory_mirror, guest_stands_still_within_a_step)
{
    uint8_t out[8];
    guest.ram[100] = 1;
    cr_assert_eq(sl_mem_read(guest.mem, 100, out, 4), SL_MEM_OK);
    guest.ram[100] = 2;
    guest.ram[104] = 3;
    cr_assert_eq(sl_mem_read(guest.mem, 98, out, 8), SL_MEM_OK);
    cr_assert_eq(out[2], 1, "fetched before");
    cr_assert_eq(out[6], 3, "not fetched before");
    cr_assert_eq(guest.fetched_bytes, 8u);
    sl_mem_new_step(guest.mem);
    cr_assert_eq(sl_mem_read(guest.mem, 98, out, 8), SL_MEM_OK);
    cr_assert_eq(out[2], 2);
    cr_assert_eq(guest.fetched_bytes, 16u);
}

Test(memory_mirror, same_bytes_are_not_told_again)
{
    uint8_t out[4096];
    memset(guest.ram + 8192, 7, 4096);
    for (int i = 0; i < 3; i++) {
        sl_mem_new_step(guest.mem);
        cr_assert_eq(sl_mem_read(guest.mem, 8192, out, sizeof(out)), SL_MEM_OK);
    }
    cr_assert_eq(guest.change_count, 1u);
    sl_mem_new_step(guest.mem);
    guest.ram[8192 + 77] = 8;
    cr_assert_eq(sl_mem_read(guest.mem, 8192, out, sizeof(out)), SL_MEM_OK);
    cr_assert_eq(guest.change_count, 2u);
    cr_assert_eq(guest.changes[1].gpa, 8192u + 77);
    cr_assert_eq(guest.changes[1].size, 1u);
    sl_mem_new_step(guest.mem);
    memset(guest.ram + 8192 + 100, 9, 2000);
    cr_assert_eq(sl_mem_read(guest.mem, 8192, out, sizeof(out)), SL_MEM_OK);
    cr_assert_eq(guest.changes[2].gpa, 8192u);
    cr_assert_eq(guest.changes[2].size, 4096u, "much of a page is told as a page");
}

Test(memory_mirror, device_writes_reach_the_guest_and_stay)
{
    uint8_t out[4];
    const uint8_t bytes[4] = {1, 2, 3, 4};
    cr_assert_eq(sl_mem_dma_write(guest.mem, 4094, bytes, 4), SL_MEM_OK);
    cr_assert_arr_eq(guest.ram + 4094, bytes, 4);
    memset(guest.ram + 4094, 0x55, 4);
    cr_assert_eq(sl_mem_read(guest.mem, 4094, out, 4), SL_MEM_OK);
    cr_assert_arr_eq(out, bytes, 4);
    cr_assert_eq(guest.change_count, 0u);
    sl_mem_new_step(guest.mem);
    cr_assert_eq(sl_mem_read(guest.mem, 4094, out, 4), SL_MEM_OK);
    cr_assert_eq(out[0], 0x55);
    cr_assert_eq(guest.change_count, 2u, "one for each page");
}

Test(memory_mirror, peeking_stays_inside_what_was_asked)
{
    size_t run;
    memset(guest.ram, 0x11, RAM);
    const uint8_t *p = sl_mem_peek(guest.mem, 6000, 10, &run);
    cr_assert_eq(run, 10u);
    cr_assert_eq(p[9], 0x11);
    cr_assert_eq(guest.fetched_bytes, 10u);
    cr_assert_null(sl_mem_peek(guest.mem, RAM, 1, &run));
}

Test(memory_mirror, zeros_are_what_a_mirror_has)
{
    uint8_t out[4096];
    cr_assert_eq(sl_mem_read(guest.mem, 0, out, sizeof(out)), SL_MEM_OK);
    cr_assert_eq(guest.change_count, 0u);
    cr_assert_eq(sl_mem_touched_bytes(guest.mem), 0u);
}

/* Every interleaving of small reads with a guest that writes in between sees each byte once. */
Test(memory_mirror, claims_are_exact)
{
    static uint8_t first[SL_MEM_PAGE_SIZE];
    static bool seen[SL_MEM_PAGE_SIZE];
    uint32_t state = 12345;
    for (int i = 0; i < 4000; i++) {
        state = state * 1664525u + 1013904223u;
        size_t at = state >> 8 & 0xFFF;
        size_t size = 1 + (state >> 20) % 200;
        size = at + size <= SL_MEM_PAGE_SIZE ? size : SL_MEM_PAGE_SIZE - at;
        uint8_t out[200];
        size_t before = guest.fetched_bytes;
        size_t fresh = 0;
        guest.change_count = 0;
        for (size_t k = at; k < at + size; k++) {
            guest.ram[k] = (uint8_t)i;
            fresh += !seen[k];
            first[k] = seen[k] ? first[k] : (uint8_t)i;
            seen[k] = true;
        }
        cr_assert_eq(sl_mem_read(guest.mem, at, out, size), SL_MEM_OK);
        cr_assert_arr_eq(out, first + at, size);
        cr_assert_eq(guest.fetched_bytes - before, fresh);
    }
}

Test(memory_regions, replacing_the_map_keeps_bytes)
{
    struct sl_error err;
    struct sl_mem *mem = sl_mem_create(0);
    uint8_t byte = 9;
    const struct sl_ram_region two[] = {{0x10000, 0x1000}, {0, 0x2000}};
    const struct sl_ram_region bad[] = {{0, 0x2000}, {0x1000, 0x1000}};
    cr_assert_eq(sl_mem_set_regions(mem, two, 2, &err), SL_OK);
    cr_assert_eq(sl_mem_write(mem, 0x10000, &byte, 1), SL_MEM_OK);
    cr_assert_eq(sl_mem_set_regions(mem, bad, 2, &err), SL_ERR_DAMAGED);
    cr_assert(sl_mem_is_ram(mem, 0x10000, 1), "a bad map changes nothing");
    cr_assert_eq(sl_mem_set_regions(mem, two + 1, 1, &err), SL_OK);
    cr_assert_eq(sl_mem_read(mem, 0x10000, &byte, 1), SL_MEM_HOLE);
    cr_assert_eq(sl_mem_set_regions(mem, two, 2, &err), SL_OK);
    byte = 0;
    cr_assert_eq(sl_mem_read(mem, 0x10000, &byte, 1), SL_MEM_OK);
    cr_assert_eq(byte, 9);
    sl_mem_destroy(mem);
}
