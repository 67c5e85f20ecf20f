/*
 * AVX2, FMA and F16C: one or two tokens and a panel at a time, eight rows to a vector. vpmaddubsw multiplies unsigned by
 * signed bytes and adds pairs into 16 bits, which must not overflow:
 *
 *   nibbles  at most 15 * 127 * 2 a group, times 8 groups: 30,480. A block's sums stay in 16 bits.
 *   bytes    the magnitude of code - centre, at most 128, with the sign given to the input: 128 * 127 * 2 = 32,512.
 *            Pairs are widened group by group.
 */
#include "kernel.h"

#if defined(__x86_64__)
#include "for_each_form.h"
#include "half.h"
#include "prepare_block.h"
#include "x86.h"

#include <immintrin.h>

#define GB_INLINE static inline __attribute__((always_inline))

static bool is_usable(void) { return gb_detect_x86().avx2; }

static void prepare_token(const float *x, const gb_prepared *inputs, int64_t token) {
  gb_prepare_token(x, inputs, token);
}

#define MAX_TOGETHER 2
/** As in kernel_avx512vnni.c. */
#define AHEAD_BYTES 4096

typedef struct scales256 {
  __m256 scale[2];
  __m256 minimum;
} scales256;

GB_INLINE __m256 halves(const uint8_t *bytes) {
  return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)bytes));
}

GB_INLINE __m256 factors(const uint8_t *bytes, bool has_sign) {
  const __m128i eight = _mm_loadl_epi64((const __m128i *)(const void *)bytes);
  return _mm256_cvtepi32_ps(has_sign ? _mm256_cvtepi8_epi32(eight) : _mm256_cvtepu8_epi32(eight));
}

/** Of rows `first` (0 or 8) to first + 7. */
GB_INLINE scales256 read_scales(const gb_scales kind, const uint8_t *scales, int64_t block, const int first) {
  scales256 s = {{_mm256_setzero_ps(), _mm256_setzero_ps()}, _mm256_setzero_ps()};
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
    const uint8_t *bytes = super + 64 + block % GB_SUPER_BLOCKS * 32 + first;
    s.scale[0] = _mm256_mul_ps(halves(super + first * 2), factors(bytes, false));
    s.minimum = _mm256_xor_ps(_mm256_set1_ps(-0.0f),
                              _mm256_mul_ps(halves(super + 32 + first * 2), factors(bytes + 16, false)));
    break;
  }
  case GB_FACTORS_OF_16: {
    const uint8_t *super = scales + block / GB_SUPER_BLOCKS * GB_16_SUPER_BYTES;
    const uint8_t *bytes = super + 32 + block % GB_SUPER_BLOCKS * 32 + first;
    const __m256 scale = halves(super + first * 2);
    s.scale[0] = _mm256_mul_ps(scale, factors(bytes, true));
    s.scale[1] = _mm256_mul_ps(scale, factors(bytes + 16, true));
    break;
  }
  }
  return s;
}

GB_INLINE __m256i broadcast(const int8_t *four) {
  int32_t word;
  memcpy(&word, four, sizeof word);
  return _mm256_set1_epi32(word);
}

/** 16 * high + low of eight rows, 32 columns of nibbles. */
GB_INLINE __m256i dot_nibbles(const uint8_t *codes, const int8_t *parts) {
  const __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (int group = 0; group < 4; group++) {
    const __m256i both = _mm256_loadu_si256((const __m256i *)(const void *)(codes + group * GB_GROUP_BYTES));
    const __m256i first = _mm256_and_si256(both, nibble);
    const __m256i second = _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble);
    high = _mm256_add_epi16(high, _mm256_maddubs_epi16(first, broadcast(parts + group * 4)));
    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(first, broadcast(parts + GB_BLOCK + group * 4)));
    high = _mm256_add_epi16(high, _mm256_maddubs_epi16(second, broadcast(parts + 16 + group * 4)));
    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(second, broadcast(parts + GB_BLOCK + 16 + group * 4)));
  }
  return _mm256_add_epi32(_mm256_slli_epi32(_mm256_madd_epi16(high, ones), 4), _mm256_madd_epi16(low, ones));
}

/** The same of eight rows and four groups of bytes. */
GB_INLINE __m256i dot_bytes(const uint8_t *codes, const int8_t *parts, __m256i centre) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i high = _mm256_setzero_si256(), low = _mm256_setzero_si256();
  for (int group = 0; group < 4; group++) {
    const __m256i code = _mm256_sub_epi8(
        _mm256_loadu_si256((const __m256i *)(const void *)(codes + group * GB_GROUP_BYTES)), centre);
    const __m256i magnitude = _mm256_abs_epi8(code);
    const __m256i high_parts = _mm256_sign_epi8(broadcast(parts + group * 4), code);
    const __m256i low_parts = _mm256_sign_epi8(broadcast(parts + GB_BLOCK + group * 4), code);
    high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, high_parts), ones));
    low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_maddubs_epi16(magnitude, low_parts), ones));
  }
  return _mm256_add_epi32(_mm256_slli_epi32(high, 4), low);
}

GB_INLINE __m256 accumulate(__m256i codes, __m256 scale, float input_scale, __m256 sum) {
  return _mm256_fmadd_ps(_mm256_cvtepi32_ps(codes), _mm256_mul_ps(scale, _mm256_set1_ps(input_scale)), sum);
}

/** `count` tokens of one group from `token` on, with one panel. */
GB_INLINE void multiply(const gb_job *job, int64_t panel_index, int64_t token, const int count, const int code_bits,
                        const gb_scales kind) {
  const gb_prepared *inputs = &job->inputs;
  const uint8_t *panel = gb_panel(job, panel_index);
  const uint8_t *scales = gb_panel_scales(job, panel);
  const int64_t first = token / GB_TOKEN_GROUP * GB_TOKEN_GROUP;
  const int64_t step = gb_group_tokens(inputs->tokens, first);
  const int64_t bytes_each = job->panel_bytes / inputs->blocks;
  const int32_t centre = job->form->centre;
  const __m256i byte_centre = _mm256_set1_epi8((char)centre);
  int64_t at = gb_input_index(inputs->tokens, inputs->blocks, token, 0);
  __m256 sums[MAX_TOGETHER][2];
  for (int t = 0; t < count; t++) sums[t][0] = sums[t][1] = _mm256_setzero_ps();
  for (int64_t block = 0; block < inputs->blocks; block++, at += step) {
    const uint8_t *codes = panel + block * code_bits * GB_GROUP_BYTES;
    for (int64_t line = 0; line < code_bits * GB_GROUP_BYTES + 64; line += 64)
      _mm_prefetch((const char *)panel + block * bytes_each + AHEAD_BYTES + line, _MM_HINT_T0);
    for (int half = 0; half < 2; half++) {
      const scales256 s = read_scales(kind, scales, block, half * 8);
      const uint8_t *rows = codes + half * 32;
      for (int t = 0; t < count; t++) {
        const int8_t *parts = inputs->parts + (at + t) * GB_PARTS_BYTES;
        const float input_scale = inputs->scales[at + t];
        const int32_t *code_sums = inputs->codes + (at + t) * 2;
        __m256 sum = sums[t][half];
        if (code_bits == 4) {
          const __m256i off = _mm256_set1_epi32(centre * (code_sums[0] + code_sums[1]));
          sum = accumulate(_mm256_sub_epi32(dot_nibbles(rows, parts), off), s.scale[0], input_scale, sum);
        } else {
          const __m256i left = dot_bytes(rows, parts, byte_centre);
          const __m256i right = dot_bytes(rows + 4 * GB_GROUP_BYTES, parts + 16, byte_centre);
          if (kind == GB_FACTORS_OF_16) {
            sum = accumulate(left, s.scale[0], input_scale, sum);
            sum = accumulate(right, s.scale[1], input_scale, sum);
          } else {
            sum = accumulate(_mm256_add_epi32(left, right), s.scale[0], input_scale, sum);
          }
        }
        if (gb_has_minima(kind)) sum = _mm256_fmadd_ps(s.minimum, _mm256_set1_ps(inputs->sums[at + t]), sum);
        sums[t][half] = sum;
      }
    }
  }
  for (int t = 0; t < count; t++) {
    float stored[GB_PANEL_ROWS];
    _mm256_storeu_ps(stored, sums[t][0]);
    _mm256_storeu_ps(stored + 8, sums[t][1]);
    gb_store(job, token + t, panel_index, stored);
  }
}

GB_INLINE void multiply_panels(const gb_job *job, const int code_bits, const gb_scales kind) {
  const int64_t tokens = job->inputs.tokens;
  for (int64_t panel = job->first_panel; panel < job->end_panel; panel++) {
    int64_t token = 0;
    for (; token + 2 <= tokens; token += 2) multiply(job, panel, token, 2, code_bits, kind);
    if (token < tokens) multiply(job, panel, token, 1, code_bits, kind);
  }
}

static void product(const gb_job *job) { GB_MULTIPLY_AS_FORM(multiply_panels, job); }

const gb_kernel gb_avx2_kernel = {"avx2", is_usable, prepare_token, product};
#endif
