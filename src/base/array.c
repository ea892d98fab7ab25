#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 16 };

void *sl_array_grow(void *array, size_t *capacity, size_t count, size_t element_size)
{
    if (count < *capacity) {
        return array;
    }
    size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    if (wanted < *capacity || wanted > SIZE_MAX / element_size) {
        return NULL;
    }
    void *grown = realloc(array, wanted * element_size);
    if (grown) {
        *capacity = wanted;
    }
    return grown;
}
