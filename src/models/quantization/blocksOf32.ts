import { readHalf } from './halfFloat.ts';

/**
 * The types with blocks of 32 weights and one scale (and minimum) a block. Layouts: `block_q4_0` to
 * `block_q8_0` in ggml's `ggml-common.h`. 4-bit codes lie two to a byte: weight `i` of the first half in the low
 * nibble of byte `i`, weight `i + 16` in the high one. A product is rounded to binary32 before a minimum is added,
 * as in gguf-py; that makes results the same bits everywhere.
 */

const HALF_BLOCK = 16;

/** Q4_0: scale (f16), 16 bytes of codes 0..15. weight = scale * (code - 8) */
export function decodeQ4_0(bytes: Uint8Array, weights: Float32Array): void {
  for (let at = 0, out = 0; out < weights.length; at += 18, out += 32) {
    const scale = readHalf(bytes, at);
    for (let i = 0; i < HALF_BLOCK; i++) {
      const codes = bytes[at + 2 + i] ?? 0;
      weights[out + i] = scale * ((codes & 0xf) - 8);
      weights[out + HALF_BLOCK + i] = scale * ((codes >> 4) - 8);
    }
  }
}

/** Q4_1: scale (f16), minimum (f16), 16 bytes of codes 0..15. weight = scale * code + minimum */
export function decodeQ4_1(bytes: Uint8Array, weights: Float32Array): void {
  for (let at = 0, out = 0; out < weights.length; at += 20, out += 32) {
    const scale = readHalf(bytes, at);
    const minimum = readHalf(bytes, at + 2);
    for (let i = 0; i < HALF_BLOCK; i++) {
      const codes = bytes[at + 4 + i] ?? 0;
      weights[out + i] = Math.fround(scale * (codes & 0xf)) + minimum;
      weights[out + HALF_BLOCK + i] = Math.fround(scale * (codes >> 4)) + minimum;
    }
  }
}

/** Q5_0: scale (f16), 4 bytes with bit `i` the fifth bit of weight `i`, 16 bytes of low bits. scale * (code - 16) */
export function decodeQ5_0(bytes: Uint8Array, weights: Float32Array): void {
  for (let at = 0, out = 0; out < weights.length; at += 22, out += 32) {
    const scale = readHalf(bytes, at);
    for (let i = 0; i < HALF_BLOCK; i++) {
      const codes = bytes[at + 6 + i] ?? 0;
      weights[out + i] = scale * (((codes & 0xf) | fifthBit(bytes, at + 2, i)) - 16);
      weights[out + HALF_BLOCK + i] = scale * (((codes >> 4) | fifthBit(bytes, at + 2, i + HALF_BLOCK)) - 16);
    }
  }
}

/** Q5_1: scale (f16), minimum (f16), fifth bits and low bits as in Q5_0. weight = scale * code + minimum */
export function decodeQ5_1(bytes: Uint8Array, weights: Float32Array): void {
  for (let at = 0, out = 0; out < weights.length; at += 24, out += 32) {
    const scale = readHalf(bytes, at);
    const minimum = readHalf(bytes, at + 2);
    for (let i = 0; i < HALF_BLOCK; i++) {
      const codes = bytes[at + 8 + i] ?? 0;
      const low = (codes & 0xf) | fifthBit(bytes, at + 4, i);
      const high = (codes >> 4) | fifthBit(bytes, at + 4, i + HALF_BLOCK);
      weights[out + i] = Math.fround(scale * low) + minimum;
      weights[out + HALF_BLOCK + i] = Math.fround(scale * high) + minimum;
    }
  }
}

/** Q8_0: scale (f16), 32 signed bytes. weight = scale * code */
export function decodeQ8_0(bytes: Uint8Array, weights: Float32Array): void {
  const codes = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0, out = 0; out < weights.length; at += 34, out += 32) {
    const scale = readHalf(bytes, at);
    for (let i = 0; i < 32; i++) weights[out + i] = scale * (codes[at + 2 + i] ?? 0);
  }
}

/** The fifth bit of weight `i`, in its place. */
function fifthBit(bytes: Uint8Array, at: number, i: number): number {
  return (((bytes[at + (i >> 3)] ?? 0) >> (i & 7)) & 1) << 4;
}
