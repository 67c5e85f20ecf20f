/** What keys, values and latents are kept in: floats, halves, or 8 or 4 bits with a scale and a minimum for each block. */
export type CacheType = 'f32' | 'f16' | 'q8' | 'q4';

/** Numbers of a row that share a scale and a minimum (parts/cacheQuantized.wgsl). */
export const CACHE_BLOCK = 32;

/** Bits of a code; undefined for a type without codes. */
export function cacheCodeBits(type: CacheType): number | undefined {
  switch (type) {
    case 'q8':
      return 8;
    case 'q4':
      return 4;
    case 'f16':
    case 'f32':
      return undefined;
    default:
      return type satisfies never;
  }
}

/** Fractions of a byte add up to whole words in each block. */
export function cacheBytesPerNumber(type: CacheType): number {
  const bits = cacheCodeBits(type);
  if (bits !== undefined) return (4 + (CACHE_BLOCK * bits) / 8) / CACHE_BLOCK;
  return type === 'f16' ? 2 : 4;
}

/** Whether rows of `numbers` can be kept in this type. */
export function cacheHolds(type: CacheType, numbers: number): boolean {
  return numbers % (cacheCodeBits(type) === undefined ? 4 : CACHE_BLOCK) === 0;
}
