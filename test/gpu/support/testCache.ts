import { CACHE_BLOCK, cacheCodeBits, type CacheType } from '../../../native/kernels/cacheType.ts';
import { HALF_FLOATS } from '../../../src/models/quantization/halfFloat.ts';
import { halfBits } from '../../support/ggufQuantize.ts';
import type { KernelBench } from './kernelBench.ts';

/** Numbers as a cache of the type holds them; whole blocks where it has some. */
export function asStored(type: CacheType, values: Float32Array): Float32Array {
  const bits = cacheCodeBits(type);
  if (bits !== undefined) return fromBlocks(toBlocks(values, bits), bits);
  return type === 'f32' ? values : values.map((value) => HALF_FLOATS[halfBits(value)] ?? 0);
}

/** Puts numbers that the type holds (`asStored`) into the cache from number `offset` on. */
export function writeCache(bench: KernelBench, type: CacheType, values: Float32Array, offset: number): void {
  const bits = cacheCodeBits(type);
  if (bits !== undefined) bench.write('cache', toBlocks(values, bits), wordOf(offset, bits));
  else if (type === 'f32') bench.write('cache', values, offset);
  else bench.write('cache', Uint16Array.from(values, halfBits), offset);
}

/** `length` numbers of the cache; both even for halves, of whole blocks for codes. */
export async function readCache(
  bench: KernelBench,
  type: CacheType,
  offset: number,
  length: number,
): Promise<Float32Array> {
  const bits = cacheCodeBits(type);
  if (bits !== undefined)
    return fromBlocks(await bench.words('cache', wordOf(offset, bits), wordOf(length, bits)), bits);
  if (type === 'f32') return bench.floats('cache', offset, length);
  const words = await bench.words('cache', offset / 2, length / 2);
  return Float32Array.from(new Uint16Array(words.buffer), (half) => HALF_FLOATS[half] ?? 0);
}

/**
 * How far what is stored may be from a value of these, which share blocks: half a step, and what rounding scale and minimum to
 * halves (either way, which WGSL allows) puts beyond the last code: a unit in the last place of the minimum, and of the
 * range. A step is a range's share, rounded up by as much; subnormal halves are 2^-24 apart.
 */
export function codeBounds(type: CacheType, values: ArrayLike<number>): Float64Array {
  const bits = cacheCodeBits(type);
  if (bits === undefined) throw new RangeError(`A cache of ${type} has no codes.`);
  const largest = 2 ** bits - 1;
  return Float64Array.from(values, (_, index) => {
    const first = index - (index % CACHE_BLOCK);
    const block = Array.from({ length: CACHE_BLOCK }, (__, i) => values[first + i] ?? NaN);
    const [least, most] = [Math.min(...block), Math.max(...block)];
    const lost = (Math.abs(least) + most - least) * 2 ** -10 + (1 + largest) * 2 ** -24;
    return (most - least) / largest / 2 + lost;
  });
}

function wordOf(offset: number, bits: number): number {
  return (offset / CACHE_BLOCK) * (1 + (CACHE_BLOCK * bits) / 32);
}

/** As parts/cacheQuantized.wgsl lays them out. */
function toBlocks(values: Float32Array, bits: number): Uint32Array {
  const words = new Uint32Array(wordOf(values.length, bits));
  for (let first = 0; first < values.length; first += CACHE_BLOCK) {
    const block = values.subarray(first, first + CACHE_BLOCK);
    const [least, most] = [Math.min(...block), Math.max(...block)];
    const line = [halfBits((most - least) / (2 ** bits - 1)), halfBits(least)] as const;
    const [scale, minimum] = line.map((half) => HALF_FLOATS[half] ?? 0) as [number, number];
    const at = wordOf(first, bits);
    words[at] = line[0] | (line[1] << 16);
    block.forEach((value, index) => {
      const code = scale > 0 ? Math.round((value - minimum) / scale) : 0;
      const place = at + 1 + Math.floor((index * bits) / 32);
      const clamped = Math.min(Math.max(code, 0), 2 ** bits - 1);
      words[place] = (words[place] ?? 0) | (clamped << ((index * bits) % 32));
    });
  }
  return words;
}

function fromBlocks(words: Uint32Array, bits: number): Float32Array {
  const blockWords = 1 + (CACHE_BLOCK * bits) / 32;
  return Float32Array.from({ length: (words.length / blockWords) * CACHE_BLOCK }, (_, index) => {
    const at = Math.floor(index / CACHE_BLOCK) * blockWords;
    const inBlock = (index % CACHE_BLOCK) * bits;
    const line = words[at] ?? 0;
    const code = ((words[at + 1 + Math.floor(inBlock / 32)] ?? 0) >>> (inBlock % 32)) & (2 ** bits - 1);
    return (HALF_FLOATS[line & 0xffff] ?? 0) * code + (HALF_FLOATS[line >>> 16] ?? 0);
  });
}
