/*
 * D3D9 bytecode as text. The listings are those of the SDK's compiler; every program, whoever made
 * it, must come back from its text byte for byte.
 */
#include "base/bytes.h"
#include "base/file.h"
#include "bytecode/d3d9.h"
#include "fail_alloc.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(bytecode_d3d9_text);

#define DATA "../shared/data/"
#define FILE_MAX (1u << 20)
#define WORDS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4

/* The text of a program; false if bytes are none. */
static bool disassemble(const uint8_t *bytes, size_t size, struct sl_buf *text)
{
    struct sl_d3d9_program program;
    const char *why;
    size_t offset;
    if (!sl_d3d9_parse(bytes, size, &program, &why, &offset)) {
        return false;
    }
    sl_d3d9_disassemble(&program, text);
    sl_d3d9_finish(&program);
    return true;
}

/* The bytes of a text that must be one. */
static struct sl_buf assemble(const char *text)
{
    struct sl_buf out = {0};
    uint32_t line = 0;
    char message[128] = "";
    bool good = sl_d3d9_assemble(text, strlen(text), &out, &line, message, sizeof(message));
    cr_assert(good, "line %u: %s\n%s", line, message, text);
    return out;
}

static void expect_round_trip(const char *name, const uint8_t *bytes, size_t size,
                              struct sl_buf *text)
{
    cr_assert(disassemble(bytes, size, text), "%s is not accepted", name);
    struct sl_buf again = assemble(sl_buf_cstr(text));
    cr_assert(again.size == size && memcmp(again.data, bytes, size) == 0,
              "%s is not the same after\n%s", name, sl_buf_cstr(text));
    sl_buf_finish(&again);
}

/* The next line that is an instruction: no comment, directive or empty line. NULL at the end. */
static char *next_line(char **rest)
{
    char *line;
    while ((line = strsep(rest, "\n"))) {
        line[strcspn(line, "\r")] = '\0';
        const char *word = line + strspn(line, " ");
        if (*word != '\0' && *word != '.' && strncmp(word, "//", 2) != 0) {
            return line;
        }
    }
    return NULL;
}

static void expect_listing(const char *path, struct sl_buf *text)
{
    char listing_path[512];
    struct sl_buf listing = {0};
    snprintf(listing_path, sizeof(listing_path), "%.*s.lst", (int)strlen(path) - 4, path);
    if (sl_file_read(listing_path, FILE_MAX, &listing, NULL) != SL_OK) {
        return; /* other producers' files come without */
    }
    sl_buf_u8(&listing, 0);
    sl_buf_u8(text, 0);
    char *expected_rest = (char *)listing.data;
    char *rest = (char *)text->data;
    char *expected;
    while ((expected = next_line(&expected_rest))) {
        char *line = next_line(&rest);
        cr_assert(line && strcmp(line, expected) == 0, "%s: '%s' instead of '%s'", path,
                  line ? line : "", expected);
    }
    cr_assert_null(next_line(&rest), "%s has more lines than its listing", path);
    sl_buf_finish(&listing);
}

static void check_files(const char *pattern, bool is_sdk)
{
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0) {
        cr_skip_test("%s is not here", pattern);
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct sl_buf bytes = {0};
        struct sl_buf text = {0};
        cr_assert_eq(sl_file_read(files.gl_pathv[i], FILE_MAX, &bytes, NULL), SL_OK);
        expect_round_trip(files.gl_pathv[i], bytes.data, bytes.size, &text);
        const char *listing = sl_buf_cstr(&text);
        cr_expect(!is_sdk || (!strstr(listing, ".raw") && !strstr(listing, ".bit31")), "%s:\n%s",
                  files.gl_pathv[i], listing);
        expect_listing(files.gl_pathv[i], &text);
        sl_buf_finish(&text);
        sl_buf_finish(&bytes);
    }
    globfree(&files);
}

Test(bytecode_d3d9_text, lists_what_the_compiler_lists)
{
    check_files(DATA "hlsl/d3d9/bin/*.bin", true);
}

Test(bytecode_d3d9_text, lists_other_producers)
{
    check_files(DATA "hlsl/other-producers/*.bin", true);
}

Test(bytecode_d3d9_text, round_trips_driver_tokens)
{
    check_files(DATA "shaders/d3d9-tokens/*.tok", false);
}

/* The tokens inside a container: all of an SHDR chunk, an Aon9 chunk from the offset in its head.
 */
static size_t check_container(const char *name, const struct sl_buf *file)
{
    size_t found = 0;
    for (uint32_t i = 0; i < sl_get_le32(file->data + 28); i++) {
        const uint8_t *chunk = file->data + sl_get_le32(file->data + 32 + 4 * (size_t)i);
        const uint8_t *tokens = chunk + 8;
        uint32_t size = sl_get_le32(chunk + 4);
        if (memcmp(chunk, "Aon9", 4) == 0) {
            uint32_t head = sl_get_le32(chunk + 20);
            tokens += head;
            size -= head;
        } else if (memcmp(chunk, "SHDR", 4) != 0 || sl_get_le16(tokens + 2) < 0xFFFE) {
            continue;
        }
        struct sl_buf text = {0};
        expect_round_trip(name, tokens, size, &text);
        sl_buf_finish(&text);
        found++;
    }
    return found;
}

static void check_containers(const char *pattern)
{
    glob_t files;
    if (glob(pattern, 0, NULL, &files) != 0) {
        cr_skip_test("%s is not here", pattern);
    }
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct sl_buf bytes = {0};
        cr_assert_eq(sl_file_read(files.gl_pathv[i], FILE_MAX, &bytes, NULL), SL_OK);
        cr_expect_eq(check_container(files.gl_pathv[i], &bytes), 1, "%s", files.gl_pathv[i]);
        sl_buf_finish(&bytes);
    }
    globfree(&files);
}

Test(bytecode_d3d9_text, round_trips_tokens_in_containers)
{
    check_containers(DATA "shaders/d3d9-dxbc/*.dxbc");
}

Test(bytecode_d3d9_text, round_trips_tokens_of_feature_level_9)
{
    check_containers(DATA "hlsl/dxbc/bin/*_level_9_*.dxbc");
}

static struct sl_buf pack(const uint32_t *words, size_t count)
{
    struct sl_buf bytes = {0};
    for (size_t i = 0; i < count; i++) {
        sl_buf_u32(&bytes, words[i]);
    }
    return bytes;
}

/* Words to text and text to words. */
static void expect_pair(const char *expected, const uint32_t *words, size_t count)
{
    struct sl_buf bytes = pack(words, count);
    struct sl_buf text = {0};
    expect_round_trip("a program", bytes.data, bytes.size, &text);
    cr_expect_str_eq(sl_buf_cstr(&text), expected);
    sl_buf_finish(&text);
    sl_buf_finish(&bytes);
}

Test(bytecode_d3d9_text, writes_modifiers_and_suffixes)
{
    expect_pair("    ps_1_4\n"
                "    add_d8_sat r0.xw, -r1_bias, r2_dz\n"
                "    add_x4 r0, -r1_bx2.x, r2_dw.wzyx\n"
                "    sub_d4 r0, 1-r1, -r2_x2\n"
                "    phase\n"
                "    texdepth r5\n",
                WORDS(0xFFFF0104, 0x02, 0x8D190000, 0x83E40001, 0x89E40002, 0x02, 0x820F0000,
                      0x85000001, 0x8A1B0002, 0x03, 0x8E0F0000, 0x86E40001, 0x88E40002, 0xFFFD,
                      0x57, 0x800F0005, 0xFFFF));
}

Test(bytecode_d3d9_text, writes_flow_control)
{
    expect_pair("    vs_2_x\n"
                "    dcl_psize15 v3.w\n"
                "    if !b2\n"
                "      loop aL, i1\n"
                "        break p0.\n"
                "        break !p0.y\n"
                "        break_ne -r1, r2.x\n"
                "      endloop\n"
                "    else\n"
                "      (!p0.x) mova a0.yw, c3[a0.w].y\n"
                "      call l5\n"
                "    endif\n",
                WORDS(0xFFFE0201, 0x0200001F, 0x800F0004, 0x90080003, 0x01000028, 0xEDE40802,
                      0x0200001B, 0xF0E40800, 0xF0E40001, 0x01000060, 0xB0001000, 0x01000060,
                      0xBD551000, 0x0205002D, 0x81E40001, 0x80000002, 0x0000001D, 0x0000002A,
                      0x1400002E, 0xB00A0000, 0xBD001000, 0xA0552003, 0xB0FF0000, 0x01000019,
                      0xA0E41005, 0x0000002B, 0xFFFF));
}

Test(bytecode_d3d9_text, writes_literals)
{
    expect_pair("    ps_3_0\n"
                "    def c0, -0, 1e+010, 0x7f800000, 0xffc00001\n"
                "    defi i15, -2147483648, 2147483647, -1, 0\n"
                "    defb b1, true\n"
                "    defb b2, 0x00000002\n",
                WORDS(0xFFFF0300, 0x05000051, 0xA00F0000, 0x80000000, 0x501502F9, 0x7F800000,
                      0xFFC00001, 0x05000030, 0xF00F000F, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF, 0,
                      0x0200002F, 0xE00F0801, 1, 0x0200002F, 0xE00F0802, 2, 0xFFFF));
}

/* What the lines cannot say. */
Test(bytecode_d3d9_text, spells_out_other_encodings)
{
    expect_pair("    ps_2_0\n"
                "    .comment 0000ffff deadbeef\n"
                "    .raw 8001fffe 00000001\n"
                "    .raw 04000059 800f0000 80e40001 80e40001 80e40001\n"
                "    dp2add r0, r1, r1, r1\n"
                "    dp2 r0, r1, r1\n"
                "    .raw 02300001 800f0000 80e40001\n"
                "    mov_x2_sat r0, r1\n"
                "    .raw 02000001 80000000 80e40001\n"
                "    mov r0, r1\n"
                "    .raw 02000001 000f0000 80e4c001\n"
                "    mov r0, r1\n"
                "    .raw 0105001f 90030001\n"
                "    dcl v1.xy\n"
                "    .comment\n"
                "    .trailing 00000000 0000ffff\n",
                WORDS(0xFFFF0200, 0x0002FFFE, 0xFFFF, 0xDEADBEEF, 0x8001FFFE, 1, 0x04000059,
                      0x800F0000, 0x80E40001, 0x80E40001, 0x80E40001, 0x0300005A, 0x800F0000,
                      0x80E40001, 0x80E40001, 0x02300001, 0x800F0000, 0x80E40001, 0x02000001,
                      0x80000000, 0x80E40001, 0x02000001, 0x000F0000, 0x80E4C001, 0x0105001F,
                      0x90030001, 0x0000FFFE, 0xFFFF, 0, 0xFFFF));
}

Test(bytecode_d3d9_text, says_the_form_and_bit_31)
{
    expect_pair("    ps_2_0\n"
                "    .form total\n"
                "    .bit31 clear\n"
                "    mov oC0, v0\n"
                "    ret\n",
                WORDS(0xFFFF0200, 0x03000001, 0x000F0800, 0x10E40000, 0x0100001C, 0xFFFF));
}

Test(bytecode_d3d9_text, reads_free_layout)
{
    struct sl_buf tidy = assemble("vs_2_0\nmov r0.xy, c1[a0.x].w\nadd r0, r0, r1.xyyy\n");
    struct sl_buf loose = assemble("// head\r\n\r\n\tvs_2_0 ; version\r\n"
                                   "\tmov  r0.rg ,c1[ a0.x ].a // move\n"
                                   "add r0,r0,r1.xy");
    cr_assert_eq(tidy.size, 4 * 10);
    cr_assert(sl_buf_equal(&tidy, &loose));
    sl_buf_finish(&tidy);
    sl_buf_finish(&loose);
}

Test(bytecode_d3d9_text, reads_other_names)
{
    struct sl_buf own = assemble("ps_2_x\nbreakp p0.x\ndef c0, 0x3F800000, 1, 1, 1");
    struct sl_buf listed = assemble("ps_2_1\nbreak p0.\ndef c0, 1, 1, 1, 1");
    cr_assert(sl_buf_equal(&own, &listed));
    sl_buf_finish(&own);
    sl_buf_finish(&listed);
}

static const struct {
    uint32_t line;
    const char *message;
    const char *text;
} bad_texts[] = {
    {1, "a version is expected first", ""},
    {2, "a version is expected first", "// nothing\n  mov r0, r1\n"},
    {1, "'ps_4_0' is no known version", "ps_4_0"},
    {1, "'vs_3_x' is no known version", "vs_3_x"},
    {3, "'move' is no instruction", "ps_2_0\n\nmove r0, r1\n"},
    {2, "'add_sat_' is no instruction", "ps_2_0\nadd_sat_ r0, r1, r2"},
    {2, "'x3' does not go with 'mul'", "ps_2_0\nmul_x3 r0, r1, r2"},
    {2, "'gt' does not go with 'add'", "ps_2_0\nadd_gt r0, r1, r2"},
    {2, "'sat' does not go with 'rep'", "ps_2_0\nrep_sat i0"},
    {2, "'texcoord16' does not go with 'dcl'", "vs_3_0\ndcl_texcoord16 v0"},
    {2, "'setp' needs a comparison", "ps_2_0\nsetp p0, r0, r1"},
    {2, "a register is expected", "ps_2_0\nmov"},
    {2, "a register is expected", "ps_2_0\nmov r0,"},
    {2, "'q' is no register", "ps_2_0\nmov q0, r1"},
    {2, "'a' is no register", "ps_2_0\nmov a0.x, r1"},
    {2, "'oT' is no register", "vs_3_0\nmov oT0, r1"},
    {2, "a register number is expected after 'r'", "ps_2_0\nmov r, r1"},
    {2, "a register number is out of range", "ps_2_0\nmov r99999999999, r1"},
    {2, "a register number is out of range", "ps_2_0\nmov r32, r1"},
    {2, "'yx' is no write mask", "ps_2_0\nmov r0.yx, r1"},
    {2, "'' is no write mask", "ps_2_0\nmov r0., r1"},
    {2, "'q' is no swizzle", "ps_2_0\nmov r0, r1.q"},
    {2, "one to four components", "ps_2_0\nmov r0, r1."},
    {2, "one to four components", "ps_2_0\nmov r0, r1.xyzwx"},
    {2, "'-...q' is no source modifier", "ps_2_0\nmov r0, -r1_q"},
    {2, "'!...bx2' is no source modifier", "ps_2_0\nmov r0, !r1_bx2"},
    {2, "expected after '_'", "ps_2_0\nmov r0, r1_.x"},
    {2, "']' expected after an address register", "vs_2_0\nmov r0, c1[a0.x"},
    {2, "an address token names no address register", "vs_2_0\nmov r0, c1[r0.x]"},
    {2, "only a0.x addresses", "vs_1_1\nmov r0, c1[a0.y]"},
    {2, "')' expected after a predicate", "ps_2_0\n(p0 mov r0, r1"},
    {2, "a predicate is addressed relatively", "vs_3_0\n(p0[aL]) mov r0, r1"},
    {2, "has no predicate", "ps_2_0\n(r0) mov r0, r1"},
    {2, "takes no predicate", "ps_2_0\n(p0) ret"},
    {2, "',' expected before a source", "ps_2_0\nadd r0, r1"},
    {2, "', r3' is more than 'add' takes", "ps_2_0\nadd r0, r1, r2, r3"},
    {2, "this version has no 'rcp'", "ps_1_4\nrcp r0, r1"},
    {2, "unknown in this version", "ps_1_4\ndefi i0, 0, 0, 0, 0"},
    {2, "reserved bits", "ps_2_0\n+ mov r0, r1"},
    {2, "cannot be written", "ps_2_0\nmov c0, r1"},
    {2, "another kind", "ps_2_0\ndef i0, 1, 1, 1, 1"},
    {2, "'1.x' is no value of 'def'", "ps_2_0\ndef c0, 1.x, 1, 1, 1"},
    {2, "'0x123456789' is no value of 'def'", "ps_2_0\ndef c0, 0x123456789, 1, 1, 1"},
    {2, "'2147483648' is no value of 'defi'", "ps_2_0\ndefi i0, 2147483648, 1, 1, 1"},
    {2, "'-2147483649' is no value of 'defi'", "ps_2_0\ndefi i0, -2147483649, 1, 1, 1"},
    {2, "'-' is no value of 'defi'", "ps_2_0\ndefi i0, -, 1, 1, 1"},
    {2, "'yes' is no value of 'defb'", "ps_2_0\ndefb b0, yes"},
    {2, "',' expected before a value", "ps_2_0\ndef c0, 1, 1, 1"},
    {2, "the directive is unknown", "ps_2_0\n.word 00000000"},
    {2, ".form is total", "ps_2_0\n.form operands"},
    {3, ".form stands before", "ps_2_0\nret\n.form total"},
    {2, ".bit31 is clear or set", "ps_2_0\n.bit31 0"},
    {2, "eight hexadecimal digits", "ps_2_0\n.comment 123"},
    {2, "eight hexadecimal digits", "ps_2_0\n.trailing 0000000g"},
    {2, ".raw needs tokens", "ps_2_0\n.raw"},
    {2, "opcode is unknown", "ps_2_0\n.raw 00000061"},
    {2, "more than one instruction", "ps_2_0\n.raw 0000001c 0000001c"},
    {3, "the tokens of .raw say 'ret'", "ps_2_0\n.raw 0000001c\nnop"},
    {3, "the instruction that .raw spells is missing", "ps_2_0\n.raw 0000001c\n"},
    {3, "only .trailing follows .trailing", "ps_2_0\n.trailing 00000000\nret"},
    {3, "only .trailing follows .trailing", "ps_2_0\n.trailing\n.comment"},
};

Test(bytecode_d3d9_text, tells_what_is_wrong_and_where)
{
    for (size_t i = 0; i < sizeof(bad_texts) / sizeof(bad_texts[0]); i++) {
        struct sl_buf out = {0};
        uint32_t line = 0;
        char message[128] = "";
        sl_buf_u8(&out, 7);
        bool good = sl_d3d9_assemble(bad_texts[i].text, strlen(bad_texts[i].text), &out, &line,
                                     message, sizeof(message));
        cr_expect(!good, "accepted: %s", bad_texts[i].text);
        cr_expect(strstr(message, bad_texts[i].message), "'%s', not '%s'", message,
                  bad_texts[i].message);
        cr_expect_eq(line, bad_texts[i].line, "line %u: %s", line, message);
        cr_expect(out.size == 1 && out.data[0] == 7);
        sl_buf_finish(&out);
    }
}

Test(bytecode_d3d9_text, bounds_its_message)
{
    struct sl_buf out = {0};
    uint32_t line;
    char message[9] = "12345678";
    cr_assert(!sl_d3d9_assemble("ps_4_0", 6, &out, &line, message, 8));
    cr_assert_eq(message[7], '\0');
    cr_assert_eq(strlen(message), 7);
    sl_buf_finish(&out);
}

/* Any bit of a program flipped: refused, or the same after text, odd bits included. */
Test(bytecode_d3d9_text, round_trips_every_flipped_bit)
{
    static const char *const texts[] = {
        "ps_1_1\ndef c0, 1, 2, 3, 4\ntex t0\nmul_x2 r0.xyz, r0, t0_bx2\n+ mov r0.w, 1-v0.w\n",
        "vs_3_0\n.comment 12345678\ndcl_texcoord1 v0.xy\ndcl_2d s0\ndefi i0, 1, 2, 3, 4\n"
        "(!p0.x) mad_sat r0.xz, -c1[a0.z]_abs, v0[aL].x, r1\nif_gt r0.x, r1.x\ntexldl r0, v0, s0\n"
        "endif\nbreak p0.\n.trailing 00000000\n",
        "ps_2_0\n.form total\n.bit31 clear\ntexldp r0, t0, s0\nsetp_le p0, r0, c0\nret\n",
    };
    unsigned accepted = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sl_buf bytes = assemble(texts[i]);
        for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
            struct sl_buf text = {0};
            bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (disassemble(bytes.data, bytes.size, &text)) {
                struct sl_buf again = assemble(sl_buf_cstr(&text));
                cr_assert(sl_buf_equal(&again, &bytes), "%s", sl_buf_cstr(&text));
                sl_buf_finish(&again);
                accepted++;
            }
            sl_buf_finish(&text);
            bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        sl_buf_finish(&bytes);
    }
    cr_assert_gt(accepted, 500);
}

/* Deep nesting does not make the text grow with its square. */
Test(bytecode_d3d9_text, bounds_indentation)
{
    struct sl_buf bytes = {0};
    struct sl_buf text = {0};
    sl_buf_u32(&bytes, 0xFFFF0300);
    for (unsigned i = 0; i < 5000; i++) {
        sl_buf_u32(&bytes, 0x01000028);
        sl_buf_u32(&bytes, 0xE0E40800);
    }
    sl_buf_u32(&bytes, 0xFFFF);
    expect_round_trip("deep nesting", bytes.data, bytes.size, &text);
    cr_assert_lt(text.size, 5000 * 160);
    sl_buf_finish(&text);
    sl_buf_finish(&bytes);
}

Test(bytecode_d3d9_text, survives_failed_allocations)
{
    static const char text[] =
        "ps_2_0\n.comment 00000001\n.raw 0000001c\nret\n.trailing 00000002\n";
    unsigned failures = 0;
    for (;; failures++) {
        struct sl_buf out = {0};
        uint32_t line;
        char message[64] = "";
        fail_alloc_arm(failures + 1);
        bool good = sl_d3d9_assemble(text, strlen(text), &out, &line, message, sizeof(message));
        bool failed = fail_alloc_disarm();
        sl_buf_finish(&out);
        if (!failed) {
            cr_assert(good);
            break;
        }
        cr_assert(!good);
        cr_assert_str_eq(message, "out of memory");
    }
    cr_assert_gt(failures, 3);
}

Test(bytecode_d3d9_text, marks_a_listing_that_ran_out_of_memory)
{
    struct sl_buf bytes = assemble("ps_2_0\nret\n");
    struct sl_d3d9_program program;
    const char *why;
    size_t offset;
    cr_assert(sl_d3d9_parse(bytes.data, bytes.size, &program, &why, &offset));
    unsigned failures = 0;
    for (;; failures++) {
        struct sl_buf text = {0};
        fail_alloc_arm(failures + 1);
        sl_d3d9_disassemble(&program, &text);
        bool failed = fail_alloc_disarm();
        cr_assert_eq(text.failed, failed);
        sl_buf_finish(&text);
        if (!failed) {
            break;
        }
    }
    cr_assert_gt(failures, 1);
    sl_d3d9_finish(&program);
    sl_buf_finish(&bytes);
}
