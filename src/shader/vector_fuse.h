/* Joins steps of compiled programs where a value in between has one reader. */
#ifndef SL_SHADER_VECTOR_FUSE_H
#define SL_SHADER_VECTOR_FUSE_H

#include "shader/vector_code.h"

/* Changes the ops of the code; its segments are known already. */
void sl_vector_fuse(struct sl_vector_code *code);

#endif
