/* Blob resources: content is guest memory, read when it is shown. */
#include "virtio_rig.h"

#include <criterion/criterion.h>
#include <linux/virtio_gpu.h>
#include <string.h>

#define OK VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC VIRTIO_GPU_RESP_ERR_UNSPEC
#define BAD_SCANOUT VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define BAD_ID VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define BAD_PARAMETER VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

enum { BGRX = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, GUEST = 1, HOST3D = 2, SHAREABLE = 2 };

struct blob {
    uint32_t id;
    uint32_t mem;
    uint32_t flags;
    uint64_t size;
    uint32_t announced;
    struct sl_virtio_gpu_mem_entry entry;
};

static uint32_t create_blob(struct vrig *rig, const struct blob *blob)
{
    struct sl_virtio_gpu_resource_create_blob cmd = {
        .hdr = {.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB},
        .resource_id = blob->id,
        .blob_mem = blob->mem,
        .blob_flags = blob->flags,
        .nr_entries = blob->announced,
        .size = blob->size,
    };
    uint8_t bytes[sizeof(cmd) + 16];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_RESOURCE_CREATE_BLOB, &cmd, bytes);
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_MEM_ENTRY, &blob->entry, bytes + sizeof(cmd));
    return vrig_send(rig, 0, bytes, sizeof(bytes), 64);
}

/* The blob of most tests: 64 KiB at VRIG_DATA. */
static const struct blob plain = {.id = 1,
                                  .mem = GUEST,
                                  .size = 65536,
                                  .announced = 1,
                                  .entry = {.addr = VRIG_DATA, .length = 65536}};

struct view {
    uint32_t scanout;
    uint32_t id;
    struct sl_virtio_gpu_rect r;
    uint32_t width;
    uint32_t height;
    uint32_t format;
    uint32_t stride;
    uint32_t offset;
};

static const struct view shown = {.id = 1,
                                  .r = {0, 0, 32, 32},
                                  .width = 32,
                                  .height = 32,
                                  .format = BGRX,
                                  .stride = 256,
                                  .offset = 128};

static uint32_t set_scanout_blob(struct vrig *rig, const struct view *view)
{
    struct sl_virtio_gpu_set_scanout_blob cmd = {
        .hdr = {.type = VIRTIO_GPU_CMD_SET_SCANOUT_BLOB},
        .r = view->r,
        .scanout_id = view->scanout,
        .resource_id = view->id,
        .width = view->width,
        .height = view->height,
        .format = view->format,
        .strides = {view->stride},
        .offsets = {view->offset},
    };
    uint8_t bytes[sizeof(cmd)];
    sl_abi_encode(SL_LAYOUT_VIRTIO_GPU_SET_SCANOUT_BLOB, &cmd, bytes);
    return vrig_send(rig, 0, bytes, sizeof(bytes), 64);
}

static void put_pixel(struct vrig *rig, uint64_t gpa, uint32_t bgrx)
{
    uint8_t bytes[4];
    sl_put_le32(bytes, bgrx);
    vrig_poke(rig, gpa, bytes, 4);
}

Test(virtio_blob, without_the_option)
{
    struct vrig rig;
    uint8_t bytes[24] = {0};
    vrig_start(&rig, "", "");
    sl_put_le32(bytes, VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB);
    cr_assert_eq(vrig_send(&rig, 0, bytes, 24, 24), BAD_PARAMETER, "the body does not count");
    sl_put_le32(bytes, VIRTIO_GPU_CMD_SET_SCANOUT_BLOB);
    cr_assert_eq(vrig_send(&rig, 0, bytes, 24, 24), BAD_PARAMETER);
    vrig_finish(&rig);
}

Test(virtio_blob, create)
{
    struct vrig rig;
    vrig_start(&rig, "", "blob=on");
    struct blob blob = plain;
    blob.id = 0;
    blob.mem = HOST3D;
    cr_assert_eq(create_blob(&rig, &blob), BAD_ID);
    blob.id = 1;
    cr_assert_eq(create_blob(&rig, &blob), BAD_PARAMETER);
    blob.flags = SHAREABLE;
    cr_assert_eq(create_blob(&rig, &blob), OK, "any memory passes with exactly SHAREABLE");
    blob.flags = SHAREABLE | 1;
    cr_assert_eq(create_blob(&rig, &blob), BAD_PARAMETER, "before the duplicate");
    blob = plain;
    blob.entry.length = 0;
    cr_assert_eq(create_blob(&rig, &blob), BAD_ID, "the duplicate before the entries");
    blob.id = 2;
    cr_assert_eq(create_blob(&rig, &blob), UNSPEC);
    blob.announced = 2;
    cr_assert_eq(create_blob(&rig, &blob), UNSPEC);
    blob.announced = 16385;
    cr_assert_eq(create_blob(&rig, &blob), UNSPEC);
    blob.announced = 0;
    cr_assert_eq(create_blob(&rig, &blob), OK);
    cr_assert_eq(vrig_detach(&rig, 2), UNSPEC, "it has no backing");
    cr_assert_eq(vrig_unref(&rig, 2), OK);
    vrig_finish(&rig);
    vrig_start(&rig, "spec", "blob=on");
    blob = plain;
    blob.mem = HOST3D;
    blob.flags = SHAREABLE;
    cr_assert_eq(create_blob(&rig, &blob), BAD_PARAMETER);
    vrig_finish(&rig);
}

/* Guest writes show without any command. */
Test(virtio_blob, live)
{
    struct vrig rig;
    vrig_start(&rig, "", "blob=on");
    create_blob(&rig, &plain);
    cr_assert_eq(set_scanout_blob(&rig, &shown), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 2), 0xFF);
    put_pixel(&rig, VRIG_DATA + 128 + 2 * 256 + 3 * 4, 0x00AABBCC);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 2), 0xAABBCCFF);
    cr_assert_eq(vrig_transfer(&rig, 1, vrig_rect(99, 99, 99, 99), 0), OK, "nothing to do");
    vrig_unref(&rig, 1);
    cr_assert_eq(vrig_shown(&rig, 0), 0);
    vrig_finish(&rig);
}

Test(virtio_blob, latched)
{
    struct vrig rig;
    vrig_start(&rig, "", "blob=on screen=latched-zero");
    create_blob(&rig, &plain);
    set_scanout_blob(&rig, &shown);
    put_pixel(&rig, VRIG_DATA + 128 + 2 * 256 + 3 * 4, 0x00AABBCC);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 2), 0xFF);
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(3, 2, 1, 1)), OK);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 2), 0xAABBCCFF);
    vrig_finish(&rig);
}

/* The rectangle's corner counts in the position of the first pixel. */
Test(virtio_blob, sub_rectangle)
{
    struct vrig rig;
    struct view view = shown;
    vrig_start(&rig, "", "blob=on");
    create_blob(&rig, &plain);
    view.r = vrig_rect(5, 6, 16, 16);
    cr_assert_eq(set_scanout_blob(&rig, &view), OK);
    put_pixel(&rig, VRIG_DATA + 128 + (6 + 2) * 256 + (5 + 3) * 4, 0x00AABBCC);
    cr_assert_eq(vrig_pixel(&rig, 0, 3, 2), 0xAABBCCFF);
    /* Flushes must touch it. */
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(0, 0, 5, 6)), OK, "the near edge counts");
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(0, 0, 4, 6)), BAD_PARAMETER);
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(21, 6, 1, 1)), BAD_PARAMETER);
    cr_assert_eq(vrig_flush(&rig, 1, vrig_rect(20, 21, UINT32_MAX, UINT32_MAX)), OK);
    vrig_finish(&rig);
}

Test(virtio_blob, set_scanout_errors)
{
    struct vrig rig;
    vrig_start(&rig, "", "blob=on");
    create_blob(&rig, &plain);
    vrig_create_2d(&rig, 2, BGRX, 32, 32);
    vrig_attach(&rig, 2, VRIG_DATA, 4096);
    struct view view = shown;
    view.scanout = 1;
    view.id = 0;
    cr_assert_eq(set_scanout_blob(&rig, &view), BAD_SCANOUT);
    view.scanout = 0;
    cr_assert_eq(set_scanout_blob(&rig, &view), OK);
    view.id = 9;
    cr_assert_eq(set_scanout_blob(&rig, &view), BAD_ID);
    view.id = 2;
    cr_assert_eq(set_scanout_blob(&rig, &view), UNSPEC, "no blob");
    static const struct view bad[] = {
        {0, 1, {0, 0, 32, 32}, 32, 32, 99, 256, 0},
        {0, 1, {0, 0, 15, 32}, 32, 32, BGRX, 256, 0},
        {0, 1, {1, 0, 32, 32}, 32, 32, BGRX, 256, 0},
        {0, 1, {0, 0, 32, 32}, 32, 32, BGRX, 254, 0},
        {0, 1, {0, 0, 32, 32}, 32, 32, BGRX, 2052, 0},
        {0, 1, {0, 0, 32, 32}, 32, 32, BGRX, 256, 65536 - 32 * 256 + 4},
        {0, 1, {0, UINT32_MAX, 32, 32}, 32, 32, BGRX, UINT32_MAX - 3, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        cr_assert_eq(set_scanout_blob(&rig, &bad[i]), BAD_PARAMETER, "case %zu", i);
    }
    view = shown;
    view.offset = 65536 - 32 * 256;
    cr_assert_eq(set_scanout_blob(&rig, &view), OK, "exactly at the end");
    cr_assert_eq(vrig_set_scanout(&rig, 0, 1, vrig_rect(0, 0, 16, 16)), BAD_PARAMETER);
    vrig_detach(&rig, 1);
    cr_assert_eq(set_scanout_blob(&rig, &shown), UNSPEC);
    vrig_finish(&rig);
}

/* Where the last row ends: with its last pixel, or with its stride. */
Test(virtio_blob, end_of_the_last_row)
{
    static const struct {
        const char *profile;
        uint32_t code;
    } cases[] = {{"", BAD_PARAMETER}, {"qemu", BAD_PARAMETER}, {"qemu72", OK}, {"spec", OK}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vrig rig;
        struct view view = shown;
        view.offset = 65536 - 31 * 256 - 32 * 4;
        vrig_start(&rig, cases[i].profile, "blob=on");
        create_blob(&rig, &plain);
        cr_assert_eq(set_scanout_blob(&rig, &view), cases[i].code, "case %zu", i);
        vrig_finish(&rig);
    }
}

/* Rows may overlap; bytes past the backing are 0. */
Test(virtio_blob, odd_shapes)
{
    struct vrig rig;
    struct blob blob = plain;
    struct view view = shown;
    vrig_start(&rig, "", "blob=on");
    blob.entry.length = 64;
    create_blob(&rig, &blob);
    view.stride = 0;
    view.offset = 0;
    cr_assert_eq(set_scanout_blob(&rig, &view), OK);
    put_pixel(&rig, VRIG_DATA + 60, 0x00AABBCC);
    put_pixel(&rig, VRIG_DATA + 64, 0x00112233);
    cr_assert_eq(vrig_pixel(&rig, 0, 15, 0), 0xAABBCCFF);
    cr_assert_eq(vrig_pixel(&rig, 0, 15, 31), 0xAABBCCFF);
    cr_assert_eq(vrig_pixel(&rig, 0, 16, 0), 0xFF);
    vrig_finish(&rig);
}

/* The first 16384 bytes of a blob are a cursor. */
Test(virtio_blob, cursor)
{
    struct vrig rig;
    struct blob blob = plain;
    vrig_start(&rig, "", "blob=on");
    create_blob(&rig, &plain);
    set_scanout_blob(&rig, &shown);
    blob.id = 2;
    blob.size = 16384;
    blob.entry = (struct sl_virtio_gpu_mem_entry){.addr = VRIG_HIGH, .length = 16384};
    create_blob(&rig, &blob);
    blob.id = 3;
    blob.size = 16383;
    create_blob(&rig, &blob);
    put_pixel(&rig, VRIG_HIGH, 0xFFAABBCC);
    vrig_cursor(&rig, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 3, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), 0xFF, "too small");
    vrig_cursor(&rig, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 2, 0, 0);
    cr_assert_eq(vrig_pixel(&rig, 0, 0, 0), 0xAABBCCFF);
    vrig_finish(&rig);
}
