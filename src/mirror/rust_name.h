/* How Rust spells the names and types of an ABI: as bindgen does. */
#ifndef SL_MIRROR_RUST_NAME_H
#define SL_MIRROR_RUST_NAME_H

#include "abi/abi.h"

/* The name, with an underscore behind it if Rust has the word for itself. */
void sl_rust_name(struct sl_buf *out, const char *name);

/* "u32"; not for structs. */
const char *sl_rust_scalar(enum sl_abi_type type);

#endif
