/* Containers: their outline, signatures, digest, and their text. */
#include "base/buf.h"
#include "base/bytes.h"
#include "bytecode/dxbc.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bytecode_dxbc);

#define FOURCC(name) SL_DXBC_FOURCC((name)[0], (name)[1], (name)[2], (name)[3])

static void load(const char *path, struct sl_buf *buf)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file != NULL, "%s", path);
    int c;
    while ((c = fgetc(file)) != EOF) {
        sl_buf_u8(buf, (uint8_t)c);
    }
    fclose(file);
    cr_assert(!buf->failed);
}

/* A container of chunks that are given as name and payload. */
struct piece {
    const char *name;
    const void *bytes;
    uint32_t size;
};

static void build(struct sl_buf *out, const struct piece *pieces, uint32_t count)
{
    sl_buf_text(out, "DXBC");
    sl_buf_append_zeros(out, 16);
    sl_buf_u32(out, 1);
    sl_buf_u32(out, 0);
    sl_buf_u32(out, count);
    uint32_t offset = 32 + 4 * count;
    for (uint32_t i = 0; i < count; i++) {
        sl_buf_u32(out, offset);
        offset += 8 + pieces[i].size;
    }
    for (uint32_t i = 0; i < count; i++) {
        sl_buf_text(out, pieces[i].name);
        sl_buf_u32(out, pieces[i].size);
        sl_buf_append(out, pieces[i].bytes, pieces[i].size);
    }
    cr_assert(!out->failed);
    sl_put_le32(out->data + 24, (uint32_t)out->size);
}

static struct sl_dxbc open_container(const struct sl_buf *container)
{
    struct sl_dxbc dxbc;
    const char *why;
    cr_assert(sl_dxbc_open(container->data, container->size, &dxbc, &why), "%s", why);
    return dxbc;
}

Test(bytecode_dxbc, chunks_are_found_by_name)
{
    const struct piece pieces[] = {
        {"SHDR", "abcd", 4}, {"JUNK", "xyz", 3}, {"SHEX", "efgh", 4}, {"JUNK", "", 0}};
    struct sl_buf container = {0};
    build(&container, pieces, 4);
    struct sl_dxbc dxbc = open_container(&container);
    struct sl_dxbc_chunk chunk;
    cr_expect_eq(dxbc.chunk_count, 4);
    cr_assert(sl_dxbc_find(&dxbc, FOURCC("JUNK"), &chunk));
    cr_expect_eq(chunk.size, 3, "the first of two");
    cr_expect_eq(chunk.offset, 48 + 8 + 4 + 8);
    cr_expect_eq(memcmp(chunk.bytes, "xyz", 3), 0);
    cr_assert(sl_dxbc_find_program(&dxbc, &chunk));
    cr_expect_eq(memcmp(chunk.bytes, "efgh", 4), 0, "SHEX comes before SHDR");
    cr_expect(!sl_dxbc_find(&dxbc, FOURCC("ISGN"), &chunk));
    cr_expect_null(chunk.bytes);
    sl_buf_finish(&container);
}

static void expect_refused(const uint8_t *bytes, size_t size, const char *sentence)
{
    /* In memory of just this size, so that a sanitizer sees the first byte too much. */
    uint8_t *copy = malloc(size ? size : 1);
    cr_assert(copy != NULL);
    memcpy(copy, bytes, size);
    struct sl_dxbc dxbc;
    const char *why = NULL;
    cr_assert(!sl_dxbc_open(copy, size, &dxbc, &why));
    cr_expect_str_eq(why, sentence);
    cr_expect_null(dxbc.bytes);
    free(copy);
}

Test(bytecode_dxbc, malformed_outlines_are_refused)
{
    const struct piece pieces[] = {{"SHDR", "abcd", 4}};
    struct sl_buf c = {0};
    build(&c, pieces, 1);
    expect_refused(c.data, 31, "it does not start with a DXBC header");
    expect_refused(c.data, c.size - 1, "the container's size is larger than what was given");
    static const struct {
        size_t at;
        uint32_t word;
        const char *sentence;
    } damages[] = {
        {0, 0x58425844, "it does not start with a DXBC header"},
        {24, 31, "the table of chunks lies outside the container"},
        {24, 47, "a chunk's content lies outside the container"},
        {28, 0xFFFFFFFF, "the table of chunks lies outside the container"},
        {28, 5, "the table of chunks lies outside the container"},
        {32, 0xFFFFFFFF, "a chunk's header lies outside the container"},
        {32, 41, "a chunk's header lies outside the container"},
        {40, 5, "a chunk's content lies outside the container"},
        {40, 0xFFFFFFFF, "a chunk's content lies outside the container"},
    };
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        uint32_t good = sl_get_le32(c.data + damages[i].at);
        sl_put_le32(c.data + damages[i].at, damages[i].word);
        expect_refused(c.data, c.size, damages[i].sentence);
        sl_put_le32(c.data + damages[i].at, good);
    }
    sl_buf_finish(&c);

    size_t large = (16u << 20) + 4;
    uint8_t *bytes = calloc(1, large);
    cr_assert(bytes != NULL);
    memcpy(bytes, "DXBC", 4);
    sl_put_le32(bytes + 24, (uint32_t)large);
    expect_refused(bytes, large, "the container is larger than 16 MiB");
    free(bytes);
}

Test(bytecode_dxbc, digests_are_those_of_the_compiler)
{
    glob_t found;
    if (glob("../shared/data/hlsl/dxbc/bin/*.dxbc", 0, NULL, &found) != 0) {
        cr_skip_test("no ../shared/data/hlsl");
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_buf file = {0};
        uint8_t digest[16];
        load(found.gl_pathv[i], &file);
        sl_dxbc_digest(file.data, file.size, digest);
        cr_expect_eq(memcmp(digest, file.data + 4, 16), 0, "%s", found.gl_pathv[i]);
        sl_buf_finish(&file);
    }
    globfree(&found);
}

/* Every length of the last block, against values of an independent implementation. */
Test(bytecode_dxbc, digests_pad_their_last_block)
{
    static const struct {
        size_t size;
        const char *digest;
    } cases[] = {
        {20, "140d60f6b775e2ba4e4abed401b2e9a1"},  {21, "43bb27ddf151b13cf69e5f57797fd4b5"},
        {74, "4b67cd00bb2122b59929e27d633230d4"},  {75, "dd57711e3e12fe7e84c2f47ede426641"},
        {76, "d571cc66536cb7b29e8780ffbe41a319"},  {83, "0ad1118e2eaa276bd451408f2991d166"},
        {84, "c1f54b1b564c9ad315e16f47b5ffcb18"},  {139, "0288e0d55cc3a5aa59bbe8f45645a7d3"},
        {140, "8f2eb9494ca2da76b26dcf1301009d40"}, {256, "87803e08b8878c57d9b050cdaefb8edd"},
    };
    uint8_t bytes[256];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(7 * i + 3);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t digest[16];
        struct sl_buf hex = {0};
        sl_dxbc_digest(bytes, cases[i].size, digest);
        sl_buf_hex(&hex, digest, 16);
        cr_expect_str_eq(sl_buf_cstr(&hex), cases[i].digest, "%zu bytes", cases[i].size);
        sl_buf_finish(&hex);
    }
}

static void put_element(struct sl_buf *out, uint32_t name, const uint32_t fields[4], uint32_t masks)
{
    sl_buf_u32(out, name);
    for (unsigned i = 0; i < 4; i++) {
        sl_buf_u32(out, fields[i]);
    }
    sl_buf_u32(out, masks);
}

Test(bytecode_dxbc, signatures_come_in_three_layouts)
{
    static const struct {
        const char *name;
        bool has_stream;
        bool has_precision;
    } layouts[] = {{"OSGN", false, false}, {"OSG5", true, false}, {"OSG1", true, true}};
    struct sl_buf payloads[3] = {{0}, {0}, {0}};
    struct piece pieces[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct sl_buf *p = &payloads[i];
        sl_buf_u32(p, 1);
        sl_buf_u32(p, 8);
        if (layouts[i].has_stream) {
            sl_buf_u32(p, 2);
        }
        put_element(p, 8 + 24 + 4 * i, (const uint32_t[]){5, 1, 3, 0xFFFFFFFF}, 0x000003 | 8 << 8);
        if (layouts[i].has_precision) {
            sl_buf_u32(p, 1);
        }
        sl_buf_append(p, "NAME", 5);
        pieces[i] = (struct piece){layouts[i].name, p->data, (uint32_t)p->size};
    }
    /* Each is found as long as no later one is there: the longer layout wins. */
    for (uint32_t count = 1; count <= 3; count++) {
        struct sl_buf container = {0};
        build(&container, pieces, count);
        struct sl_dxbc dxbc = open_container(&container);
        struct sl_dxbc_signature signature;
        const char *why;
        cr_assert(sl_dxbc_signature(&dxbc, SL_DXBC_OUTPUT, &signature, &why), "%s", why);
        cr_assert(signature.present && signature.count == 1);
        const struct sl_dxbc_element *element = &signature.elements[0];
        cr_expect_str_eq(element->name, "NAME");
        cr_expect_eq(element->semantic_index, 5);
        cr_expect_eq(element->system_value, SL_SV_POSITION);
        cr_expect_eq(element->component_type, 3);
        cr_expect_eq(element->register_index, UINT32_MAX);
        cr_expect_eq(element->mask, 3);
        cr_expect_eq(element->used_mask, 8);
        cr_expect_eq(element->stream, count > 1 ? 2 : 0);
        cr_expect_eq(element->min_precision, count > 2 ? 1 : 0);
        cr_assert(sl_dxbc_signature(&dxbc, SL_DXBC_INPUT, &signature, &why));
        cr_expect(!signature.present && signature.count == 0);
        sl_buf_finish(&container);
    }
    for (uint32_t i = 0; i < 3; i++) {
        sl_buf_finish(&payloads[i]);
    }
}

Test(bytecode_dxbc, malformed_signatures_are_refused)
{
    static const struct {
        uint32_t size;
        uint32_t count;
        const char *sentence;
    } cases[] = {
        {7, 0, "a signature is too short for its header"},
        {31, 1, "a signature is too short for its elements"},
        {4000, 129, "a signature has more than 128 elements"},
        {4000, 0xFFFFFFFF, "a signature has more than 128 elements"},
    };
    static uint8_t payload[4000];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sl_put_le32(payload, cases[i].count);
        struct sl_buf container = {0};
        const struct piece piece = {"ISGN", payload, cases[i].size};
        build(&container, &piece, 1);
        struct sl_dxbc dxbc = open_container(&container);
        struct sl_dxbc_signature signature;
        const char *why = NULL;
        cr_expect(!sl_dxbc_signature(&dxbc, SL_DXBC_INPUT, &signature, &why));
        cr_expect_str_eq(why, cases[i].sentence);
        sl_buf_finish(&container);
    }
}

/* Past the end, and inside but without a terminator. */
Test(bytecode_dxbc, names_outside_the_signature_are_empty)
{
    static const uint32_t offsets[] = {37, 0xFFFFFFFF, 32};
    for (size_t i = 0; i < 3; i++) {
        struct sl_buf payload = {0};
        struct sl_buf container = {0};
        sl_buf_u32(&payload, 1);
        sl_buf_u32(&payload, 8);
        put_element(&payload, offsets[i], (const uint32_t[]){0, 0, 3, 0}, 0xF);
        sl_buf_text(&payload, "NAMED");
        const struct piece piece = {"ISGN", payload.data, (uint32_t)payload.size};
        build(&container, &piece, 1);
        struct sl_dxbc dxbc = open_container(&container);
        struct sl_dxbc_signature signature;
        const char *why;
        cr_assert(sl_dxbc_signature(&dxbc, SL_DXBC_INPUT, &signature, &why));
        cr_expect_str_eq(signature.elements[0].name, "");
        sl_buf_finish(&payload);
        sl_buf_finish(&container);
    }
}

Test(bytecode_dxbc, names_win_over_numbers)
{
    static const struct {
        struct sl_dxbc_element element;
        uint32_t value;
    } cases[] = {
        {{.name = "SV_Position"}, SL_SV_POSITION},
        {{.name = "sv_POSITION", .system_value = 7}, SL_SV_POSITION},
        {{.name = "SV_Target", .semantic_index = 3}, SL_SV_TARGET},
        {{.name = "SV_DepthLessEqual"}, SL_SV_DEPTH_LESS_EQUAL},
        {{.name = "SV_GSInstanceID"}, SL_SV_GS_INSTANCE_ID},
        {{.name = "SV_Positions", .system_value = 6}, SL_SV_VERTEX_ID},
        {{.name = "POSITION", .system_value = 1}, SL_SV_POSITION},
        {{.name = "POSITION"}, SL_SV_NONE},
        {{.name = "SV_TessFactor"}, SL_SV_TRI_EDGE_TESS},
        {{.name = "SV_InsideTessFactor"}, SL_SV_TRI_INSIDE_TESS},
        /* by kind, as compilers store them */
        {{.name = "SV_TessFactor", .system_value = 11, .semantic_index = 3}, 14},
        {{.name = "SV_TessFactor", .system_value = 13, .semantic_index = 1}, 18},
        {{.name = "SV_TessFactor", .system_value = 13, .semantic_index = 9}, 19},
        {{.name = "SV_InsideTessFactor", .system_value = 12, .semantic_index = 1}, 16},
        {{.name = "SV_InsideTessFactor", .system_value = 14}, 20},
        {{.name = "SV_TessFactor", .system_value = 16, .semantic_index = 1}, 22},
        /* as programs declare them */
        {{.name = "SV_TessFactor", .system_value = 19}, 19},
        {{.name = "SV_InsideTessFactor", .system_value = 20}, 20},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t value = sl_dxbc_resolve_system_value(&cases[i].element);
        cr_expect_eq(value, cases[i].value, "%s %u gives %u", cases[i].element.name,
                     cases[i].element.system_value, value);
    }
}

Test(bytecode_dxbc, semantics_are_hashed_in_upper_case)
{
    cr_expect_eq(sl_dxbc_semantic_hash(""), 0x811C9DC5);
    cr_expect_eq(sl_dxbc_semantic_hash("POSITION"), 0x7808E88A);
    cr_expect_eq(sl_dxbc_semantic_hash("TexCoord"), 0x0BC45413);
}

static void expect_round_trip(const char *what, const uint8_t *bytes, size_t size)
{
    struct sl_buf text = {0};
    struct sl_buf out = {0};
    uint32_t line;
    char message[160];
    cr_assert(sl_dxbc_disassemble(bytes, size, &text), "%s", what);
    cr_assert(
        sl_dxbc_assemble((const char *)text.data, text.size, &out, &line, message, sizeof(message)),
        "%s:%u: %s\n%.*s", what, line, message, (int)text.size, (const char *)text.data);
    cr_assert(out.size == size && memcmp(out.data, bytes, size) == 0, "%s", what);
    sl_buf_finish(&text);
    sl_buf_finish(&out);
}

static const char *const all_data[] = {
    "../shared/data/hlsl/dxbc/bin/*.dxbc",
    "../shared/data/hlsl/other-producers/*.dxbc",
    "../shared/data/shaders/sm45-aero/*.dxbc",
    "../shared/data/shaders/d3d9-dxbc/*.dxbc",
};

static void find_all(glob_t *found)
{
    for (size_t i = 0; i < sizeof(all_data) / sizeof(all_data[0]); i++) {
        if (glob(all_data[i], i ? GLOB_APPEND : 0, NULL, found) != 0) {
            cr_skip_test("no %s", all_data[i]);
        }
    }
}

Test(bytecode_dxbc, real_containers_come_back_bit_for_bit)
{
    glob_t found;
    find_all(&found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_buf file = {0};
        load(found.gl_pathv[i], &file);
        expect_round_trip(found.gl_pathv[i], file.data, file.size);
        sl_buf_finish(&file);
    }
    cr_expect_eq(found.gl_pathc, 122, "%zu containers", found.gl_pathc);
    globfree(&found);
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Damage where the container's own structure lies: its head and its signatures. */
Test(bytecode_dxbc, damaged_containers_come_back_or_are_refused)
{
    glob_t found;
    find_all(&found);
    size_t opened = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_buf file = {0};
        load(found.gl_pathv[i], &file);
        uint32_t state = (uint32_t)i;
        for (unsigned round = 0; round < 20; round++) {
            uint32_t limit = round % 2 ? 48 : (uint32_t)file.size;
            uint32_t bit = next_random(&state) % (8 * limit);
            struct sl_dxbc dxbc;
            const char *why;
            file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (sl_dxbc_open(file.data, file.size, &dxbc, &why)) {
                expect_round_trip(found.gl_pathv[i], file.data, file.size);
                opened++;
            }
            file.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        sl_buf_finish(&file);
    }
    globfree(&found);
    cr_expect_gt(opened, 1000, "%zu damaged containers open", opened);
}

Test(bytecode_dxbc, cut_containers_are_refused)
{
    glob_t found;
    if (glob(all_data[2], 0, NULL, &found) != 0) {
        cr_skip_test("no %s", all_data[2]);
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct sl_buf file = {0};
        load(found.gl_pathv[i], &file);
        for (size_t size = 0; size < file.size; size++) {
            uint8_t *cut = malloc(size ? size : 1);
            cr_assert(cut != NULL);
            memcpy(cut, file.data, size);
            struct sl_dxbc dxbc;
            const char *why;
            cr_expect(!sl_dxbc_open(cut, size, &dxbc, &why), "%zu of %s", size, found.gl_pathv[i]);
            free(cut);
        }
        sl_buf_finish(&file);
    }
    globfree(&found);
}

static void assemble(const char *text, struct sl_buf *out)
{
    uint32_t line;
    char message[160];
    cr_assert(sl_dxbc_assemble(text, strlen(text), out, &line, message, sizeof(message)),
              "%u: %s in %s", line, message, text);
}

static const char written[] = "ps_4_0 // the program may come first\n"
                              "dcl_input_ps linear v1\n"
                              "dcl_output o0\n"
                              "mov o0, v1\n"
                              "ret\n"
                              "\n"
                              ".chunk STAT 00 0102\n"
                              ".bytes 03 ; a comment\n"
                              ".signature OSGN\n"
                              ".element SV_Target 0 0 xyz\n"
                              ".signature ISGN\n"
                              ".element SV_Position 0 0 xyzw used=-\n"
                              ".element COLOR 0 1 xyzw\n"
                              ".element COLOR 1 2 xy type=int // and a comment\n"
                              ".element SV_PrimitiveID 0 3 x\n";

Test(bytecode_dxbc, what_is_written_by_hand_gets_the_usual_order_and_digest)
{
    static const char *const order[] = {"ISGN", "OSGN", "SHDR", "STAT"};
    struct sl_buf out = {0};
    assemble(written, &out);
    struct sl_dxbc dxbc = open_container(&out);
    uint8_t digest[16];
    sl_dxbc_digest(out.data, out.size, digest);
    cr_expect_eq(memcmp(digest, out.data + 4, 16), 0);
    cr_expect_eq(dxbc.size, out.size);
    cr_assert_eq(dxbc.chunk_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        struct sl_dxbc_chunk chunk = sl_dxbc_chunk(&dxbc, i);
        cr_expect_eq(chunk.fourcc, FOURCC(order[i]), "chunk %u", i);
        cr_expect_eq(chunk.offset % 4, 0);
    }
    struct sl_dxbc_signature signature;
    const char *why;
    cr_assert(sl_dxbc_signature(&dxbc, SL_DXBC_INPUT, &signature, &why));
    cr_assert_eq(signature.count, 4);
    cr_expect_eq(signature.elements[0].system_value, SL_SV_POSITION);
    cr_expect_eq(signature.elements[0].used_mask, 0);
    cr_expect_eq(signature.elements[1].component_type, 3);
    cr_expect_eq(signature.elements[1].used_mask, 0xF);
    cr_expect_eq(signature.elements[2].component_type, 2);
    cr_expect_eq(signature.elements[2].name, signature.elements[1].name, "one string for both");
    cr_expect_eq(signature.elements[3].system_value, SL_SV_PRIMITIVE_ID);
    cr_expect_eq(signature.elements[3].component_type, 1);
    cr_assert(sl_dxbc_signature(&dxbc, SL_DXBC_OUTPUT, &signature, &why));
    cr_expect_eq(signature.elements[0].system_value, SL_SV_NONE);
    cr_expect_eq(signature.elements[0].used_mask, 8, "w is never written");
    struct sl_dxbc_chunk program;
    cr_assert(sl_dxbc_find_program(&dxbc, &program));
    cr_expect_eq(sl_get_le32(program.bytes), 0x40);
    cr_expect_eq(program.size, sl_get_le32(program.bytes + 4) * 4);
    sl_buf_finish(&out);
}

Test(bytecode_dxbc, the_text_may_give_order_alignment_and_digest)
{
    struct sl_buf out = {0};
    assemble(".align 1\n.digest 000102030405060708090a0b0c0d0e0f\n.chunk ABCD 01\n"
             ".program SHEX\nvs_5_0\nret\n.signature OSG5 separate\n.element A 0 0 x stream=1\n"
             ".element A 1 1 0xF1\n.after ff\n",
             &out);
    struct sl_dxbc dxbc = open_container(&out);
    cr_assert_eq(dxbc.chunk_count, 3);
    cr_expect_eq(dxbc.size, out.size - 1);
    cr_expect_eq(out.data[4 + 15], 15);
    cr_expect_eq(sl_dxbc_chunk(&dxbc, 1).offset, 32 + 12 + 8 + 1 + 8);
    cr_expect_eq(sl_dxbc_chunk(&dxbc, 1).fourcc, FOURCC("SHEX"));
    struct sl_dxbc_signature signature;
    const char *why;
    cr_assert(sl_dxbc_signature(&dxbc, SL_DXBC_OUTPUT, &signature, &why));
    cr_expect_eq(signature.elements[0].stream, 1);
    cr_expect_eq(signature.elements[1].mask, 0xF1);
    cr_expect_eq(signature.elements[0].name + 2, signature.elements[1].name);
    sl_buf_finish(&out);
}

Test(bytecode_dxbc, d3d9_programs_may_lie_in_containers)
{
    struct sl_buf out = {0};
    assemble("ps_2_0\nmov oC0, c0\n", &out);
    struct sl_dxbc dxbc = open_container(&out);
    struct sl_dxbc_chunk program;
    cr_assert(sl_dxbc_find_program(&dxbc, &program));
    cr_expect_eq(program.fourcc, FOURCC("SHDR"));
    cr_expect_eq(sl_get_le32(program.bytes), 0xFFFF0200);
    sl_buf_finish(&out);
}

static const struct {
    const char *text;
    uint32_t line;
    const char *message;
} mistakes[] = {
    {"\nps_4_0\n\nmove r0, r1", 4, "\"move\" is no instruction"},
    {".program SHDR\n\nps_4_0\nmov r0\n", 4, "\"mov\" takes 2 operands, not 1"},
    {"ps_4_0\n.align 4\nmove r0, r1", 3, "\"move\" is no instruction"},
    {"ps_4_0\n.chunk ABCD\nret", 3, "the program's lines do not follow each other"},
    {".program SHDR\n.program SHEX\n", 2, "a container's text has one program"},
    {".program SHDR\n.align 4\n", 2, "the program after .program is missing"},
    {".program SHADER\n", 1, "a chunk's name has four characters"},
    {".chunk 0x1234567g\n", 1, "a chunk's name has four characters"},
    {".chunk ABCD 0g\n", 1, "bytes are pairs of hexadecimal digits"},
    {".chunk ABCD 012\n", 1, "bytes are pairs of hexadecimal digits"},
    {".bytes 01\n", 1, ".bytes follows .chunk"},
    {".signature ISGM\n", 1, "no signature has that name"},
    {".signature ISGN tight\n", 1, "names are padded, aligned, packed or separate"},
    {".signature ISGN packed tight\n", 1, "there is too much in the line"},
    {".element A 0 0 x\n", 1, ".element follows .signature"},
    {".signature ISGN\n.element\n", 2, "\"\" is no name of 1 to 63 characters"},
    {".signature ISGN\n.element A x 0 x\n", 2, "\"x\" is no semantic index"},
    {".signature ISGN\n.element A 0 r0 x\n", 2, "\"r0\" is no register"},
    {".signature ISGN\n.element A 0 0 yx\n", 2, "\"yx\" is no mask"},
    {".signature ISGN\n.element A 0 0\n", 2, "\"\" is no mask"},
    {".signature ISGN\n.element A 0 0 x sv=where\n", 2,
     "\"sv=where\" is no property of an element"},
    {".signature ISGN\n.element A 0 0 x float\n", 2, "\"float\" is no property of an element"},
    {".digest 00\n", 1, "a digest has 16 bytes"},
    {".align 2\n", 1, "chunks are aligned to 1 or 4 bytes"},
    {".container 00\n.chunk ABCD\n", 2, ".container stands for all chunks"},
};

Test(bytecode_dxbc, mistakes_are_named_with_their_line)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct sl_buf out = {0};
        uint32_t line = 0;
        char message[160] = "";
        cr_expect(!sl_dxbc_assemble(mistakes[i].text, strlen(mistakes[i].text), &out, &line,
                                    message, sizeof(message)),
                  "%s", mistakes[i].text);
        cr_expect_str_eq(message, mistakes[i].message, "%s: %s", mistakes[i].text, message);
        cr_expect_eq(line, mistakes[i].line, "%s: line %u", mistakes[i].text, line);
        sl_buf_finish(&out);
    }
}

Test(bytecode_dxbc, failed_allocations_are_told)
{
    static const char *const texts[] = {written, "ps_2_0\nmov oC0, c0\n", ".container 00 01\n",
                                        ".digest 000102030405060708090a0b0c0d0e0f\n",
                                        "ps_4_0\n.tokens 0100003e\nret\n.trailing 1\n.after 00\n"};
    unsigned failures = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (unsigned n = 1;; n++) {
            struct sl_buf out = {0};
            uint32_t line;
            char message[160] = "";
            fail_alloc_arm(n);
            bool ok =
                sl_dxbc_assemble(texts[i], strlen(texts[i]), &out, &line, message, sizeof(message));
            bool failed = fail_alloc_disarm();
            sl_buf_finish(&out);
            if (!failed) {
                cr_expect(ok, "%s", message);
                break;
            }
            cr_expect(!ok);
            cr_expect_str_eq(message, "out of memory");
            failures++;
        }
    }
    cr_expect_gt(failures, 20);
}

/* A relative index, too: operands have memory of their own. */
Test(bytecode_dxbc, a_text_that_ran_out_of_memory_is_marked)
{
    static const char *const texts[] = {
        written,
        "ps_2_0\nmov oC0, c0\n",
        "ps_4_0\n.literals 1\nadd x0[r1.x + 2], r0, l(1.0)\n.tokens 1000036 100000 2\nmov r0, "
        "r1\nret\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sl_buf container = {0};
        struct sl_buf whole = {0};
        assemble(texts[i], &container);
        cr_assert(sl_dxbc_disassemble(container.data, container.size, &whole));
        for (unsigned n = 1;; n++) {
            struct sl_buf text = {0};
            fail_alloc_arm(n);
            bool ok = sl_dxbc_disassemble(container.data, container.size, &text);
            bool failed = fail_alloc_disarm();
            cr_expect(ok);
            cr_expect_eq(text.failed, failed, "allocation %u of text %zu", n, i);
            cr_expect(failed || sl_buf_equal(&text, &whole));
            sl_buf_finish(&text);
            if (!failed) {
                cr_expect_gt(n, 5);
                break;
            }
        }
        sl_buf_finish(&container);
        sl_buf_finish(&whole);
    }
}
