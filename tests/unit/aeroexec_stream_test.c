/* Running streams: unknown and short packets, where it stops, contexts, limits, reset. */
#include "aeroexec_rig.h"
#include "fail_alloc.h"

#include <string.h>

TestSuite(aeroexec_stream);

Test(aeroexec_stream, an_empty_stream_is_fine)
{
    struct rig rig = rig_make();
    static const uint8_t header[24] = {'A', 'C', 'M', 'D', 4, 0, 1, 0, 24};
    struct sl_agpu_stream stream = {
        .bytes = header, .size = 24, .table = &rig.table, .work_limit = UINT64_MAX};
    sl_agpu_exec_run(rig.exec, &stream, &rig.outcome);
    cr_assert_eq(rig.outcome.class_, SL_AGPU_OK);
    cr_assert_null(sl_agpu_exec_presented(rig.exec));
    rig_finish(&rig);
}

Test(aeroexec_stream, unknown_opcodes_are_skipped)
{
    struct rig rig = rig_make();
    rig_packet(&rig, 0x7FFFFFFF, NULL, 0);
    PACKET(&rig, 0x109, 1, 2, 3);
    PACKET(&rig, 0xFFFFFFFF, 1);
    rig_create_buffer(&rig, 0, 4, 0, 0);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    cr_assert_eq(rig.outcome.packet_index, 3);
    cr_assert_eq(rig.outcome.offset, 24 + 8 + 20 + 12);
    cr_assert_eq(rig.outcome.opcode, AEROGPU_CMD_CREATE_BUFFER);
    cr_assert(strlen(rig.outcome.detail) > 0);
    rig_finish(&rig);
}

Test(aeroexec_stream, packets_without_effect)
{
    struct rig rig = rig_make();
    rig_packet(&rig, AEROGPU_CMD_NOP, NULL, 0);
    PACKET(&rig, AEROGPU_CMD_NOP, 1, 2, 3);
    rig_packet(&rig, AEROGPU_CMD_DEBUG_MARKER, NULL, 0);
    rig_packet_bytes(&rig, AEROGPU_CMD_DEBUG_MARKER, NULL, 0, "\xFF\xFE marker", 9);
    PACKET(&rig, AEROGPU_CMD_FLUSH, 0, 0);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_stream, every_packet_one_word_too_short_is_malformed)
{
    struct rig rig = rig_make();
    for (size_t i = 0; i < sl_abi_aerogpu.opcode_count; i++) {
        const struct sl_abi_opcode *opcode = &sl_abi_aerogpu.opcodes[i];
        uint32_t words[64] = {0};
        if (opcode->min_size <= 8) {
            continue;
        }
        rig_packet(&rig, opcode->value, words, opcode->min_size / 4 - 3);
        enum sl_agpu_class class_ = rig_run(&rig);
        cr_assert_eq(class_, SL_AGPU_BAD_PACKET, "%s is %s", opcode->word,
                     sl_agpu_class_name(class_));
    }
    rig_finish(&rig);
}

/* A packet of zeros has either no effect or a fault other than its size. */
Test(aeroexec_stream, every_packet_may_be_longer_than_known)
{
    struct rig rig = rig_make();
    for (size_t i = 0; i < sl_abi_aerogpu.opcode_count; i++) {
        const struct sl_abi_opcode *opcode = &sl_abi_aerogpu.opcodes[i];
        uint32_t words[64] = {0};
        rig_packet(&rig, opcode->value, words, 64);
        enum sl_agpu_class class_ = rig_run(&rig);
        cr_assert(class_ != SL_AGPU_BAD_PACKET && class_ != SL_AGPU_BAD_STREAM, "%s is %s",
                  opcode->word, sl_agpu_class_name(class_));
    }
    rig_finish(&rig);
}

/* The announced payload does not fit, or its size overflows. */
Test(aeroexec_stream, payloads_that_do_not_fit)
{
    static const struct {
        uint32_t opcode;
        uint32_t words[6];
        size_t count;
    } cases[] = {
        {AEROGPU_CMD_UPLOAD_RESOURCE, {1, 0, 0, 0, 4, 0}, 6},
        {AEROGPU_CMD_UPLOAD_RESOURCE, {1, 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF}, 6},
        {AEROGPU_CMD_CREATE_SHADER_DXBC, {1, 0, 1, 0}, 4},
        {AEROGPU_CMD_CREATE_SHADER_DXBC, {1, 0, 0xFFFFFFFF, 0}, 4},
        {AEROGPU_CMD_CREATE_INPUT_LAYOUT, {1, 8, 0}, 3},
        {AEROGPU_CMD_SET_SHADER_CONSTANTS_F, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_SHADER_CONSTANTS_F, {0, 0, 0x10000000, 0}, 4},
        {AEROGPU_CMD_SET_SHADER_CONSTANTS_I, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_SHADER_CONSTANTS_B, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_VERTEX_BUFFERS, {0, 1}, 2},
        {AEROGPU_CMD_SET_SAMPLERS, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_CONSTANT_BUFFERS, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_SHADER_RESOURCE_BUFFERS, {0, 0, 1, 0}, 4},
        {AEROGPU_CMD_SET_UNORDERED_ACCESS_BUFFERS, {2, 0, 0xFFFFFFFF, 0}, 4},
    };
    struct rig rig = rig_make();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rig_packet(&rig, cases[i].opcode, cases[i].words, cases[i].count);
        rig_fails(&rig, SL_AGPU_BAD_PACKET);
    }
    rig_finish(&rig);
}

Test(aeroexec_stream, a_failing_packet_stops_the_stream_and_keeps_what_was_before)
{
    struct rig rig = rig_make();
    uint8_t bytes[4];
    rig_create_buffer(&rig, 1, 4, 0, 0);
    rig_upload(&rig, 1, 0, "abcd", 4);
    rig_upload(&rig, 1, 4, "efgh", 4);
    rig_upload(&rig, 1, 0, "ijkl", 4);
    cr_assert_eq(rig_run(&rig), SL_AGPU_OUT_OF_BOUNDS);
    cr_assert_eq(rig.outcome.packet_index, 2);
    cr_assert_eq(rig.outcome.offset, 24 + 40 + 36);
    cr_assert_eq(rig.outcome.opcode, AEROGPU_CMD_UPLOAD_RESOURCE);
    rig_read_buffer(&rig, 1, 0, bytes, 4);
    cr_assert_eq(memcmp(bytes, "abcd", 4), 0);
    rig_finish(&rig);
}

Test(aeroexec_stream, classes_have_names)
{
    cr_assert_str_eq(sl_agpu_class_name(SL_AGPU_BAD_STREAM), "BAD_STREAM");
    cr_assert_str_eq(sl_agpu_class_name(SL_AGPU_INCOMPLETE_STATE), "INCOMPLETE_STATE");
    cr_assert_str_eq(sl_agpu_class_name(SL_AGPU_HOST), "HOST");
}

/* Objects are global, targets and all other state belong to one context. */
Test(aeroexec_stream, contexts_share_objects_but_no_state)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_set_target(&rig, 1, 0);
    rig_ok(&rig);
    rig.context_id = 7;
    rig_clear_color(&rig, 1, 1, 1, 1);
    rig_ok(&rig);
    uint8_t texel[4];
    rig_read_texture(&rig, 1, AEROGPU_FORMAT_R8G8B8A8_UNORM, 0, 0, 1, 1, texel, 4);
    cr_assert_eq(texel[0], 0, "context 7 has no target");
    rig.context_id = 0;
    rig_clear_color(&rig, 1, 1, 1, 1);
    rig_ok(&rig);
    rig.context_id = 7;
    rig_read_texture(&rig, 1, AEROGPU_FORMAT_R8G8B8A8_UNORM, 0, 0, 1, 1, texel, 4);
    cr_assert_eq(texel[0], 255);
    rig_finish(&rig);
}

Test(aeroexec_stream, contexts_are_bounded)
{
    struct rig rig = rig_make();
    enum sl_agpu_class class_ = SL_AGPU_OK;
    uint32_t count = 0;
    while (class_ == SL_AGPU_OK && count < 1u << 20) {
        rig.context_id = count++ * 0x9E3779B1u;
        rig_packet(&rig, AEROGPU_CMD_NOP, NULL, 0);
        class_ = rig_run(&rig);
    }
    cr_assert_eq(class_, SL_AGPU_HOST);
    cr_assert_gt(count, 64);
    rig.context_id = 0;
    rig_packet(&rig, AEROGPU_CMD_NOP, NULL, 0);
    rig_ok(&rig);
    rig_finish(&rig);
}

Test(aeroexec_stream, reset_forgets_everything)
{
    struct rig rig = rig_make();
    TEXTURE(&rig, .handle = 1, .width = 1, .height = 1);
    rig_set_target(&rig, 1, 0);
    PACKET(&rig, AEROGPU_CMD_EXPORT_SHARED_SURFACE, 1, 0, U64(5));
    PACKET(&rig, AEROGPU_CMD_RELEASE_SHARED_SURFACE, U64(5), U64(0));
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_not_null(sl_agpu_exec_presented(rig.exec));
    sl_agpu_exec_reset(rig.exec);
    cr_assert_null(sl_agpu_exec_presented(rig.exec));
    rig_upload(&rig, 1, 0, "abcd", 4);
    rig_fails(&rig, SL_AGPU_BAD_HANDLE);
    TEXTURE(&rig, .handle = 1, .width = 2, .height = 1);
    PACKET(&rig, AEROGPU_CMD_EXPORT_SHARED_SURFACE, 1, 0, U64(5));
    PACKET(&rig, AEROGPU_CMD_PRESENT, 0, 0);
    rig_ok(&rig);
    cr_assert_null(sl_agpu_exec_presented(rig.exec), "the binding is gone, too");
    rig_finish(&rig);
}

/* Anything that allocates, once with each of its allocations failing. */
static void build_scene(struct rig *rig)
{
    rig_create_buffer(rig, 1, 64, 0, 0);
    TEXTURE(rig, .handle = 2, .width = 4, .height = 4, .row_pitch_bytes = 16, .alloc_id = 9);
    PACKET(rig, AEROGPU_CMD_CREATE_TEXTURE_VIEW, 3, 2, AEROGPU_FORMAT_R8G8B8A8_UNORM, 0, 1, 0, 1, 0,
           0);
    PACKET(rig, AEROGPU_CMD_RESOURCE_DIRTY_RANGE, 2, 0, U64(3), U64(5));
    PACKET(rig, AEROGPU_CMD_EXPORT_SHARED_SURFACE, 2, 0, U64(77));
    PACKET(rig, AEROGPU_CMD_IMPORT_SHARED_SURFACE, 4, 0, U64(77));
    rig_create_dxbc_shader(rig, 5, SL_ABI_STAGE_VERTEX);
    PACKET(rig, AEROGPU_CMD_CREATE_INPUT_LAYOUT, 6, 16, 0, AEROGPU_INPUT_LAYOUT_BLOB_MAGIC, 1, 0,
           0);
    PACKET(rig, AEROGPU_CMD_CREATE_SAMPLER, 7, 0, 0, 0, 0);
    PACKET(rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_F, 0, 0, 1, 0, 1, 2, 3, 4);
    PACKET(rig, AEROGPU_CMD_SET_SHADER_CONSTANTS_I, 0, 0, 1, 0, 1, 2, 3, 4);
    PACKET(rig, AEROGPU_CMD_SET_RENDER_STATE, 7, 0);
    rig_set_target(rig, 3, 0);
    rig_clear_color(rig, 1, 0, 0, 1);
    PACKET(rig, AEROGPU_CMD_PRESENT, 0, 0);
}

Test(aeroexec_stream, every_failing_allocation_is_a_host_error)
{
    struct rig rig = rig_make();
    bool failed = true;
    rig_alloc(&rig, 9, RIG_RAM_GPA, 64, false);
    for (unsigned n = 1; failed; n++) {
        cr_assert_lt(n, 1000);
        sl_agpu_exec_reset(rig.exec);
        sl_buf_clear(&rig.stream);
        build_scene(&rig);
        fail_alloc_arm(n);
        enum sl_agpu_class class_ = rig_run(&rig);
        failed = fail_alloc_disarm();
        cr_assert_eq(class_, failed ? SL_AGPU_HOST : SL_AGPU_OK, "allocation %u: %s", n,
                     rig.outcome.detail);
    }
    rig_finish(&rig);
}

Test(aeroexec_stream, creating_the_executor_survives_failing_allocations)
{
    struct sl_agpu_exec_config config = {.default_target_width = 4, .default_target_height = 4};
    bool failed = true;
    config.mem = sl_mem_create(0);
    for (unsigned n = 1; failed; n++) {
        fail_alloc_arm(n);
        struct sl_agpu_exec *exec = sl_agpu_exec_create(&config);
        failed = fail_alloc_disarm();
        cr_assert_eq(exec == NULL, failed);
        sl_agpu_exec_destroy(exec);
    }
    sl_mem_destroy(config.mem);
}

/* ---- options ---- */

struct failures {
    unsigned count;
    struct sl_agpu_outcome last;
};

static void note_failure(void *data, const struct sl_agpu_outcome *outcome)
{
    struct failures *failures = data;
    failures->count++;
    failures->last = *outcome;
}

Test(aeroexec_stream, failing_packets_can_be_passed_over)
{
    struct rig rig = rig_make();
    struct failures failures = {0};
    uint8_t bytes[4];
    rig_create_buffer(&rig, 1, 4, 0, 0);
    rig_upload(&rig, 1, 0, "abcd", 4);
    rig_upload(&rig, 1, 4, "efgh", 4);
    rig_upload(&rig, 9, 0, "efgh", 4);
    rig_upload(&rig, 1, 0, "ijkl", 4);
    rig.on_failure = note_failure;
    rig.failure_data = &failures;
    rig_ok(&rig);
    cr_assert_eq(rig.outcome.detail[0], '\0');
    cr_assert_eq(failures.count, 2);
    cr_assert_eq(failures.last.class_, SL_AGPU_BAD_HANDLE);
    cr_assert_eq(failures.last.packet_index, 3);
    cr_assert_eq(failures.last.offset, 24 + 40 + 36 + 36);
    cr_assert_eq(failures.last.opcode, AEROGPU_CMD_UPLOAD_RESOURCE);
    rig_read_buffer(&rig, 1, 0, bytes, 4);
    cr_assert_eq(memcmp(bytes, "ijkl", 4), 0);
    rig_finish(&rig);
}

/* Work ends a run, not a failure, and failures cost work. */
Test(aeroexec_stream, work_has_a_limit)
{
    struct rig rig = rig_make();
    struct failures failures = {0};
    TEXTURE(&rig, .handle = 1, .width = 16, .height = 16);
    rig_set_target(&rig, 1, 0);
    rig_ok(&rig);
    for (unsigned i = 0; i < 100; i++) {
        rig_clear_color(&rig, 1, 1, 1, 1);
    }
    rig.work_limit = 5000;
    rig_ok(&rig);
    cr_assert(rig.outcome.exhausted && rig.outcome.work > 5000 && rig.outcome.work < 8000);
    rig.work_limit = 0;
    rig_clear_color(&rig, 1, 1, 1, 1);
    rig_ok(&rig);
    cr_assert(!rig.outcome.exhausted && rig.outcome.work >= 1024);
    for (unsigned i = 0; i < 1000; i++) {
        rig_upload(&rig, 9, 0, "abcd", 4);
    }
    rig.on_failure = note_failure;
    rig.failure_data = &failures;
    rig.work_limit = 1 << 20;
    rig_ok(&rig);
    cr_assert(rig.outcome.exhausted);
    cr_assert_leq(failures.count, 16);
    rig_finish(&rig);
}

Test(aeroexec_stream, the_flavour_can_be_given)
{
    struct rig rig = rig_make_with((struct sl_agpu_exec_config){.flavour = SL_AGPU_FLAVOUR_D3D9});
    PACKET(&rig, AEROGPU_CMD_SET_SAMPLERS, 0, 0, 0, 0);
    rig_clear(&rig, AEROGPU_CLEAR_DEPTH, 0, 0);
    rig_fails(&rig, SL_AGPU_INCOMPLETE_STATE);
    rig_finish(&rig);
}
