/*
 * The memory of a live guest, as the front end of vhost-user shares it: a table of regions, each
 * with a file descriptor to map (vhost-user, "Memory regions description").
 *
 * The guest runs while we look. So nothing here hands out a pointer: sl_guest_map_fetch() reads
 * each byte once into the caller's memory, and what was fetched is what counts from then on.
 *
 * The front end could also truncate the file under us, and the next access would be a SIGBUS.
 * sl_guest_map_guard() makes that survivable; the map is lost then, and reads as zeros.
 */
#ifndef SL_CAPTURE_GUEST_MAP_H
#define SL_CAPTURE_GUEST_MAP_H

#include <scanlock/event.h>

/* Regions that fit into a message, and descriptors that may come with it (vhost-user). */
#define SL_GUEST_MAP_REGIONS 8u

/* A region as the front end describes it. */
struct sl_guest_region {
    uint64_t gpa;         /* guest physical address */
    uint64_t size;        /* bytes */
    uint64_t uva;         /* address in the front end's address space; rings are given in these */
    uint64_t mmap_offset; /* where the region starts in the file */
};

struct sl_guest_mapping {
    struct sl_guest_region region;
    uint8_t *base; /* of the file's mapping; the region is at base + mmap_offset */
    size_t length; /* bytes mapped */
};

/* Zeroed it is empty. For one thread at a time. */
struct sl_guest_map {
    struct sl_guest_mapping mappings[SL_GUEST_MAP_REGIONS]; /* sorted by gpa */
    struct sl_ram_region ram[SL_GUEST_MAP_REGIONS];         /* the same regions */
    size_t count;
    bool lost; /* the file shrank; only a new table helps */
};

/* Unmaps everything and leaves the map empty. */
void sl_guest_map_finish(struct sl_guest_map *map);

/*
 * Replaces the table by count regions, fds[i] holding region i. The descriptors are closed in any
 * case. The old table goes when the new one is in place; on failure it stays. Rule vhost.memory
 * (SL_ERR_DAMAGED): 1 to 8 regions; addresses, sizes and offsets multiples of 4096 (uva may be
 * any); no wrap; no overlap among guest or front-end addresses; the file holds the whole region.
 * SL_ERR_ENVIRONMENT: the file cannot be mapped shared for reading and writing.
 */
enum sl_status sl_guest_map_set(struct sl_guest_map *map, const struct sl_guest_region *regions,
                                const int *fds, size_t count, struct sl_error *err);

/* The RAM, sorted by address, valid until the next table. */
const struct sl_ram_region *sl_guest_map_regions(const struct sl_guest_map *map, size_t *count);

/*
 * Translates an address of the front end. False, and *gpa untouched, unless all of [uva, uva +
 * size) lies in one region; size is at least 1.
 */
bool sl_guest_map_uva_to_gpa(const struct sl_guest_map *map, uint64_t uva, uint64_t size,
                             uint64_t *gpa);

/*
 * Copies guest memory to out, each byte of it read exactly once. What is not RAM, and everything
 * once the map is lost, gives zeros. A naturally aligned 2, 4 or 8 bytes is one load. Later
 * fetches see memory no older than this one; a fetch of 2 bytes, which is how the indices of a
 * ring are read, also comes after all stores before it (virtio 1.2, 2.7.7.2 and 2.7.13.3.1).
 *
 * map is a struct sl_guest_map; the type lets the function serve as a callback.
 */
void sl_guest_map_fetch(void *map, uint64_t gpa, uint8_t *out, size_t size);

/*
 * Copies bytes to guest memory; what is not RAM is left out. A naturally aligned 2, 4 or 8 bytes
 * is one store. The guest sees stores in their order (virtio 1.2, 2.7.8.2).
 */
void sl_guest_map_store(void *map, uint64_t gpa, const uint8_t *bytes, size_t size);

/*
 * Installs a handler of SIGBUS for the whole process. An access to a map that meets the end of its
 * file then marks the map as lost; any other SIGBUS kills the process as before.
 */
enum sl_status sl_guest_map_guard(struct sl_error *err);

#endif
