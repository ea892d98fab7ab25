/*
 * Which bytes of a mirror were fetched from its source in the current step. Bytes are told apart
 * one by one: a page may hold a ring and somebody's secrets.
 */
#ifndef SL_MEMORY_FETCHED_BYTES_H
#define SL_MEMORY_FETCHED_BYTES_H

#include "base/digital_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed is empty. */
struct sl_fetched {
    struct sl_digital_tree pages;
    uint64_t step;
};

void sl_fetched_finish(struct sl_fetched *fetched);

/*
 * The first run of [gpa, gpa + size), which lies in one page, that was not marked in this step:
 * sets *at to its address and returns its size, 0 if there is none. Marks it. size is at least 1.
 * False in *kept: there is no memory to remember it.
 */
size_t sl_fetched_claim(struct sl_fetched *fetched, uint64_t gpa, size_t size, uint64_t *at,
                        bool *kept);

/* Marks [gpa, gpa + size), which lies in one page. False without memory. */
bool sl_fetched_mark(struct sl_fetched *fetched, uint64_t gpa, size_t size);

#endif
