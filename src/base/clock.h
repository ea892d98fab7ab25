/* Time that only ever moves on, for whoever waits, shows progress or measures; no result has it. */
#ifndef SL_BASE_CLOCK_H
#define SL_BASE_CLOCK_H

#include <stdint.h>

/* Since some moment in the past. */
uint64_t sl_clock_ns(void);
uint64_t sl_clock_ms(void);

#endif
