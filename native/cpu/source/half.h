#ifndef GB_HALF_H
#define GB_HALF_H

#include <stdint.h>
#include <string.h>

/** An IEEE 754 binary16 as a binary32: always exact. */
static inline float gb_half(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1f;
  const uint32_t fraction = half & 0x3ff;
  uint32_t bits;
  if (exponent == 0) {
    /* Subnormal: a whole number of 2^-24. */
    const float magnitude = (float)fraction * 0x1p-24f;
    memcpy(&bits, &magnitude, sizeof bits);
    bits |= sign;
  } else if (exponent == 0x1f) {
    bits = sign | 0x7f800000u | fraction << 13;
    /* A signalling NaN becomes quiet, as the processors' own conversions make it. */
    if (fraction != 0) bits |= 0x00400000u;
  } else {
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  }
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint16_t gb_read_u16(const uint8_t *bytes) {
  uint16_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

static inline uint32_t gb_read_u32(const uint8_t *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

#endif
