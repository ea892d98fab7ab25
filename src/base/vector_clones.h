/*
 * SL_CLONES before a function compiles it twice where that can be had: for every x86-64 machine and
 * for those with AVX2; the loader picks one. Both give the same bits, as no operation is fused or
 * reordered (-ffp-contract=off).
 *
 * The function is static and its name is used once in the program: Clang 14 has no name for others
 * to link to, and one resolver for equal names. What it calls must be static inline to take part.
 */
#ifndef SL_BASE_VECTOR_CLONES_H
#define SL_BASE_VECTOR_CLONES_H

#include <stdint.h> /* defines __GLIBC__; without it nothing may pick at load time */

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__AVX2__)
#define SL_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SL_CLONES
#endif

#endif
