/* EDID: bytes and digests taken from QEMU. */
#include "base/hash.h"
#include "device/virtio_gpu/vgpu.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void check_digest(uint32_t width, uint32_t height, const char *expected)
{
    uint8_t edid[1024];
    char hex[65];
    sl_vgpu_edid_generate(width, height, 0, edid);
    sl_sha256_hex(NULL, 0, edid, sizeof(edid), hex);
    cr_assert_str_eq(hex, expected);
}

Test(virtio_edid, digests)
{
    check_digest(1280, 800, "0338e75ac6dc8b39244600861441e59fa2c754fb9b092d5fcb8b0f1b650ea27d");
    check_digest(1024, 768, "03d604a6fdf199f3370553c9d820f6ae4c95b3dc92446eaf5f07e581483497cc");
    check_digest(5120, 2880, "2e49035e3d977200a50cebdbcef49b09aefc23bce880c942e9410c867ed121a4");
}

Test(virtio_edid, disabled_head_is_1280x800)
{
    check_digest(0, 0, "0338e75ac6dc8b39244600861441e59fa2c754fb9b092d5fcb8b0f1b650ea27d");
}

static void check_bytes(const uint8_t *bytes, const char *expected)
{
    char hex[257];
    for (size_t i = 0; i < 128; i++) {
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    }
    cr_assert_str_eq(hex, expected);
}

Test(virtio_edid, blocks_of_1280x800)
{
    uint8_t edid[1024];
    sl_vgpu_edid_generate(1280, 800, 75000, edid);
    check_bytes(edid, "00ffffffffffff0049143412000000002a180104a520147806ee91a3544c9926"
                      "0f5054210800e1c0d1c0d100a940b300950081808140ea2900c051201c304026"
                      "444045cb10000018000000f7000a004082002820000000000000000000fd0032"
                      "7d1ea0ff010a202020202020000000fc0051454d55204d6f6e69746f720a013a");
    check_bytes(edid + 128, "02030b00467d6560591f61000000100000000000000000000000000000000000"
                            "1000000000000000000000000000000000001000000000000000000000000000"
                            "0000000010000000000000000000000000000000000010000000000000000000"
                            "000000000000000010000000000000000000000000000000000000000000002f");
}

Test(virtio_edid, large_sizes_use_displayid)
{
    uint8_t edid[1024];
    sl_vgpu_edid_generate(5120, 2880, 75000, edid);
    check_bytes(edid, "00ffffffffffff0049143412000000002a180104a582497806ee91a3544c9926"
                      "0f5054210800e1c0d1c0d100a940b300950081808140000000f7000a00408200"
                      "2820000000000000000000fd00327d1ea0ff010a202020202020000000fc0051"
                      "454d55204d6f6e69746f720a0000001000000000000000000000000000000244");
    check_bytes(edid + 256, "7013170300030014735b0288ff13ff06ff0498003f0b63000d000d00eb000000"
                            "0000000000000000000000000000000000000000000000000000000000000000"
                            "0000000000000000000000000000000000000000000000000000000000000000"
                            "0000000000000000000000000000000000000000000000000000000000000090");
}

/* Every block sums to 0 for any size. */
Test(virtio_edid, checksums)
{
    static const uint32_t sizes[] = {1, 2, 255, 256, 1023, 2047, 4095, 4096, 7680, 16384};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint8_t edid[1024];
        sl_vgpu_edid_generate(sizes[i], sizes[sizeof(sizes) / sizeof(sizes[0]) - 1 - i], 60000,
                              edid);
        for (size_t block = 0; block < 8; block++) {
            unsigned sum = 0;
            for (size_t j = 0; j < 128; j++) {
                sum += edid[block * 128 + j];
            }
            cr_assert_eq(sum % 256, 0, "size %u block %zu", sizes[i], block);
        }
    }
}
