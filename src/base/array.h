/* Arrays that grow as elements are added. */
#ifndef SL_BASE_ARRAY_H
#define SL_BASE_ARRAY_H

#include <stddef.h>

/*
 * Room for one more element behind the count that an array holds; the array, which may have moved,
 * or NULL without memory: the old one is as it was then. An array of capacity 0 may be NULL.
 */
void *sl_array_grow(void *array, size_t *capacity, size_t count, size_t element_size);

#endif
