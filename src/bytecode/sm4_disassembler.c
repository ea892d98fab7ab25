/*
 * Listings that can be read back. Each line is assembled again: where it gives other words than the
 * program has, a directive in front of it says which.
 */
#include "bytecode/sm4_encode.h"

#include "base/bytes.h"

#define WORDS_PER_LINE 8u

struct listing {
    const struct sl_sm4_program *program;
    struct sl_buf *text;
    struct sl_buf line;
    struct sl_sm4_encoder encoder;
    unsigned depth;
};

static void print_words(struct sl_buf *text, const char *directive, const uint32_t *words,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i % WORDS_PER_LINE == 0) {
            sl_buf_printf(text, "%s%s", i ? "\n" : "", directive);
        }
        sl_buf_printf(text, " %08x", words[i]);
    }
    sl_buf_text(text, count ? "\n" : "");
}

/* Words of one kind, with a directive, if any of them differs from what the line gives. */
static void print_kind(struct listing *listing, const struct sl_sm4_insn *insn,
                       const char *directive, enum sl_sm4_word_kind kind)
{
    const uint32_t *words = listing->program->words + insn->offset_words;
    const struct sl_buf *given = &listing->encoder.words;
    const uint8_t *kinds = listing->encoder.kinds.data;
    bool differs = false;
    for (size_t i = 0; i < insn->word_count; i++) {
        differs |= kinds[i] == kind && sl_get_le32(given->data + 4 * i) != words[i];
    }
    size_t printed = 0;
    for (size_t i = 0; differs && i < insn->word_count; i++) {
        if (kinds[i] == kind) {
            bool first = printed++ % WORDS_PER_LINE == 0;
            sl_buf_printf(listing->text, "%s%s %08x", first && printed > 1 ? "\n" : "",
                          first ? directive : "", words[i]);
        }
    }
    sl_buf_text(listing->text, differs ? "\n" : "");
}

/* Whether the line, with words replaced where a directive can, gives the instruction's words. */
static bool reads_back(const struct listing *listing, const struct sl_sm4_insn *insn)
{
    const uint32_t *words = listing->program->words + insn->offset_words;
    const struct sl_buf *given = &listing->encoder.words;
    if (given->failed || listing->encoder.kinds.failed || given->size / 4 != insn->word_count) {
        return false;
    }
    for (size_t i = 0; i < insn->word_count; i++) {
        if (listing->encoder.kinds.data[i] == SL_SM4_WORD_PLAIN &&
            sl_get_le32(given->data + 4 * i) != words[i]) {
            return false;
        }
    }
    return true;
}

static void print_comment(struct listing *listing)
{
    sl_buf_text(listing->text, "// ");
    for (size_t i = 0; i < listing->line.size; i++) {
        uint8_t c = listing->line.data[i];
        sl_buf_u8(listing->text, c);
        if (c == '\n') {
            sl_buf_text(listing->text, "// ");
        }
    }
    sl_buf_text(listing->text, "\n");
}

static void print_insn(struct listing *listing, const struct sl_sm4_insn *insn)
{
    char message[128];
    sl_buf_clear(&listing->line);
    sl_buf_clear(&listing->encoder.words);
    sl_buf_clear(&listing->encoder.kinds);
    sl_sm4_print_insn(listing->program, insn, &listing->line);
    bool read = !listing->line.failed &&
                sl_sm4_read_insn(&listing->encoder, (const char *)listing->line.data,
                                 listing->line.size, message, sizeof(message));
    if (listing->line.failed || listing->encoder.words.failed || listing->encoder.kinds.failed) {
        listing->text->failed = true; /* without memory, not without an answer */
        return;
    }
    if (!read || !reads_back(listing, insn)) {
        print_comment(listing);
        print_words(listing->text, ".words", listing->program->words + insn->offset_words,
                    insn->word_count);
        return;
    }
    print_kind(listing, insn, ".tokens", SL_SM4_WORD_TOKEN);
    print_kind(listing, insn, ".literals", SL_SM4_WORD_LITERAL);
    for (unsigned i = 0; i < listing->depth; i++) {
        sl_buf_text(listing->text, "  ");
    }
    sl_buf_append(listing->text, listing->line.data, listing->line.size);
    sl_buf_text(listing->text, "\n");
}

#define DEPTH_MAX 32u

enum block { BLOCK_NONE, BLOCK_OPENS, BLOCK_CLOSES, BLOCK_MIDDLE };

static enum block block_of(enum sl_sm4_op op)
{
    static const struct {
        enum sl_sm4_op op;
        enum block block;
    } blocks[] = {
        {SL_SM4_IF, BLOCK_OPENS},       {SL_SM4_AERO_IFC, BLOCK_OPENS},
        {SL_SM4_LOOP, BLOCK_OPENS},     {SL_SM4_SWITCH, BLOCK_OPENS},
        {SL_SM4_ELSE, BLOCK_MIDDLE},    {SL_SM4_ENDIF, BLOCK_CLOSES},
        {SL_SM4_ENDLOOP, BLOCK_CLOSES}, {SL_SM4_ENDSWITCH, BLOCK_CLOSES},
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
        if (blocks[i].op == op) {
            return blocks[i].block;
        }
    }
    return BLOCK_NONE;
}

static void print_indented(struct listing *listing, const struct sl_sm4_insn *insn)
{
    enum block block = block_of(insn->op);
    if ((block == BLOCK_CLOSES || block == BLOCK_MIDDLE) && listing->depth > 0) {
        listing->depth--;
    }
    print_insn(listing, insn);
    if ((block == BLOCK_OPENS || block == BLOCK_MIDDLE) && listing->depth < DEPTH_MAX) {
        listing->depth++;
    }
}

void sl_sm4_disassemble(const struct sl_sm4_program *program, struct sl_buf *text)
{
    struct listing listing = {
        .program = program,
        .text = text,
        .encoder = {.dialect = program->dialect},
    };
    uint32_t version = program->words[0];
    sl_buf_printf(text, "%s_%u_%u\n", sl_sm4_stage_names.names[program->stage], program->major,
                  program->minor);
    if (program->dialect == SL_SM4_AERO) {
        sl_buf_text(text, ".dialect aero\n");
    }
    if (version >> 8 & 0xFF) {
        sl_buf_printf(text, ".version 0x%08x\n", version);
    }
    for (size_t i = 0; i < program->insn_count; i++) {
        print_indented(&listing, &program->insns[i]);
    }
    print_words(text, ".trailing", program->words + program->length,
                program->word_count - program->length);
    sl_buf_finish(&listing.line);
    sl_buf_finish(&listing.encoder.words);
    sl_buf_finish(&listing.encoder.kinds);
}
