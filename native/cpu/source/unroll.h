#ifndef GB_UNROLL_H
#define GB_UNROLL_H

#define GB_INLINE static inline __attribute__((always_inline))

/** The loop behind it has a constant number of steps, all of which are written out. */
#if defined(__clang__)
#define GB_UNROLL _Pragma("unroll")
#else
#define GB_UNROLL _Pragma("GCC unroll 16")
#endif

#endif
