/*
 * ARM64 with the dot product extension: one token and a panel at a time, four rows to a vector. Codes are taken around 0,
 * since sdot multiplies signed bytes.
 */
#include "kernel.h"

#if defined(__aarch64__)
#include "for_each_form.h"
#include "prepare_block.h"
#include "row_scales.h"

#include <arm_neon.h>

#if defined(__linux__)
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#endif

#define GB_INLINE static inline __attribute__((always_inline))

static bool is_usable(void) {
#if defined(__linux__)
  /* HWCAP_ASIMDDP */
  return (getauxval(AT_HWCAP) & 1ul << 20) != 0;
#elif defined(__APPLE__)
  int has = 0;
  size_t bytes = sizeof has;
  return sysctlbyname("hw.optional.arm.FEAT_DotProd", &has, &bytes, NULL, 0) == 0 && has;
#elif defined(_WIN32)
  /* PF_ARM_V82_DP_INSTRUCTIONS_AVAILABLE */
  return IsProcessorFeaturePresent(43);
#else
  return false;
#endif
}

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_prepare_token(x, inputs, token);
}

/** Of rows `first` to first + 3. */
typedef struct scales128 {
  float32x4_t scale[2];
  float32x4_t minimum;
} scales128;

GB_INLINE float32x4_t halves(const uint8_t *bytes) {
  return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(bytes)));
}

/** Four bytes from `bytes` on; the sixteen of a panel are read whole. */
GB_INLINE float32x4_t factors(const uint8_t *sixteen, const int first, bool has_sign) {
  int32_t values[4];
  for (int i = 0; i < 4; i++) values[i] = has_sign ? (int8_t)sixteen[first + i] : sixteen[first + i];
  return vcvtq_f32_s32(vld1q_s32(values));
}

GB_INLINE scales128 read_scales(const gb_scales kind, const uint8_t *scales, int64_t block, const int first) {
  const float32x4_t zero = vdupq_n_f32(0);
  scales128 s = {{zero, zero}, zero};
  switch (kind) {
  case GB_HALF_SCALES:
    s.scale[0] = halves(scales + block * 32 + first * 2);
    break;
  case GB_HALF_SCALES_AND_MINIMA:
    s.scale[0] = halves(scales + block * 64 + first * 2);
    s.minimum = halves(scales + block * 64 + 32 + first * 2);
    break;
  case GB_FACTORS_AND_MINIMA: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_MINIMA_SUPER_BYTES;
    const uint8_t *bytes = super + 64 + block % GB_SUPER_BLOCKS * 32;
    s.scale[0] = vmulq_f32(halves(super + first * 2), factors(bytes, first, false));
    s.minimum = vnegq_f32(vmulq_f32(halves(super + 32 + first * 2), factors(bytes + 16, first, false)));
    break;
  }
  case GB_FACTORS_OF_16: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
    const uint8_t *bytes = super + 32 + block % GB_SUPER_BLOCKS * 32;
    const float32x4_t scale = halves(super + first * 2);
    s.scale[0] = vmulq_f32(scale, factors(bytes, first, true));
    s.scale[1] = vmulq_f32(scale, factors(bytes + 16, first, true));
    break;
  }
  }
  return s;
}

/** A block's parts of a token as vectors: each lane of 32 bits meets one group of columns. */
typedef struct token_parts {
  int8x16_t high[2];
  int8x16_t low[2];
} token_parts;

/** 16 * high + low of four rows and four groups; `codes[group]` are the rows' codes around 0. */
GB_INLINE int32x4_t dot(const int8x16_t codes[4], int8x16_t high_parts, int8x16_t low_parts) {
  int32x4_t high = vdupq_n_s32(0), low = vdupq_n_s32(0);
  high = vdotq_laneq_s32(high, codes[0], high_parts, 0);
  low = vdotq_laneq_s32(low, codes[0], low_parts, 0);
  high = vdotq_laneq_s32(high, codes[1], high_parts, 1);
  low = vdotq_laneq_s32(low, codes[1], low_parts, 1);
  high = vdotq_laneq_s32(high, codes[2], high_parts, 2);
  low = vdotq_laneq_s32(low, codes[2], low_parts, 2);
  high = vdotq_laneq_s32(high, codes[3], high_parts, 3);
  low = vdotq_laneq_s32(low, codes[3], low_parts, 3);
  return vaddq_s32(vshlq_n_s32(high, 4), low);
}

GB_INLINE float32x4_t accumulate(int32x4_t codes, float32x4_t scale, float input_scale, float32x4_t sum) {
  return vfmaq_f32(sum, vcvtq_f32_s32(codes), vmulq_n_f32(scale, input_scale));
}

GB_INLINE void multiply(const gb_job *job, int64_t panel_index, int64_t token, const int code_bits,
                        const gb_scales kind) {
  const gb_prepared *inputs = &job->inputs;
  const uint8_t *panel = gb_panel(job, panel_index);
  const uint8_t *scales = gb_panel_scales(job, panel);
  const int64_t first_token = token / GB_TOKEN_GROUP * GB_TOKEN_GROUP;
  const int64_t step = gb_group_tokens(inputs->tokens, first_token);
  const int8x16_t centre = vdupq_n_s8((int8_t)job->form->centre);
  const uint8x16_t nibble = vdupq_n_u8(15);
  int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, 0);
  float32x4_t sums[4];
  for (int quarter = 0; quarter < 4; quarter++) sums[quarter] = vdupq_n_f32(0);
  for (int64_t block = 0; block < inputs->blocks; block++, at += step) {
    const uint8_t *block_codes = panel + block * code_bits * GB_GROUP_BYTES;
    const int8_t *parts = inputs->parts + at * GB_PARTS_BYTES;
    const token_parts token_parts = {{vld1q_s8(parts), vld1q_s8(parts + 16)},
                                     {vld1q_s8(parts + 32), vld1q_s8(parts + 48)}};
    for (int quarter = 0; quarter < 4; quarter++) {
      int8x16_t codes[2][4];
      for (int group = 0; group < 4; group++) {
        const uint8x16_t bytes = vld1q_u8(block_codes + group * GB_GROUP_BYTES + quarter * 16);
        const uint8x16_t first = code_bits == 4 ? vandq_u8(bytes, nibble) : bytes;
        const uint8x16_t second = code_bits == 4
                                      ? vshrq_n_u8(bytes, 4)
                                      : vld1q_u8(block_codes + (group + 4) * GB_GROUP_BYTES + quarter * 16);
        codes[0][group] = vsubq_s8(vreinterpretq_s8_u8(first), centre);
        codes[1][group] = vsubq_s8(vreinterpretq_s8_u8(second), centre);
      }
      const int32x4_t left = dot(codes[0], token_parts.high[0], token_parts.low[0]);
      const int32x4_t right = dot(codes[1], token_parts.high[1], token_parts.low[1]);
      const scales128 s = read_scales(kind, scales, block, quarter * 4);
      float32x4_t sum = sums[quarter];
      if (kind == GB_FACTORS_OF_16) {
        sum = accumulate(left, s.scale[0], inputs->scales[at], sum);
        sum = accumulate(right, s.scale[1], inputs->scales[at], sum);
      } else {
        sum = accumulate(vaddq_s32(left, right), s.scale[0], inputs->scales[at], sum);
      }
      if (gb_has_minima(kind)) sum = vfmaq_n_f32(sum, s.minimum, inputs->sums[at]);
      sums[quarter] = sum;
    }
  }
  float stored[GB_PANEL_ROWS];
  for (int quarter = 0; quarter < 4; quarter++) vst1q_f32(stored + quarter * 4, sums[quarter]);
  gb_store(job, token, panel_index, stored);
}

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  for (int64_t panel = job->first_panel; panel < job->end_panel; panel++)
    for (int64_t token = 0; token < job->inputs.tokens; token++) multiply(job, panel, token, code_bits, kind);
}

static void product(const gb_job *job) { GB_MULTIPLY_AS_FORM(multiply_panels, job); }

const gb_kernel gb_neon_kernel = {"neon", is_usable, prepare_token, product};
#endif
