#include "mirror/rust_name.h"

#include <string.h>

void sl_rust_name(struct sl_buf *out, const char *name)
{
    static const char *const words[] = {
        "abstract", "as",    "async",  "await", "become", "box",    "break",    "const",
        "continue", "crate", "do",     "dyn",   "else",   "enum",   "extern",   "false",
        "final",    "fn",    "for",    "gen",   "if",     "impl",   "in",       "let",
        "loop",     "macro", "match",  "mod",   "move",   "mut",    "override", "priv",
        "pub",      "ref",   "return", "self",  "Self",   "static", "struct",   "super",
        "trait",    "true",  "try",    "type",  "typeof", "unsafe", "unsized",  "use",
        "virtual",  "where", "while",  "yield",
    };
    sl_buf_text(out, name);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], name) == 0) {
            sl_buf_u8(out, '_');
        }
    }
}

const char *sl_rust_scalar(enum sl_abi_type type)
{
    static const char *const types[] = {
        [SL_ABI_U8] = "u8",   [SL_ABI_U16] = "u16", [SL_ABI_U32] = "u32",    [SL_ABI_U64] = "u64",
        [SL_ABI_I32] = "i32", [SL_ABI_F32] = "u32", [SL_ABI_HANDLE] = "u32",
    };
    return types[type];
}
