/*
 * Fast paths that can be switched off to find out whether one of them is at fault: with any of them
 * off, every result stays the same to the bit. SCANLOCK_DISABLE holds their names with commas in
 * between (docs/env.md); it is read once.
 */
#ifndef SL_BASE_FAST_PATH_H
#define SL_BASE_FAST_PATH_H

#include <stdbool.h>

enum sl_fast_path {
    SL_FAST_VECTOR,   /* the vector engine; off: the interpreter */
    SL_FAST_SAMPLING, /* sampling many lanes at a time */
    SL_FAST_RASTER,   /* interpolating and merging many lanes at a time, whole tiles */
    SL_FAST_THREADS,  /* more than one thread */
    SL_FAST_PATH_COUNT
};

bool sl_fast_path(enum sl_fast_path path);

/* "vector" and the like. Static storage. */
const char *sl_fast_path_name(enum sl_fast_path path);

#endif
