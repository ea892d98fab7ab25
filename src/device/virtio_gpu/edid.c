/*
 * The EDID of a virtual monitor, byte for byte what QEMU generates: a base block (VESA E-EDID 1.4),
 * a CTA-861 block and, where the base block cannot hold the timing, a DisplayID block.
 */
#include "base/bytes.h"
#include "device/virtio_gpu/vgpu.h"

#include <string.h>

enum { BLOCK = 128, DESCRIPTOR = 18, FIRST_DESCRIPTOR = 54, EXTENSIONS = 126, CHECKSUM = 127 };

enum { DEFAULT_REFRESH_MHZ = 75000 };

/* Lines in pixels and frames in lines: visible, then front porch, sync and blanking altogether. */
struct timing {
    uint32_t width, width_front, width_sync, width_blank;
    uint32_t height, height_front, height_sync, height_blank;
    uint32_t width_mm, height_mm;
    uint64_t clock; /* of pixels, in 10 kHz */
};

static const uint8_t base_start[54] = {
    0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, /* magic */
    0x49, 0x14, 0x34, 0x12, 0x00, 0x00, 0x00, 0x00, /* "RHT", product, serial number */
    0x2a, 0x18, 0x01, 0x04,                         /* week 42 of 2014, EDID 1.4 */
    0xa5, 0x00, 0x00, 0x78, 0x06,                   /* digital, size in cm, gamma, sRGB */
    0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54, /* chromaticity */
    0x21, 0x08, 0x00,                                           /* established timings */
    0xe1, 0xc0, 0xd1, 0xc0, 0xd1, 0x00, 0xa9, 0x40,             /* standard timings */
    0xb3, 0x00, 0x95, 0x00, 0x81, 0x80, 0x81, 0x40,
};

static const uint8_t more_timings[DESCRIPTOR] = {0x00, 0x00, 0x00, 0xf7, 0x00, 0x0a,
                                                 0x00, 0x40, 0x82, 0x00, 0x28, 0x20};

static const uint8_t range_limits[DESCRIPTOR] = {0x00, 0x00, 0x00, 0xfd, 0x00, 0x32,
                                                 0x7d, 0x1e, 0xa0, 0xff, 0x01, 0x0a,
                                                 0x20, 0x20, 0x20, 0x20, 0x20, 0x20};

static const uint8_t monitor_name[DESCRIPTOR] = {0x00, 0x00, 0x00, 0xfc, 0x00, 'Q', 'E', 'M', 'U',
                                                 ' ',  'M',  'o',  'n',  'i',  't', 'o', 'r', 0x0a};

static const uint8_t dummy[DESCRIPTOR] = {0x00, 0x00, 0x00, 0x10};

static const uint8_t cta_start[] = {0x02, 0x03, 0x0b, 0x00, 0x46, 0x7d,
                                    0x65, 0x60, 0x59, 0x1f, 0x61};

static const uint8_t displayid_start[] = {0x70, 0x13, 0x17, 0x03, 0x00, 0x03, 0x00, 0x14};

static struct timing make_timing(uint32_t width, uint32_t height, uint32_t refresh_mhz)
{
    uint64_t w = width ? width : SL_VIRTIO_GPU_LIMIT_DEFAULT_WIDTH;
    uint64_t h = height ? height : SL_VIRTIO_GPU_LIMIT_DEFAULT_HEIGHT;
    uint64_t refresh = refresh_mhz ? refresh_mhz : DEFAULT_REFRESH_MHZ;
    struct timing t = {
        .width = (uint32_t)w,
        .width_front = (uint32_t)(w * 25 / 100),
        .width_sync = (uint32_t)(w * 3 / 100),
        .width_blank = (uint32_t)(w * 35 / 100),
        .height = (uint32_t)h,
        .height_front = (uint32_t)(h * 5 / 1000),
        .height_sync = (uint32_t)(h * 5 / 1000),
        .height_blank = (uint32_t)(h * 35 / 1000),
        /* 100 dots per inch */
        .width_mm = (uint32_t)(w * 254 / 10 / 100),
        .height_mm = (uint32_t)(h * 254 / 10 / 100),
    };
    t.clock = refresh * (w + t.width_blank) * (h + t.height_blank) / 10000000;
    return t;
}

static uint8_t low(uint32_t value)
{
    return (uint8_t)value;
}

/* Bits 8 to 11 of two numbers in one byte. */
static uint8_t high_nibbles(uint32_t upper, uint32_t lower)
{
    return (uint8_t)((upper & 0xF00) >> 4 | (lower & 0xF00) >> 8);
}

/* VESA E-EDID 1.4, 3.10.2. */
static void put_timing(const struct timing *t, uint8_t *out)
{
    const uint8_t bytes[DESCRIPTOR] = {
        low((uint32_t)t->clock),
        low((uint32_t)(t->clock >> 8)),
        low(t->width),
        low(t->width_blank),
        high_nibbles(t->width, t->width_blank),
        low(t->height),
        low(t->height_blank),
        high_nibbles(t->height, t->height_blank),
        low(t->width_front),
        low(t->width_sync),
        (uint8_t)((t->height_front & 0xF) << 4 | (t->height_sync & 0xF)),
        (uint8_t)((t->width_front & 0x300) >> 2 | (t->width_sync & 0x300) >> 4 |
                  (t->height_front & 0x30) >> 2 | (t->height_sync & 0x30) >> 4),
        low(t->width_mm),
        low(t->height_mm),
        high_nibbles(t->width_mm, t->height_mm),
        0,
        0,
        0x18,
    };
    memcpy(out, bytes, sizeof(bytes));
}

/* The byte that makes a sum of bytes 0 mod 256. */
static uint8_t negated_sum(const uint8_t *bytes, size_t size)
{
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++) {
        sum += bytes[i];
    }
    return (uint8_t)-sum;
}

static void put_base(const struct timing *t, bool large, uint8_t *block)
{
    uint8_t *at = block + FIRST_DESCRIPTOR;
    memcpy(block, base_start, sizeof(base_start));
    block[21] = low(t->width_mm / 10);
    block[22] = low(t->height_mm / 10);
    if (!large) {
        put_timing(t, at);
        at += DESCRIPTOR;
    }
    memcpy(at, more_timings, DESCRIPTOR);
    memcpy(at + DESCRIPTOR, range_limits, DESCRIPTOR);
    memcpy(at + 2 * DESCRIPTOR, monitor_name, DESCRIPTOR);
    if (large) {
        memcpy(at + 3 * DESCRIPTOR, dummy, DESCRIPTOR);
    }
    block[EXTENSIONS] = large ? 2 : 1;
    block[CHECKSUM] = negated_sum(block, CHECKSUM);
}

static void put_cta(uint8_t *block)
{
    memcpy(block, cta_start, sizeof(cta_start));
    for (int i = 0; i < 6; i++) {
        memcpy(block + sizeof(cta_start) + (size_t)i * DESCRIPTOR, dummy, DESCRIPTOR);
    }
    block[CHECKSUM] = negated_sum(block, CHECKSUM);
}

/* DisplayID 1.3, 4.4: one detailed timing of type 1. */
static void put_displayid(const struct timing *t, uint8_t *block)
{
    const uint32_t numbers[] = {t->width,  t->width_blank,  t->width_front,  t->width_sync,
                                t->height, t->height_blank, t->height_front, t->height_sync};
    enum { CLOCK = 8, FLAGS = 11, NUMBERS = 12, SECTION_CHECKSUM = 28 };
    memcpy(block, displayid_start, sizeof(displayid_start));
    sl_put_le(block + CLOCK, 3, t->clock);
    block[FLAGS] = 0x88;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sl_put_le16(block + NUMBERS + 2 * i, (uint16_t)(numbers[i] - 1));
    }
    block[SECTION_CHECKSUM] = negated_sum(block + 1, SECTION_CHECKSUM - 1);
    block[CHECKSUM] = negated_sum(block, CHECKSUM);
}

void sl_vgpu_edid_generate(uint32_t width, uint32_t height, uint32_t refresh_mhz,
                           uint8_t edid[1024])
{
    struct timing t = make_timing(width, height, refresh_mhz);
    /* 12 bits for each number, 16 for the clock. */
    bool large = t.width >= 4096 || t.height >= 4096 || t.clock >= 65536;
    memset(edid, 0, 1024);
    put_base(&t, large, edid);
    put_cta(edid + BLOCK);
    if (large) {
        put_displayid(&t, edid + 2 * BLOCK);
    }
}
