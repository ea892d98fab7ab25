#include "bytecode/d3d9_text.h"

#include <string.h>

#define INDENT 4u
#define NESTING_MAX 64u /* of what is indented; the legal maximum, too */

struct listing {
    const struct sl_d3d9_program *program;
    struct sl_buf *text;
    uint32_t parameter_bit;
    unsigned nesting;
};

static void count_bit(const struct sl_d3d9_operand *operand, size_t counts[2])
{
    counts[operand->token >> 31]++;
}

/* Bit 31 of operands is set by the SDK and clear in other programs; the majority decides. */
static uint32_t find_parameter_bit(const struct sl_d3d9_program *program)
{
    size_t counts[2] = {0, 0};
    for (size_t i = 0; i < program->insn_count; i++) {
        const struct sl_d3d9_insn *insn = &program->insns[i];
        if (insn->has_dst) {
            count_bit(&insn->dst, counts);
        }
        for (unsigned k = 0; k < insn->src_count; k++) {
            count_bit(&insn->src[k], counts);
        }
    }
    return counts[0] > counts[1] ? 0 : SL_D3D9_PARAMETER;
}

static void print_indent(struct listing *listing, unsigned extra)
{
    sl_buf_printf(listing->text, "%*s", (int)(INDENT + 2 * listing->nesting - extra), "");
}

static void print_words(struct listing *listing, const char *directive, const uint32_t *words,
                        size_t count)
{
    print_indent(listing, 0);
    sl_buf_text(listing->text, directive);
    for (size_t i = 0; i < count; i++) {
        sl_buf_printf(listing->text, " %08x", words[i]);
    }
    sl_buf_text(listing->text, "\n");
}

static void print_comment(struct listing *listing, const struct sl_d3d9_insn *insn)
{
    const uint32_t *words = listing->program->words + insn->offset;
    if (insn->token >> 31) {
        print_words(listing, ".raw", words, insn->word_count);
    } else {
        print_words(listing, ".comment", words + 1, insn->word_count - 1);
    }
}

static void leave_block(struct listing *listing, enum sl_d3d9_op op)
{
    bool leaves =
        op == SL_D3D9_ELSE || op == SL_D3D9_ENDIF || op == SL_D3D9_ENDLOOP || op == SL_D3D9_ENDREP;
    listing->nesting -= leaves && listing->nesting > 0;
}

static void enter_block(struct listing *listing, enum sl_d3d9_op op)
{
    bool enters = op == SL_D3D9_IF || op == SL_D3D9_IFC || op == SL_D3D9_ELSE ||
                  op == SL_D3D9_LOOP || op == SL_D3D9_REP;
    listing->nesting += enters && listing->nesting < NESTING_MAX;
}

/* True if the assembler would make the instruction's own tokens from its line. */
static bool says_all(const struct listing *listing, const struct sl_d3d9_insn *insn,
                     const char *line, size_t size)
{
    uint32_t words[SL_D3D9_INSN_WORDS_MAX];
    size_t count;
    char message[64];
    return sl_d3d9_read_insn(listing->program, listing->parameter_bit, line, size, words, &count,
                             message, sizeof(message)) &&
           count == insn->word_count &&
           memcmp(words, listing->program->words + insn->offset, count * sizeof(*words)) == 0;
}

static void print_line(struct listing *listing, const struct sl_d3d9_insn *insn,
                       struct sl_buf *line)
{
    sl_buf_clear(line);
    sl_d3d9_print_insn(listing->program, insn, line);
    const char *text = sl_buf_cstr(line);
    if (!text) {
        listing->text->failed = true;
        return;
    }
    leave_block(listing, insn->op);
    if (!says_all(listing, insn, text, line->size)) {
        print_words(listing, ".raw", listing->program->words + insn->offset, insn->word_count);
    }
    print_indent(listing, insn->coissue ? 2 : 0);
    sl_buf_text(listing->text, text);
    sl_buf_text(listing->text, "\n");
    enter_block(listing, insn->op);
}

static void print_head(struct listing *listing)
{
    const struct sl_d3d9_program *program = listing->program;
    print_indent(listing, 0);
    sl_buf_printf(listing->text, "%cs_%u_", program->is_pixel ? 'p' : 'v', program->major);
    if (program->major == 2 && program->minor == 1) {
        sl_buf_text(listing->text, "x\n");
    } else {
        sl_buf_printf(listing->text, "%u\n", program->minor);
    }
    if (program->length_form == SL_D3D9_LENGTH_TOTAL) {
        print_indent(listing, 0);
        sl_buf_text(listing->text, ".form total\n");
    }
    if (listing->parameter_bit == 0) {
        print_indent(listing, 0);
        sl_buf_text(listing->text, ".bit31 clear\n");
    }
}

void sl_d3d9_disassemble(const struct sl_d3d9_program *program, struct sl_buf *text)
{
    struct listing listing = {
        .program = program,
        .text = text,
        .parameter_bit = find_parameter_bit(program),
    };
    print_head(&listing);
    struct sl_buf line = {0};
    for (size_t i = 0; i < program->insn_count; i++) {
        if (program->insns[i].op == SL_D3D9_COMMENT) {
            print_comment(&listing, &program->insns[i]);
        } else {
            print_line(&listing, &program->insns[i], &line);
        }
    }
    sl_buf_finish(&line);
    listing.nesting = 0;
    size_t trailing = program->word_count - program->end - 1;
    if (trailing > 0) {
        print_words(&listing, ".trailing", program->words + program->end + 1, trailing);
    }
}
