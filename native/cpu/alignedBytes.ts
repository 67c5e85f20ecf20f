/** Packed matrices and prepared inputs begin at multiples of this: `GB_ALIGNMENT` in glassbox_cpu.h. */
const ALIGNMENT_BYTES = 64;

/**
 * Zeroed memory that begins at a multiple of `ALIGNMENT_BYTES`. It does not move: an array buffer of this size lies outside
 * V8's heap.
 * @param addressOf the address of an array's memory
 */
export function alignedBytes(
  byteLength: number,
  addressOf: (array: Uint8Array) => bigint,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength + ALIGNMENT_BYTES);
  // V8 keeps small typed arrays inside its heap; asking for `buffer` moves their bytes out for good.
  void bytes.buffer;
  const beyond = Number(addressOf(bytes) % BigInt(ALIGNMENT_BYTES));
  const start = beyond === 0 ? 0 : ALIGNMENT_BYTES - beyond;
  return bytes.subarray(start, start + byteLength);
}
