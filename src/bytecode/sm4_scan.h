/* Reading the text of one instruction. The first failure counts; its message stays. */
#ifndef SL_BYTECODE_SM4_SCAN_H
#define SL_BYTECODE_SM4_SCAN_H

#include "bytecode/sm4_text.h"

/* Relative indices of the operands of one instruction. */
#define SL_SM4_RELATIVES_MAX 32u

struct sl_sm4_scanner {
    const char *at;
    const char *end;
    bool aero;
    char *message;
    size_t message_size;
    bool failed;
    struct sl_sm4_operand relatives[SL_SM4_RELATIVES_MAX];
    size_t relative_count;
};

enum sl_sm4_position { SL_SM4_DECLARED, SL_SM4_WRITTEN, SL_SM4_READ };

/* False, always. */
bool sl_sm4_scan_fail(struct sl_sm4_scanner *scanner, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether "//" or ";" is next. */
static inline bool sl_sm4_is_comment(const char *text, size_t size)
{
    return (size > 0 && text[0] == ';') || (size > 1 && text[0] == '/' && text[1] == '/');
}

/* Skips blanks, line breaks and comments. */
void sl_sm4_scan_blanks(struct sl_sm4_scanner *scanner);
bool sl_sm4_scan_at_end(struct sl_sm4_scanner *scanner);

/* Takes text if it is next. */
bool sl_sm4_scan_accept(struct sl_sm4_scanner *scanner, const char *text);
bool sl_sm4_scan_expect(struct sl_sm4_scanner *scanner, const char *text);

/* The letters, digits and underscores that are next; their number may be 0. */
size_t sl_sm4_scan_word(struct sl_sm4_scanner *scanner, const char **word);

/* An unsigned number, decimal or hexadecimal. */
bool sl_sm4_scan_number(struct sl_sm4_scanner *scanner, uint64_t max, uint64_t *number);
bool sl_sm4_scan_u32(struct sl_sm4_scanner *scanner, uint32_t *number);

/* Up to eight hexadecimal digits without a prefix, as directives carry words. */
bool sl_sm4_scan_hex(struct sl_sm4_scanner *scanner, uint32_t *word);

/* All of text, without a sign. */
bool sl_sm4_parse_unsigned(const char *text, size_t size, uint64_t max, uint64_t *number);

/* What is next up to a comma, a bracket or a blank. */
size_t sl_sm4_scan_literal_text(struct sl_sm4_scanner *scanner, const char **text);

/* A literal of 32 bits. */
bool sl_sm4_scan_literal(struct sl_sm4_scanner *scanner, enum sl_sm4_literal kind, uint32_t *bits);

bool sl_sm4_scan_operand(struct sl_sm4_scanner *scanner, enum sl_sm4_position position,
                         enum sl_sm4_literal kind, struct sl_sm4_operand *operand);

#endif
