/* Hashes: XXH3-128 where only equality matters, SHA-256 for published digests. */
#ifndef SL_BASE_HASH_H
#define SL_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Canonical (big-endian) XXH3-128, the same on every machine. */
struct sl_hash128 {
    uint8_t bytes[16];
};

struct sl_hash128 sl_hash128(const void *data, size_t size);
bool sl_hash128_equal(const struct sl_hash128 *a, const struct sl_hash128 *b);

/*
 * XXH64 with seed 0, the hash behind Zstandard's own checksums: for the small structures around
 * them, where a chance error must be noticed and nobody compares contents by it.
 */
uint64_t sl_hash64(const void *data, size_t size);

/* 32 lower-case hexadecimal digits and a terminator. */
void sl_hash128_hex(const struct sl_hash128 *hash, char hex[33]);

/* SHA-256 of two pieces in a row (the second may be empty), as hexadecimal text. */
void sl_sha256_hex(const void *a, size_t a_size, const void *b, size_t b_size, char hex[65]);

#endif
