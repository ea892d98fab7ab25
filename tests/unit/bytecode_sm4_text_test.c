/* Listings of shader model 4 and 5 programs: against the compiler's, by hand, and round trips. */
#include "base/bytes.h"
#include "bytecode/dxbc.h"
#include "bytecode/sm4.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bytecode_sm4_text);

static const char *const all_data[] = {
    "../shared/data/hlsl/dxbc/bin/*.dxbc",
    "../shared/data/hlsl/other-producers/*.dxbc",
    "../shared/data/shaders/sm45-aero/*.dxbc",
};

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

static struct sl_dxbc_chunk program_of(const char *path, struct sl_buf *file)
{
    struct sl_dxbc dxbc;
    struct sl_dxbc_chunk chunk;
    const char *why;
    load(path, file);
    cr_assert(sl_dxbc_open(file->data, file->size, &dxbc, &why), "%s: %s", path, why);
    cr_assert(sl_dxbc_find_program(&dxbc, &chunk), "%s", path);
    return chunk;
}

static void disassemble(const uint8_t *bytes, size_t size, struct sl_buf *text)
{
    struct sl_sm4_program program;
    const char *why;
    size_t offset;
    cr_assert(sl_sm4_parse(bytes, size, &program, &why, &offset), "%s at %zu", why, offset);
    sl_sm4_disassemble(&program, text);
    sl_sm4_finish(&program);
    cr_assert(!text->failed);
}

static void expect_round_trip(const char *what, const uint8_t *bytes, size_t size)
{
    struct sl_buf text = {0};
    struct sl_buf out = {0};
    uint32_t line;
    char message[160];
    disassemble(bytes, size, &text);
    cr_assert(
        sl_sm4_assemble((const char *)text.data, text.size, &out, &line, message, sizeof(message)),
        "%s:%u: %s\n%.*s", what, line, message, (int)text.size, (const char *)text.data);
    cr_assert(out.size == size && memcmp(out.data, bytes, size) == 0, "%s", what);
    sl_buf_finish(&text);
    sl_buf_finish(&out);
}

Test(bytecode_sm4_text, real_programs_come_back_bit_for_bit)
{
    size_t seen = 0;
    for (size_t i = 0; i < sizeof(all_data) / sizeof(all_data[0]); i++) {
        glob_t found;
        if (glob(all_data[i], 0, NULL, &found) != 0) {
            cr_skip_test("no %s", all_data[i]);
        }
        for (size_t k = 0; k < found.gl_pathc; k++) {
            struct sl_buf file = {0};
            struct sl_dxbc_chunk chunk = program_of(found.gl_pathv[k], &file);
            expect_round_trip(found.gl_pathv[k], chunk.bytes, chunk.size);
            sl_buf_finish(&file);
            seen++;
        }
        globfree(&found);
    }
    cr_expect_eq(seen, 118, "%zu programs", seen);
}

/* The lines of a listing without blanks at their ends, comments and directives. */
static void strip(const struct sl_buf *text, struct sl_buf *out)
{
    for (size_t at = 0; at < text->size;) {
        const char *line = (const char *)text->data + at;
        const char *end = memchr(line, '\n', text->size - at);
        size_t size = end ? (size_t)(end - line) : text->size - at;
        at += size + 1;
        while (size > 0 && strchr(" \r", line[0])) {
            line++;
            size--;
        }
        while (size > 0 && strchr(" \r", line[size - 1])) {
            size--;
        }
        if (size > 0 && line[0] != '.' && strncmp(line, "//", 2) != 0) {
            sl_buf_append(out, line, size);
            sl_buf_text(out, "\n");
        }
    }
}

/* Listings of the 9.x levels hold D3D9 programs too; the last header starts the SM4 program. */
static const char *from_last_header(const struct sl_buf *stripped)
{
    const char *text = (const char *)stripped->data;
    const char *found = text;
    for (size_t i = 0; i + 6 < stripped->size; i++) {
        bool header = text[i + 1] == 's' && text[i + 2] == '_' && strchr("45", text[i + 3]) &&
                      text[i + 4] == '_' && text[i + 6] == '\n';
        if (header && (i == 0 || text[i - 1] == '\n')) {
            found = text + i;
        }
    }
    return found;
}

static void expect_listing(const char *path, const char *listing_path)
{
    struct sl_buf file = {0};
    struct sl_buf listing = {0};
    struct sl_buf text = {0};
    struct sl_buf ours = {0};
    struct sl_buf theirs = {0};
    struct sl_dxbc_chunk chunk = program_of(path, &file);
    disassemble(chunk.bytes, chunk.size, &text);
    load(listing_path, &listing);
    strip(&text, &ours);
    strip(&listing, &theirs);
    cr_assert_not_null(sl_buf_cstr(&theirs));
    cr_expect_str_eq(sl_buf_cstr(&ours), from_last_header(&theirs), "%s", path);
    sl_buf_finish(&file);
    sl_buf_finish(&listing);
    sl_buf_finish(&text);
    sl_buf_finish(&ours);
    sl_buf_finish(&theirs);
}

Test(bytecode_sm4_text, lines_are_those_of_the_compiler)
{
    size_t seen = 0;
    for (size_t i = 0; i < 2; i++) {
        glob_t found;
        if (glob(all_data[i], 0, NULL, &found) != 0) {
            cr_skip_test("no %s", all_data[i]);
        }
        for (size_t k = 0; k < found.gl_pathc; k++) {
            struct sl_buf path = {0};
            const char *dxbc = found.gl_pathv[k];
            sl_buf_append(&path, dxbc, strlen(dxbc) - strlen("dxbc"));
            sl_buf_text(&path, "lst");
            FILE *listing = fopen(sl_buf_cstr(&path), "rb");
            if (listing) {
                fclose(listing);
                expect_listing(dxbc, sl_buf_cstr(&path));
                seen++;
            }
            sl_buf_finish(&path);
        }
        globfree(&found);
    }
    cr_expect_eq(seen, 70, "%zu listings", seen);
}

/* Assembles text and compares the words behind version and length. */
static void expect_words(const char *text, const uint32_t *words, size_t count)
{
    struct sl_buf out = {0};
    uint32_t line;
    char message[160];
    cr_assert(sl_sm4_assemble(text, strlen(text), &out, &line, message, sizeof(message)),
              "%u: %s in %s", line, message, text);
    cr_assert_eq(out.size / 4, count + 2, "%zu words for %s", out.size / 4, text);
    cr_expect_eq(sl_get_le32(out.data + 4), count + 2);
    for (size_t i = 0; i < count; i++) {
        uint32_t word = sl_get_le32(out.data + 8 + 4 * i);
        cr_expect_eq(word, words[i], "word %zu is %08x, not %08x, for %s", i, word, words[i], text);
    }
    sl_buf_finish(&out);
}

#define EXPECT_WORDS(text, ...)                                                                    \
    expect_words(text, (const uint32_t[]){__VA_ARGS__},                                            \
                 sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

Test(bytecode_sm4_text, operands_may_leave_out_the_usual)
{
    EXPECT_WORDS("ps_4_0\nmov o0, v1", 0x05000036, 0x001020F2, 0, 0x00101E46, 1);
    EXPECT_WORDS("ps_4_0\nmov o0.xy, v1.yx", 0x05000036, 0x00102032, 0, 0x00101016, 1);
    EXPECT_WORDS("ps_4_0\nmov_sat o0 , -|v1.w|", 0x06002036, 0x001020F2, 0, 0x8010103A, 0xC1, 1);
    EXPECT_WORDS("ps_4_0\nsample o0, v1.xy, t2, s3", 0x09000045, 0x001020F2, 0, 0x00101546, 1,
                 0x00107E46, 2, 0x00106000, 3);
    EXPECT_WORDS("ps_4_0 // comment\n\n; another\n  ret // and another\r\n", 0x0100003E);
}

Test(bytecode_sm4_text, declarations_may_leave_out_the_usual)
{
    EXPECT_WORDS("ps_4_0\ndcl_sampler s1", 0x0300005A, 0x00106000, 1);
    EXPECT_WORDS("ps_4_0\ndcl_resource_texture2d t1", 0x04001858, 0x00107000, 1, 0x5555);
    EXPECT_WORDS("ps_4_0\ndcl_constantbuffer cb1[4]", 0x04000059, 0x00208E46, 1, 4);
    EXPECT_WORDS("ps_4_0\ndcl_input_ps v1.xy", 0x03001062, 0x00101032, 1);
    EXPECT_WORDS("ps_4_0\ndcl_input_ps linear noperspective centroid v1", 0x03002862, 0x001010F2,
                 1);
    EXPECT_WORDS("ps_4_0\ndcl_resource_texture2dms(4) (sint,sint,sint,sint) t6", 0x04042058,
                 0x00107000, 6, 0x3333);
    EXPECT_WORDS("cs_5_0\ndcl_uav_typed_texture2d_glc u1", 0x0401189C, 0x0011E000, 1, 0x5555);
    EXPECT_WORDS("cs_5_0\ndcl_thread_group 8, 0x4, 1", 0x0400009B, 8, 4, 1);
    EXPECT_WORDS("hs_5_0\ndcl_hs_max_tessfactor l(64)", 0x02000098, 0x42800000);
}

Test(bytecode_sm4_text, literals_are_floats_only_where_floats_are_taken)
{
    EXPECT_WORDS("ps_4_0\nadd o0.x, v0.x, l(1)", 0x07000000, 0x00102012, 0, 0x0010100A, 0,
                 0x00004001, 0x3F800000);
    EXPECT_WORDS("ps_4_0\nmov o0.x, l(1)", 0x05000036, 0x00102012, 0, 0x00004001, 1);
    EXPECT_WORDS("ps_4_0\nmov o0.x, l(-1e2)", 0x05000036, 0x00102012, 0, 0x00004001, 0xC2C80000);
    EXPECT_WORDS("ps_4_0\niadd o0.x, v0.x, l(-1)", 0x0700001E, 0x00102012, 0, 0x0010100A, 0,
                 0x00004001, 0xFFFFFFFF);
    EXPECT_WORDS("ps_4_0\nmov o0, l(0x7fc00000, 4294967295, 0.1, -2147483648)", 0x08000036,
                 0x001020F2, 0, 0x00004002, 0x7FC00000, 0xFFFFFFFF, 0x3DCCCCCD, 0x80000000);
    EXPECT_WORDS("ps_5_0\ndmov r0.xy, d(-0.5l, 0x3ff0000000000001)", 0x080000C7, 0x00100032, 0,
                 0x00005002, 0, 0xBFE00000, 1, 0x3FF00000);
}

Test(bytecode_sm4_text, indices_may_add_registers)
{
    EXPECT_WORDS("ps_4_0\nmov r0, cb0[r1.y]", 0x07000036, 0x001000F2, 0, 0x04208E46, 0, 0x0010001A,
                 1);
    EXPECT_WORDS("ps_4_0\nmov r0, cb0[ r1.y + 3 ]", 0x08000036, 0x001000F2, 0, 0x06208E46, 0, 3,
                 0x0010001A, 1);
    EXPECT_WORDS("gs_4_0\nmov r0, v[2][1]", 0x06000036, 0x001000F2, 0, 0x00201E46, 2, 1);
}

Test(bytecode_sm4_text, constant_buffers_of_a_program_span_lines)
{
    EXPECT_WORDS(
        "ps_4_0\ndcl_immediateConstantBuffer { { 1.0, 2, 0x3, -1}, // }\n {5,6,7,8} }\nret",
        0x00001835, 10, 0x3F800000, 2, 3, 0xFFFFFFFF, 5, 6, 7, 8, 0x0100003E);
}

Test(bytecode_sm4_text, directives_give_words)
{
    EXPECT_WORDS("ps_4_0\n.words 0100003e 7\n.words 8", 0x0100003E, 7, 8);
    EXPECT_WORDS("ps_4_0\n.literals 3f800001\nadd o0.x, v0.x, l(1.000000)", 0x07000000, 0x00102012,
                 0, 0x0010100A, 0, 0x00004001, 0x3F800001);
    EXPECT_WORDS("ps_4_0\n.tokens 05000037 1020f3 00101E47\nmov o0, v1", 0x05000037, 0x001020F3, 0,
                 0x00101E47, 1);
}

Test(bytecode_sm4_text, aeros_encoding_is_a_directive)
{
    EXPECT_WORDS("ps_4_0\n.dialect aero\nadd_sat o0, -v1, l(0.5)", 0x80004802, 0x00002000,
                 0x0010F022, 0, 0x801E4016, 0x00000040, 1, 0x00000041, 0x3F000000);
    EXPECT_WORDS("gs_4_0\n.dialect aero\nmov r0, v[2][5]", 0x00003001, 0x0010F002, 0, 0x002E4016, 5,
                 2);
    EXPECT_WORDS("cs_5_0\n.dialect aero\nld_raw r0, l(16), u1\nstore_raw u1.x, l(0), r0",
                 0x0000386F, 0x0010F002, 0, 0x00000041, 16, 0x0010F1E0, 1, 0x00003856, 0x001011E0,
                 1, 0x00000041, 0, 0x001E4006, 0);
    EXPECT_WORDS("ps_4_0\n.dialect aero\nimul null, r0, r1, r2\nimul r3, r0, r1, r2", 0x00003870,
                 0x0010F002, 0, 0x001E4006, 1, 0x001E4006, 2, 0x00004870, 0x0010F002, 0, 0x0010F002,
                 3, 0x001E4006, 1, 0x001E4006, 2);
    EXPECT_WORDS("ps_4_0\n.dialect aero\nsetp_lt p0, r0.x, r1.x\n(!p0) mov r0, r1\nbreakc_ge r0.x, "
                 "r1.x",
                 0x0200382C, 0x001000B1, 0, 0x0010000A, 0, 0x0010000A, 1, 0x00004001, 0x801000B1,
                 0x40, 0, 0x0010F002, 0, 0x001E4006, 1, 0x0500282E, 0x0010000A, 0, 0x0010000A, 1);
    EXPECT_WORDS(
        "vs_4_0\n.dialect aero\ndcl_constantbuffer(0x103) cb0[4], 0\ndcl_other(0x777) 1, 2",
        0x00002903, 0x002E4086, 0, 4, 0, 0x00001F77, 1, 2);
}

static const struct {
    const char *text;
    uint32_t line;
    const char *message;
} mistakes[] = {
    {"", 1, "a program starts with its model, as \"ps_4_0\""},
    {"mov r0, r1", 1, "a program starts with its model, as \"ps_4_0\""},
    {"ps_3_0", 1, "a program starts with its model, as \"ps_4_0\""},
    {"ps_4_0\nmove r0, r1", 2, "\"move\" is no instruction"},
    {"ps_4_0\n\nmov_nz r0, r1", 3, "\"mov\" takes no \"_nz\""},
    {"ps_4_0\nmov r0", 2, "\"mov\" takes 2 operands, not 1"},
    {"ps_4_0\nmov r0, r1, r2", 2, "\"mov\" takes 2 operands, not 3"},
    {"ps_4_0\nmov r0, r1 r2", 2, "\"r2\" is too much"},
    {"ps_4_0\nmov r0, q1", 2, "\"q1\" is no operand"},
    {"ps_4_0\nmov r0, p0", 2, "\"p0\" is no operand"},
    {"ps_4_0\nmov r0.yx, r1", 2, "\".yx\" is no mask"},
    {"ps_4_0\nmov r0, r1.xyzwx", 2, "\".xyzwx\" is no swizzle"},
    {"ps_4_0\nmov r0, r1.", 2, "components are missing after the point"},
    {"ps_4_0\nmov r0, r4294967296", 2, "a register has no such number"},
    {"ps_4_0\nmov r0, r1[2][3][4]", 2, "an operand has more than three indices"},
    {"ps_4_0\nmov r0, x[x[x[r0.x].x].x]", 2, "relative indices nest too deeply"},
    {"ps_4_0\nmov r0, cb0[1", 2, "\"]\" is missing at the end"},
    {"ps_4_0\nmov r0, |r1", 2, "\"|\" is missing at the end"},
    {"ps_4_0\nmov r0, l(1, 2)", 2, "a literal has one or four components, not 2"},
    {"ps_4_0\nmov r0, l(1, 2, 3, 4, 5)", 2, "a literal has more than four components"},
    {"ps_4_0\nmov r0, l(1x)", 2, "\"1x\" is no literal"},
    {"ps_4_0\nmov r0, l(4294967296)", 2, "\"4294967296\" is no literal"},
    {"ps_4_0\nmov r0, l()", 2, "\"\" is no literal"},
    {"ps_5_0\ndmov r0, d(0.1234567890123456789l)", 2,
     "\"0.1234567890123456789l\" is no double that is exact in decimal"},
    {"ps_4_0\ndcl_temps x", 2, "\"x\" is no number up to 4294967295"},
    {"ps_4_0\ndcl_outputtopology square", 2,
     "\"dcl_outputtopology\" does not know what follows it"},
    {"ps_4_0\ndcl_globalFlags fast", 2, "\"fast\" is no flag"},
    {"ps_4_0\nsample_aoffimmi(8,0,0) r0, r1, t0, s0", 2, "a texel offset lies outside of -8 to 7"},
    {"ps_4_0\ndcl_resource_texture2d (float,float) t0", 2, "\",\" is missing before \") t0\""},
    {"ps_4_0\ndcl_resource_texture2d (floats,float,float,float) t0", 2,
     "\"floats\" is no return type"},
    {"ps_4_0\nclip r0", 2, "\"clip\" cannot be written in this encoding"},
    {"ps_4_0\n.dialect aero\nsample_d r0, r1, t0, s0, r2, r3", 3,
     "\"sample_d\" has no number in this encoding"},
    {"ps_4_0\n.dialect aero\nadd r0, r1", 3, "\"add\" takes 3 to 3 operands, not 2"},
    {"ps_4_0\n.dialect aero\nld_raw r0, r1", 3, "\"ld_raw\" takes 3 operands"},
    {"ps_4_0\n.dialect glsl", 2, ".dialect takes \"sdk\" or \"aero\""},
    {"ps_4_0\n.word 1", 2, "a program has no such directive"},
    {"ps_4_0\n.words 0x1", 2, "\"0x1\" is no word of up to eight hexadecimal digits"},
    {"ps_4_0\n.words 1, 2", 2, "\"\" is no word of up to eight hexadecimal digits"},
    {"ps_4_0\n.dialect aero sdk", 2, ".dialect is followed by too much"},
    {"ps_4_0\n.tokens 1 2\nret", 3, ".tokens gives more words than the instruction has"},
    {"ps_4_0\n.literals 1\nret", 3, ".literals gives more words than the instruction has"},
    {"ps_4_0\nret\n.tokens 1", 3, "an instruction is missing after .tokens or .literals"},
    {"ps_4_0\n.trailing 1\nret", 3, "nothing but .trailing may follow .trailing"},
};

Test(bytecode_sm4_text, mistakes_are_named_with_their_line)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct sl_buf out = {0};
        uint32_t line = 0;
        char message[160] = "";
        cr_expect(!sl_sm4_assemble(mistakes[i].text, strlen(mistakes[i].text), &out, &line, message,
                                   sizeof(message)),
                  "%s", mistakes[i].text);
        cr_expect_str_eq(message, mistakes[i].message, "%s: %s", mistakes[i].text, message);
        cr_expect_eq(line, mistakes[i].line, "%s: line %u", mistakes[i].text, line);
        sl_buf_finish(&out);
    }
}

Test(bytecode_sm4_text, what_lies_behind_the_program_stays_there)
{
    uint8_t bytes[24];
    static const uint32_t words[] = {0x00010440, 3, 0x0100003E, 0xDEADBEEF, 0, 1};
    for (size_t i = 0; i < 6; i++) {
        sl_put_le32(bytes + 4 * i, words[i]);
    }
    expect_round_trip("tail", bytes, sizeof(bytes));
}

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Whatever parses can be written down, however odd its bits are. */
Test(bytecode_sm4_text, damaged_programs_come_back_or_are_refused)
{
    size_t parsed = 0;
    glob_t found;
    if (glob(all_data[0], 0, NULL, &found) != 0 || glob(all_data[2], GLOB_APPEND, NULL, &found)) {
        cr_skip_test("no %s", all_data[0]);
    }
    for (size_t k = 0; k < found.gl_pathc; k++) {
        struct sl_buf file = {0};
        struct sl_dxbc_chunk chunk = program_of(found.gl_pathv[k], &file);
        uint8_t *bytes = malloc(chunk.size);
        cr_assert(bytes != NULL);
        uint32_t state = (uint32_t)k;
        for (unsigned round = 0; round < 60; round++) {
            memcpy(bytes, chunk.bytes, chunk.size);
            for (uint32_t flips = 1 + next_random(&state) % 3; flips > 0; flips--) {
                uint32_t bit = next_random(&state) % (chunk.size * 8);
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
            struct sl_sm4_program program;
            const char *why;
            size_t offset;
            if (sl_sm4_parse(bytes, chunk.size, &program, &why, &offset)) {
                sl_sm4_finish(&program);
                expect_round_trip(found.gl_pathv[k], bytes, chunk.size);
                parsed++;
            }
        }
        free(bytes);
        sl_buf_finish(&file);
    }
    globfree(&found);
    cr_expect_gt(parsed, 1000, "%zu damaged programs parse", parsed);
}

Test(bytecode_sm4_text, cut_programs_are_refused)
{
    glob_t found;
    if (glob("../shared/data/shaders/sm45-aero/*.dxbc", 0, NULL, &found) != 0) {
        cr_skip_test("no ../shared/data/shaders/sm45-aero");
    }
    for (size_t k = 0; k < found.gl_pathc; k++) {
        struct sl_buf file = {0};
        struct sl_dxbc_chunk chunk = program_of(found.gl_pathv[k], &file);
        for (uint32_t size = 0; size < chunk.size; size++) {
            uint8_t *cut = malloc(size ? size : 1);
            cr_assert(cut != NULL);
            memcpy(cut, chunk.bytes, size);
            struct sl_sm4_program program;
            const char *why;
            size_t offset;
            cr_expect(!sl_sm4_parse(cut, size, &program, &why, &offset), "%u bytes of %s", size,
                      found.gl_pathv[k]);
            free(cut);
        }
        sl_buf_finish(&file);
    }
    globfree(&found);
}
