import { readHalf } from './halfFloat.ts';

/**
 * The k-quants: super-blocks of 256 weights, whose sub-blocks' scales are themselves quantized. Layouts:
 * `block_q4_K`, `block_q5_K` and `block_q6_K` in ggml's `ggml-common.h`. Intermediate products are rounded to
 * binary32 as in gguf-py.
 */

/**
 * Q4_K: scale and minimum of the super-block (f16 each), 12 bytes of 6-bit scales and minima of 8 sub-blocks of 32,
 * 128 bytes of codes 0..15. weight = (scale * subScale) * code - (minimum * subMinimum)
 */
export function decodeQ4_K(bytes: Uint8Array, weights: Float32Array): void {
  for (let at = 0, out = 0; out < weights.length; at += 144, out += 256) {
    const scale = readHalf(bytes, at);
    const minimum = readHalf(bytes, at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const step = Math.fround(scale * subScale(bytes, at + 4, sub));
      const offset = Math.fround(minimum * subMinimum(bytes, at + 4, sub));
      // Sub-blocks lie in pairs: the even one in the low nibbles of 32 bytes, the odd one in the high ones.
      const codesAt = at + 16 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const code = ((bytes[codesAt + i] ?? 0) >> shift) & 0xf;
        weights[out + sub * 32 + i] = Math.fround(step * code) - offset;
      }
    }
  }
}

/** Q5_K: as Q4_K, with 32 bytes before the codes in which bit `s` of byte `i` is the fifth bit of weight `i` of sub-block `s`. */
export function decodeQ5_K(bytes: Uint8Array, weights: Float32Array): void {
  for (let at = 0, out = 0; out < weights.length; at += 176, out += 256) {
    const scale = readHalf(bytes, at);
    const minimum = readHalf(bytes, at + 2);
    for (let sub = 0; sub < 8; sub++) {
      const step = Math.fround(scale * subScale(bytes, at + 4, sub));
      const offset = Math.fround(minimum * subMinimum(bytes, at + 4, sub));
      const codesAt = at + 48 + (sub >> 1) * 32;
      const shift = (sub & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const low = ((bytes[codesAt + i] ?? 0) >> shift) & 0xf;
        const fifth = (((bytes[at + 16 + i] ?? 0) >> sub) & 1) << 4;
        weights[out + sub * 32 + i] = Math.fround(step * (low | fifth)) - offset;
      }
    }
  }
}

/**
 * Q6_K: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales of sub-blocks of 16, scale of the
 * super-block (f16). weight = (scale * subScale) * (code - 32)
 */
export function decodeQ6_K(bytes: Uint8Array, weights: Float32Array): void {
  const scales = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0, out = 0; out < weights.length; at += 210, out += 256) {
    const scale = readHalf(bytes, at + 208);
    for (let i = 0; i < 256; i++) {
      // Halves of 128 weights, each of four quarters of 32: low nibbles are shared by quarters 0 and 2 and by 1 and
      // 3, high pairs by all four.
      const half = i >> 7;
      const quarter = (i >> 5) & 3;
      const lane = i & 31;
      const low = (bytes[at + half * 64 + (quarter & 1) * 32 + lane] ?? 0) >> ((quarter >> 1) * 4);
      const high = (bytes[at + 128 + half * 32 + lane] ?? 0) >> (quarter * 2);
      const code = (low & 0xf) | ((high & 3) << 4);
      const step = Math.fround(scale * (scales[at + 192 + (i >> 4)] ?? 0));
      weights[out + i] = step * (code - 32);
    }
  }
}

/**
 * The 6-bit scale of sub-block `sub` of Q4_K and Q5_K, from the 12 bytes at `at`: bytes 0 to 3 hold scales 0 to 3,
 * and the upper two bits of scales 4 to 7, whose lower four are the low nibbles of bytes 8 to 11.
 */
export function subScale(bytes: Uint8Array, at: number, sub: number): number {
  return sixBits(bytes, at, sub, 0);
}

/** The 6-bit minimum: as the scale, from bytes 4 to 7 and the high nibbles of bytes 8 to 11. */
export function subMinimum(bytes: Uint8Array, at: number, sub: number): number {
  return sixBits(bytes, at, sub, 4);
}

function sixBits(bytes: Uint8Array, at: number, sub: number, shift: 0 | 4): number {
  if (sub < 4) return (bytes[at + shift + sub] ?? 0) & 0x3f;
  const low = ((bytes[at + 4 + sub] ?? 0) >> shift) & 0xf;
  return low | (((bytes[at + shift + sub - 4] ?? 0) >> 6) << 4);
}
