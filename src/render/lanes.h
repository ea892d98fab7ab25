/* How many invocations of a program run side by side, everywhere. */
#ifndef SL_RENDER_LANES_H
#define SL_RENDER_LANES_H

#define SL_LANES 64u /* a multiple of four: whole quads; a set of lanes fits a uint64_t */
#define SL_QUADS (SL_LANES / 4)

#endif
