/** Arrays of this length are slow to compare value by value. */
export function haveSameBits(
  found: Float32Array | Uint16Array,
  expected: Float32Array | Uint16Array,
): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
    new Uint8Array(buffer, byteOffset, byteLength);
  return Buffer.compare(bytes(found), bytes(expected)) === 0;
}
