/* Sixteen floats at once: lanes_plain.h for ARM64. */
#ifndef GB_LANES_NEON_H
#define GB_LANES_NEON_H

#include <arm_neon.h>
#include <stdint.h>

#include "../source/unroll.h"

#define GB_LANES 16

typedef struct gb_lanes {
  float32x4_t four[4];
} gb_lanes;

GB_INLINE gb_lanes gb_lanes_of(float value) {
  const float32x4_t four = vdupq_n_f32(value);
  return (gb_lanes){{four, four, four, four}};
}

GB_INLINE gb_lanes gb_load(const float *from) {
  return (gb_lanes){{vld1q_f32(from), vld1q_f32(from + 4), vld1q_f32(from + 8), vld1q_f32(from + 12)}};
}

GB_INLINE void gb_store_lanes(float *to, gb_lanes value) {
  GB_UNROLL for (int i = 0; i < 4; i++) vst1q_f32(to + 4 * i, value.four[i]);
}

GB_INLINE float32x4_t gb_load_four_halves(const uint16_t *from) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(from)));
}

GB_INLINE gb_lanes gb_load_halves(const uint16_t *from) {
  return (gb_lanes){{gb_load_four_halves(from), gb_load_four_halves(from + 4), gb_load_four_halves(from + 8),
                     gb_load_four_halves(from + 12)}};
}

GB_INLINE void gb_store_halves(uint16_t *to, gb_lanes value) {
  GB_UNROLL for (int i = 0; i < 4; i++) vst1_u16(to + 4 * i, vreinterpret_u16_f16(vcvt_f16_f32(value.four[i])));
}

GB_INLINE gb_lanes gb_multiply_add(gb_lanes a, gb_lanes b, gb_lanes c) {
  GB_UNROLL for (int i = 0; i < 4; i++) c.four[i] = vfmaq_f32(c.four[i], a.four[i], b.four[i]);
  return c;
}

#endif
