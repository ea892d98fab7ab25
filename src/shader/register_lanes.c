#include "shader/exec.h"

#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64u

sl_register_lanes *sl_registers_alloc(size_t count)
{
    _Static_assert(sizeof(sl_register_lanes) % CACHE_LINE == 0, "sizes are multiples of lines");
    if (count == 0 || count > SIZE_MAX / sizeof(sl_register_lanes)) {
        return NULL;
    }
    sl_register_lanes *registers = aligned_alloc(CACHE_LINE, count * sizeof(*registers));
    if (registers) {
        memset(registers, 0, count * sizeof(*registers));
    }
    return registers;
}
