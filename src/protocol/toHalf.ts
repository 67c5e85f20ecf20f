const float = new Float32Array(1);
const bitsOf = new Uint32Array(float.buffer);

/** The bits of the IEEE 754 binary16 nearest to `value`, of two equally near the even one. */
export function toHalf(value: number): number {
  float[0] = value;
  const bits = bitsOf[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // From 65520 on the nearest half float is infinite.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 half floats are multiples of 2^-24, which is what adding 0.5 in single precision rounds to.
  if (magnitude < 0x38800000) {
    float[0] = Math.abs(value) + 0.5;
    return sign | ((bitsOf[0] ?? 0) - 0x3f000000);
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}
