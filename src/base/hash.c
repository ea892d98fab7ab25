#include "base/hash.h"

#include <assert.h>
#include <sha2.h>
#include <stdio.h>
#include <string.h>

/* On x86 the library has the same functions in wider vectors and picks one at run time. */
#if defined(__x86_64__) && defined(__has_include)
#if __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>
#endif
#endif
#include <xxhash.h>

static_assert(sizeof(XXH128_canonical_t) == sizeof(struct sl_hash128), "canonical form is 16 bytes");

struct sl_hash128 sl_hash128(const void *data, size_t size)
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(data, size));
    struct sl_hash128 hash;
    memcpy(hash.bytes, canonical.digest, sizeof(hash.bytes));
    return hash;
}

bool sl_hash128_equal(const struct sl_hash128 *a, const struct sl_hash128 *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

uint64_t sl_hash64(const void *data, size_t size)
{
    return XXH64(data, size, 0);
}

static void to_hex(const uint8_t *bytes, size_t size, char *hex)
{
    for (size_t i = 0; i < size; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
}

void sl_hash128_hex(const struct sl_hash128 *hash, char hex[33])
{
    to_hex(hash->bytes, sizeof(hash->bytes), hex);
}

void sl_sha256_hex(const void *a, size_t a_size, const void *b, size_t b_size, char hex[65])
{
    SHA2_CTX ctx;
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256Init(&ctx);
    SHA256Update(&ctx, a, a_size);
    if (b_size) {
        SHA256Update(&ctx, b, b_size);
    }
    SHA256Final(digest, &ctx);
    to_hex(digest, sizeof(digest), hex);
}
