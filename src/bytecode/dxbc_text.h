/* Signatures and chunks as text. Private to dxbc_*.c. */
#ifndef SL_BYTECODE_DXBC_TEXT_H
#define SL_BYTECODE_DXBC_TEXT_H

#include "bytecode/dxbc_layout.h"

#include "base/buf.h"

/* How writers lay out the names behind the elements of a signature. */
enum sl_dxbc_names {
    SL_DXBC_NAMES_PADDED,   /* each name once, the end padded: the SDK's compiler */
    SL_DXBC_NAMES_ALIGNED,  /* each name once and padded */
    SL_DXBC_NAMES_PACKED,   /* each name once, no padding */
    SL_DXBC_NAMES_SEPARATE, /* a name for each element, no padding */
};

#define SL_DXBC_NAMES_COUNT 4u

extern const char *const sl_dxbc_names_words[SL_DXBC_NAMES_COUNT];

#define SL_DXBC_TEXT_CHUNKS_MAX 64u /* of a container in text */
#define SL_DXBC_NAME_SIZE 64u       /* of a name in text, with its terminator */

void sl_dxbc_signature_encode(const struct sl_dxbc_signature *signature,
                              const struct sl_dxbc_signature_layout *layout,
                              enum sl_dxbc_names names, struct sl_buf *out);

/* What an element is if the text does not say it: the name decides. */
void sl_dxbc_element_defaults(struct sl_dxbc_element *element, enum sl_dxbc_signature_kind kind);

/* "NAME index register mask" and what differs from the defaults. */
void sl_dxbc_element_print(const struct sl_dxbc_element *element, enum sl_dxbc_signature_kind kind,
                           struct sl_buf *text);

/* name receives what element->name points to. False with a sentence in message. */
bool sl_dxbc_element_read(const char *text, size_t size, enum sl_dxbc_signature_kind kind,
                          struct sl_dxbc_element *element, char name[static SL_DXBC_NAME_SIZE],
                          char *message, size_t message_size);

#endif
