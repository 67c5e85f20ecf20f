/** A step of a multiplicative hash, as MurmurHash3's end (Appleby, public domain) does. */
export function mixed(hash: number, value: number): number {
  const mixing = Math.imul(hash ^ value, 0x85ebca6b);
  return mixing ^ (mixing >>> 13);
}

/** @returns 32 bits, signed: V8 keeps such integers without memory of their own */
export function ended(hash: number): number {
  const mixing = Math.imul(hash, 0xc2b2ae35);
  return mixing ^ (mixing >>> 16);
}
