import { HALF_FLOATS } from './halfFloat.ts';

/** F32: IEEE 754 binary32, little-endian, as are the hosts we run on. */
export function decodeF32(bytes: Uint8Array, weights: Float32Array): void {
  new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength).set(bytes);
}

/** F16: IEEE 754 binary16. */
export function decodeF16(bytes: Uint8Array, weights: Float32Array): void {
  for (let i = 0; i < weights.length; i++)
    weights[i] = HALF_FLOATS[(bytes[2 * i] ?? 0) | ((bytes[2 * i + 1] ?? 0) << 8)] ?? 0;
}

/** BF16: the upper half of a binary32. */
export function decodeBF16(bytes: Uint8Array, weights: Float32Array): void {
  const bits = new Uint32Array(weights.buffer, weights.byteOffset, weights.length);
  for (let i = 0; i < bits.length; i++)
    bits[i] = ((bytes[2 * i] ?? 0) << 16) | ((bytes[2 * i + 1] ?? 0) << 24);
}
