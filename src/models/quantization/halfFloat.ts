/**
 * Every IEEE 754 binary16 value as a binary32, indexed by its 16 bits. All are exact in binary32. A table, because
 * each block of weights holds one or two and models hold millions of blocks.
 */
export const HALF_FLOATS: Float32Array = Float32Array.from({ length: 0x10000 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
});

/** The half float stored little-endian at `at`. */
export function readHalf(bytes: Uint8Array, at: number): number {
  return HALF_FLOATS[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0;
}
