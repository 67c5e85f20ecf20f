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

GB_INLINE gb_lanes gb_add_lanes(gb_lanes a, gb_lanes b) {
  GB_UNROLL for (int i = 0; i < 4; i++) a.four[i] = vaddq_f32(a.four[i], b.four[i]);
  return a;
}

/** Not vmaxq_f32, which hands NaNs on. */
GB_INLINE float32x4_t gb_larger_four(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }

GB_INLINE gb_lanes gb_larger_lanes(gb_lanes a, gb_lanes b) {
  GB_UNROLL for (int i = 0; i < 4; i++) b.four[i] = gb_larger_four(a.four[i], b.four[i]);
  return b;
}

GB_INLINE gb_lanes gb_first_lanes(gb_lanes value, int64_t count, gb_lanes rest) {
  static const int32_t LANES[4] = {0, 1, 2, 3};
  GB_UNROLL for (int i = 0; i < 4; i++) {
    const uint32x4_t is_first = vcgtq_s32(vdupq_n_s32((int32_t)count - 4 * i), vld1q_s32(LANES));
    rest.four[i] = vbslq_f32(is_first, value.four[i], rest.four[i]);
  }
  return rest;
}

GB_INLINE float gb_sum_of_lanes(gb_lanes value) {
  const float32x4_t four = vaddq_f32(vaddq_f32(value.four[0], value.four[2]), vaddq_f32(value.four[1], value.four[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

GB_INLINE float gb_largest_lane(gb_lanes value) {
  const float32x4_t four =
      gb_larger_four(gb_larger_four(value.four[3], value.four[1]), gb_larger_four(value.four[2], value.four[0]));
  float lanes[4];
  vst1q_f32(lanes, four);
  const float even = lanes[2] > lanes[0] ? lanes[2] : lanes[0], odd = lanes[3] > lanes[1] ? lanes[3] : lanes[1];
  return odd > even ? odd : even;
}

#endif
