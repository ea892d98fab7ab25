/* Buffers, shared memory, atomics and textures in SM4 and SM5 programs. */
#include "shader_sm4_rig.h"

#include "base/bytes.h"
#include "render/texture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(shader_sm4_memory);

#define CS(threads) "cs_5_0\ndcl_temps 4\ndcl_thread_group " threads ", 1, 1\n"

static struct sm4_run run;
static uint8_t t0[64];
static uint8_t u0[64];
static uint8_t shared[256];
static uint32_t counter;

static uint32_t word_at(const uint8_t *bytes, unsigned index)
{
    return sl_get_le32(bytes + 4 * index);
}

/* t0 holds 100, 101 and so on; u0 is zero. */
static void dispatch(const char *text, unsigned threads)
{
    struct sl_ir_program *program = sm4_program(text, NULL);
    sm4_run_init(&run, program);
    memset(u0, 0, sizeof(u0));
    memset(shared, 0, sizeof(shared));
    for (unsigned i = 0; i < 16; i++) {
        sl_put_le32(t0 + 4 * i, 100 + i);
    }
    run.bindings.resources[0].bytes = t0;
    run.bindings.resources[0].size_bytes = sizeof(t0);
    run.bindings.uavs[0] = (struct sl_shader_uav){u0, sizeof(u0), &counter};
    run.call.shared = shared;
    run.call.lanes = threads == 64 ? UINT64_MAX : (UINT64_C(1) << threads) - 1;
    for (unsigned lane = 0; lane < threads; lane++) {
        run.system[SL_IR_SYS_THREAD_ID][0][lane] = lane;
        run.system[SL_IR_SYS_THREAD_INDEX][0][lane] = lane;
    }
    cr_assert(program->shared_bytes <= sizeof(shared));
    sm4_run(&run);
    sl_ir_destroy(program);
}

#define EXPECT_WORDS(bytes, ...)                                                                   \
    do {                                                                                           \
        const uint32_t words_[] = {__VA_ARGS__};                                                   \
        for (unsigned i_ = 0; i_ < sizeof(words_) / sizeof(words_[0]); i_++) {                     \
            cr_expect_eq(word_at(bytes, i_), words_[i_], "word %u is %u, not %u", i_,              \
                         word_at(bytes, i_), words_[i_]);                                          \
        }                                                                                          \
    } while (0)

Test(shader_sm4_memory, raw_buffers_are_addressed_in_bytes)
{
    dispatch(CS("1") "dcl_resource_raw t0\ndcl_uav_raw u0\n"
                     "ld_raw r0.xyzw, l(9), t0.wzyx\nstore_raw u0.xyz, l(6), r0.xyzw\n"
                     "ld_raw r1.xy, l(60), t0.xyxx\nstore_raw u0.xyzw, l(56), r1.xyxy\n"
                     "ld_raw r2.zw, l(4), u0.xxxy\nstore_raw u0.xy, l(32), r2.zwzz\nret\n",
             1);
    /* 8: 105 104 103; 115, then outside 0; words 14 and 15 only; u0 from 4 on */
    EXPECT_WORDS(u0, 0, 105, 104, 103, 0, 0, 0, 0, 105, 104, 0, 0, 0, 0, 115, 0);
}

Test(shader_sm4_memory, structures_are_index_and_offset)
{
    dispatch(CS("1") "dcl_resource_structured t0, 12\ndcl_uav_structured u0, 8\n"
                     "ld_structured r0.xyz, l(2), l(4), t0.xyzx\n"
                     "store_structured u0.xy, l(3), l(0), r0.xyzw\n"
                     "store_structured u0.x, l(1), l(4), r0.z\n"
                     "ld_structured r1.x, l(5), l(4), t0.xxxx\n"
                     "store_structured u0.x, l(0), l(0), r1.x\n"
                     "store_structured u0.x, l(8), l(0), r0.x\nret\n",
             1);
    EXPECT_WORDS(u0, 0, 0, 0, 109, 0, 0, 107, 108, 0, 0);
}

Test(shader_sm4_memory, typed_elements_are_words)
{
    dispatch(
        CS("1") "dcl_resource_buffer (uint,uint,uint,uint) t0\n"
                "dcl_uav_typed_buffer (uint,uint,uint,uint) u0\n"
                "ld r0.xyzw, l(3,0,0,0), t0.xyzw\nstore_uav_typed u0.xyzw, l(2,2,2,2), r0.xyzw\n"
                "store_uav_typed u0.xyzw, l(4,4,4,4), r0.wwww\n"
                "ld_uav_typed r1.xyzw, l(2,2,2,2), u0.xyzw\n"
                "store_uav_typed u0.xyzw, l(5,5,5,5), r1.xxxx\n"
                "store_uav_typed u0.xyzw, l(16,16,16,16), r1.xxxx\nret\n",
        1);
    EXPECT_WORDS(u0, 0, 0, 103, 0, 1, 103, 0);
}

Test(shader_sm4_memory, bufinfo_is_bytes_elements_or_words)
{
    dispatch(CS("1") "dcl_resource_structured t0, 12\ndcl_uav_raw u0\n"
                     "dcl_resource_raw t1\nbufinfo r0.x, t0.xxxx\nbufinfo r0.y, u0.xxxx\n"
                     "bufinfo r0.z, t1.xxxx\nstore_raw u0.xyz, l(0), r0.xyzw\nret\n",
             1);
    EXPECT_WORDS(u0, 5, 64, 0);
}

Test(shader_sm4_memory, atomics_give_the_old_value)
{
    dispatch(
        CS("1") "dcl_uav_raw u0\n"
                "atomic_iadd u0, l(0), l(5)\natomic_or u0, l(4), l(12)\n"
                "atomic_and u0, l(4), l(6)\natomic_xor u0, l(8), l(-1)\n"
                "atomic_imax u0, l(8), l(1)\natomic_umax u0, l(12), l(-1)\n"
                "atomic_imin u0, l(12), l(2)\natomic_umin u0, l(12), l(1)\n"
                "atomic_cmp_store u0, l(0), l(5), l(7)\natomic_cmp_store u0, l(0), l(5), l(8)\n"
                "imm_atomic_iadd r0.x, u0, l(0), l(10)\nimm_atomic_exch r0.y, u0, l(4), l(9)\n"
                "imm_atomic_cmp_exch r0.z, u0, l(4), l(9), l(77)\n"
                "imm_atomic_iadd r0.w, u0, l(64), l(10)\n"
                "store_raw u0.xyzw, l(32), r0.xyzw\nret\n",
        1);
    EXPECT_WORDS(u0, 17, 77, 1, 1, 0, 0, 0, 0, 7, 4, 9, 0);
}

Test(shader_sm4_memory, atomics_on_structures_take_index_and_offset)
{
    dispatch(CS("1") "dcl_uav_structured u0, 8\n"
                     "atomic_iadd u0, l(2,4,0,0), l(5)\nret\n",
             1);
    EXPECT_WORDS(u0, 0, 0, 0, 0, 0, 5);
    dispatch(CS("1") "dcl_uav_typed_buffer (uint,uint,uint,uint) u0\n"
                     "atomic_iadd u0, l(3), l(5)\nret\n",
             1);
    EXPECT_WORDS(u0, 0, 0, 0, 5);
}

Test(shader_sm4_memory, counters_count)
{
    counter = 10;
    dispatch(CS("1") "dcl_uav_structured u0, 4\nimm_atomic_alloc r0.x, u0\n"
                     "imm_atomic_alloc r0.y, u0\nimm_atomic_consume r0.z, u0\n"
                     "store_structured u0.x, l(0), l(0), r0.x\n"
                     "store_structured u0.x, l(1), l(0), r0.y\n"
                     "store_structured u0.x, l(2), l(0), r0.z\nret\n",
             1);
    EXPECT_WORDS(u0, 10, 11, 11);
    cr_expect_eq(counter, 11);
}

Test(shader_sm4_memory, shared_memory_meets_at_barriers)
{
    /* Each thread leaves its number and after the barrier takes that of the opposite one. */
    dispatch(CS("8") "dcl_uav_raw u0\ndcl_input vThreadIDInGroupFlattened\n"
                     "dcl_tgsm_structured g0, 8, 8\ndcl_tgsm_raw g1, 6\n"
                     "store_structured g0.x, vThreadIDInGroupFlattened.x, l(4), "
                     "vThreadIDInGroupFlattened.x\n"
                     "atomic_iadd g1, l(4), vThreadIDInGroupFlattened.x\nsync_g_t\n"
                     "iadd r0.x, -vThreadIDInGroupFlattened.x, l(7)\n"
                     "ld_structured r0.y, r0.x, l(4), g0.xxxx\nld_raw r0.z, l(4), g1.xxxx\n"
                     "ishl r0.w, vThreadIDInGroupFlattened.x, l(2)\n"
                     "imad r0.y, r0.z, l(100), r0.y\nstore_raw u0.x, r0.w, r0.y\nret\n",
             8);
    EXPECT_WORDS(u0, 2807, 2806, 2805, 2804, 2803, 2802, 2801, 2800);
}

Test(shader_sm4_memory, shared_blocks_lie_one_after_the_other)
{
    struct sl_ir_program *program =
        sm4_program(CS("1") "dcl_tgsm_raw g1, 6\ndcl_tgsm_structured g0, 12, 3\nret\n", NULL);
    cr_expect_eq(program->shared_bytes, 8 + 36);
    cr_expect_eq(program->shared[1].offset_bytes, 0);
    cr_expect_eq(program->shared[1].size_bytes, 8);
    cr_expect_eq(program->shared[1].stride_bytes, 0);
    cr_expect_eq(program->shared[0].offset_bytes, 8);
    cr_expect_eq(program->shared[0].stride_bytes, 12);
    sl_ir_destroy(program);
}

Test(shader_sm4_memory, aero_addresses_atomics_by_words)
{
    /* atomic_add r0.x, u0, 3, 5; no opcode of its own, so 0x7A stands for it */
    dispatch("cs_5_0\n.dialect aero\ndcl_thread_group 1, 1, 1\ndcl_uav_raw u0\n"
             "store_raw u0.x, l(12), l(40)\n"
             ".words 487A 00101002 0 001001E0 0 41 3 41 5\n"
             "store_raw u0.x, l(0), r0.x\nret\n",
             1);
    EXPECT_WORDS(u0, 40, 0, 0, 45);
}

/* ---- textures: what the operations are told ---- */

static const struct sl_ir_insn *find(const struct sl_ir_program *program, enum sl_ir_op op)
{
    for (uint32_t i = 0; i < program->insn_count; i++) {
        if (program->insns[i].op == op) {
            return &program->insns[i];
        }
    }
    cr_assert_fail("no operation %s", sl_ir_op_info(op)->name);
    return NULL;
}

#define PS                                                                                         \
    "ps_5_0\ndcl_sampler s2, mode_default\ndcl_sampler s3, mode_comparison\n"                      \
    "dcl_resource_texture2d (float,float,float,float) t4\n"                                        \
    "dcl_resource_texturecubearray (float,float,float,float) t5\n"                                 \
    "dcl_resource_texture3d (float,float,float,float) t6\n"                                        \
    "dcl_input_ps linear v0.xyzw\ndcl_output o0.xyzw\ndcl_temps 2\n"

Test(shader_sm4_memory, samples_know_slot_sampler_dimension_and_swizzle)
{
    struct sl_ir_program *program =
        sm4_program(PS "sample_aoffimmi(1,-2,0) r0.xyzw, v0.xyxx, t4.wzyx, s2\n"
                       "sample_l r0.xyzw, v0.xyzw, t5.xyzw, s2, v0.w\n"
                       "sample_b r0.xyzw, v0.xyxx, t6.xyzw, s2, l(1.5)\n"
                       "sample_d r0.xyzw, v0.xyxx, t4.xyzw, s2, v0.zwzz, v0.yxyy\n"
                       "gather4_po_c r0.xyzw, v0.xyxx, l(3,4,0,0), t4.xyzw, s3.x, v0.z\n"
                       "gather4 r0.xyzw, v0.xyxx, t4.xyzw, s2.z\nmov o0.xyzw, r0.xyzw\nret\n",
                    NULL);
    const struct sl_ir_insn *sample = find(program, SL_IR_SAMPLE);
    cr_expect_eq(sample->slot, 4);
    cr_expect_eq(sample->sampler, 2);
    cr_expect_eq(sample->dimension, SL_TEXTURE_2D);
    cr_expect_eq(memcmp(sample->result, "\3\2\1\0", 4), 0);
    cr_expect(sample->offset[0] == 1 && sample->offset[1] == -2);
    cr_expect_eq(find(program, SL_IR_SAMPLE_L)->dimension, SL_TEXTURE_CUBE_ARRAY);
    cr_expect_eq(find(program, SL_IR_SAMPLE_L)->src[1].swizzle[0], 3);
    cr_expect_eq(find(program, SL_IR_SAMPLE_B)->src[1].immediate[0], 0x3FC00000);
    cr_expect(program->resources[6].is_volume && !program->resources[4].is_volume);
    cr_expect_eq(find(program, SL_IR_SAMPLE_D)->src[2].swizzle[0], 1);
    const struct sl_ir_insn *gather = find(program, SL_IR_GATHER4_PO_C);
    cr_expect_eq(gather->sampler, 3);
    cr_expect_eq(gather->src[1].file, SL_IR_IMMEDIATE);
    cr_expect_eq(gather->src[2].swizzle[0], 2);
    cr_expect_eq(find(program, SL_IR_GATHER4)->channel, 2);
    cr_expect_eq(program->sampler_mask, 0xC);
    cr_expect(program->uses_derivatives);
    sl_ir_destroy(program);
}

Test(shader_sm4_memory, loads_take_their_level_from_w_or_in_aero_from_z)
{
    struct sl_ir_program *program = sm4_program(
        PS "ld r0.xyzw, v0.xyzw, t4.xyzw\nresinfo_uint o0.xyzw, v0.y, t4.xywz\nret\n", NULL);
    cr_expect_eq(find(program, SL_IR_LD)->src[1].swizzle[0], 3);
    const struct sl_ir_insn *info = find(program, SL_IR_RESINFO);
    cr_expect_eq(info->flags, SL_IR_FLAG_RETURN_UINT);
    cr_expect_eq(info->src[0].swizzle[0], 1);
    cr_expect_eq(info->result[2], 3);
    sl_ir_destroy(program);

    program = sm4_program("ps_4_0\n.dialect aero\nld o0.xyzw, v0.xywz, t0.xyzw\nret\n", NULL);
    cr_expect_eq(find(program, SL_IR_LD)->src[1].swizzle[0], 3);
    cr_expect_eq(find(program, SL_IR_LD)->dimension, SL_TEXTURE_2D);
    cr_expect(program->resources[0].used);
    sl_ir_destroy(program);
}
