/*
 * A fuzz target is one file tests/fuzz/fuzz_NAME.c with this function. It never keeps state from
 * one call to the next. `make fuzz` links it with libFuzzer; `make fuzz-replay` links it with
 * fuzz_main.c and feeds it tests/fuzz/corpus/NAME/.
 */
#ifndef SL_TESTS_FUZZ_H
#define SL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
