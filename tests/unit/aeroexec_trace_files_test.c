/*
 * Real command streams: the trace fixtures of the Aero project, where they are at hand, must give
 * the frames that their collection records.
 */
#include "aeroexec_rig.h"

#include "base/bytes.h"
#include "base/file.h"

#include <stdio.h>
#include <string.h>

TestSuite(aeroexec_trace_files);

#define FOLDER "../shared/data/aerogputrace/"

enum { RECORD_PACKET = 3, RECORD_BLOB = 4, RECORD_SUBMISSION = 5 };

struct record {
    uint8_t type;
    const uint8_t *payload;
    uint32_t size;
};

/* The records of the only frame; these files are known to be good. */
static bool next_record(const struct sl_buf *file, uint64_t *at, struct record *record)
{
    const uint8_t *toc = file->data + sl_get_le64(file->data + file->size - 16);
    uint64_t start = sl_get_le64(toc + 16 + 8);
    uint64_t end = sl_get_le64(toc + 16 + 24);
    if (*at == 0) {
        *at = start;
    }
    if (*at >= end) {
        return false;
    }
    const uint8_t *p = file->data + *at;
    *record = (struct record){p[0], p + 8, sl_get_le32(p + 4)};
    *at += 8 + (uint64_t)record->size;
    return true;
}

static struct record find_blob(const struct sl_buf *file, uint64_t id)
{
    struct record record;
    for (uint64_t at = 0; next_record(file, &at, &record);) {
        if (record.type == RECORD_BLOB && sl_get_le64(record.payload) == id) {
            return (struct record){record.type, record.payload + 16, record.size - 16};
        }
    }
    cr_assert_fail("no blob %u", (unsigned)id);
    return record;
}

static void run_stream(struct rig *rig, const uint8_t *bytes)
{
    rig->table.entries = rig->allocs;
    struct sl_agpu_stream stream = {
        .bytes = bytes,
        .size = sl_get_le32(bytes + 8),
        .table = &rig->table,
        .work_limit = UINT64_MAX,
    };
    sl_agpu_exec_run(rig->exec, &stream, &rig->outcome);
}

static void run_submission(struct rig *rig, const struct sl_buf *file, const uint8_t *submission)
{
    uint32_t range_count = sl_get_le32(submission + 48);
    for (uint32_t i = 0; i < range_count; i++) {
        const uint8_t *range = submission + sl_get_le32(submission + 4) + 32 * (size_t)i;
        uint64_t gpa = sl_get_le64(range + 8);
        struct record memory = find_blob(file, sl_get_le64(range + 24));
        cr_assert_eq(sl_mem_add_region(rig->mem, gpa, SL_MEM_PAGE_SIZE, NULL), SL_OK);
        rig_poke(rig, gpa, memory.payload, memory.size);
        rig_alloc(rig, sl_get_le32(range), gpa, sl_get_le64(range + 16), false);
    }
    run_stream(rig, find_blob(file, sl_get_le64(submission + 32)).payload);
}

static void run_file(struct rig *rig, const char *name, struct sl_buf *file)
{
    char path[128];
    struct record record;
    snprintf(path, sizeof(path), FOLDER "%s.aerogputrace", name);
    if (sl_file_read(path, 1 << 20, file, NULL) != SL_OK) {
        cr_skip_test("%s is not here", path);
    }
    for (uint64_t at = 0; next_record(file, &at, &record);) {
        if (record.type == RECORD_PACKET) {
            run_stream(rig, record.payload);
        } else if (record.type == RECORD_SUBMISSION) {
            run_submission(rig, file, record.payload);
        }
    }
}

static const struct {
    const char *name;
    bool profile_aero; /* it draws without programs, which only that profile does */
    const char *sha256;
} frames[] = {
    {"aerogpu_a3a0_clear_red", false,
     "1171a4a562614d26797113802f81afae784773e173235286c4f65e4aa1f43816"},
    {"aerogpu_cmd_blend_add", false,
     "70b8344e057c7a06b4ce39c0b96f3cc8d4ac92294ed4cf43291272307940d400"},
    {"aerogpu_cmd_clear_b8g8r8a8", false,
     "cfebc54f35a07ec1e0ca01bf02e8336a69023a3a3dce2dcd34c037281a70a1b9"},
    {"aerogpu_cmd_clear_b8g8r8x8", false,
     "1171a4a562614d26797113802f81afae784773e173235286c4f65e4aa1f43816"},
    {"aerogpu_cmd_copy_buffer", false,
     "026e53cb3a4319b55b4a231c7ab876ecabf61ac033aae30e920e61feccb3de06"},
    {"aerogpu_cmd_copy_texture2d", false,
     "915de25d4d1287576733cf8ea17d77821d20482789218f45ac88dc8fb0231d1f"},
    {"aerogpu_cmd_indexed_triangle", false,
     "e8f2f09084d6b42df9540e20f141f24810e92482322bbab5c3d17b845a91c572"},
    {"aerogpu_cmd_indexed_triangle_first_index", false,
     "cf776eb69882dd61bfb58c0f385347f3d11ac6954b7bbd348cb2c4eb1d33a57d"},
    {"aerogpu_cmd_indexed_triangle_u16", false,
     "1dd57f85f575cc48fe0e0e99fef94708b71d5335c9b3ef96cd27991abcccd23d"},
    {"aerogpu_cmd_present_ex", false,
     "599489cc485b64aa070b1e21e8f3624f6b15c25cb408045db4ef892b3e521c17"},
    {"aerogpu_cmd_texture_ld_b5g6r5", false,
     "e271b859f26ca923b6146856a12948a6aadb7923c806309d9ba7e1e6f45cdb57"},
    {"aerogpu_cmd_texture_ld_b8g8r8a8", false,
     "026e53cb3a4319b55b4a231c7ab876ecabf61ac033aae30e920e61feccb3de06"},
    {"aerogpu_cmd_textured_rgba8_sampler_triangle", false,
     "f256dd9abeb9918f5169d7250f01ffc7a78c341437b163a7844b2bce99b8062a"},
    {"aerogpu_cmd_triangle", true,
     "1171a4a562614d26797113802f81afae784773e173235286c4f65e4aa1f43816"},
    {"aerogpu_cmd_triangle_first_vertex", false,
     "cf776eb69882dd61bfb58c0f385347f3d11ac6954b7bbd348cb2c4eb1d33a57d"},
};

Test(aeroexec_trace_files, frames)
{
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        char hex[65];
        struct sl_buf file = {0};
        struct rig rig =
            rig_make_with((struct sl_agpu_exec_config){.default_target_width = 64,
                                                       .default_target_height = 64,
                                                       .profile_aero = frames[i].profile_aero});
        run_file(&rig, frames[i].name, &file);
        cr_assert_eq(rig.outcome.class_, SL_AGPU_OK, "%s: %s", frames[i].name, rig.outcome.detail);
        cr_assert_not_null(sl_agpu_exec_presented(rig.exec));
        sl_image_digest(sl_agpu_exec_presented(rig.exec), hex);
        cr_assert_str_eq(hex, frames[i].sha256, "%s", frames[i].name);
        rig_finish(&rig);
        sl_buf_finish(&file);
    }
}

Test(aeroexec_trace_files, a_draw_without_programs)
{
    struct sl_buf file = {0};
    struct rig rig = rig_make();
    run_file(&rig, "aerogpu_cmd_triangle", &file);
    cr_assert_eq(rig.outcome.class_, SL_AGPU_INCOMPLETE_STATE);
    cr_assert_eq(rig.outcome.opcode, AEROGPU_CMD_DRAW);
    rig_finish(&rig);
    sl_buf_finish(&file);
}
