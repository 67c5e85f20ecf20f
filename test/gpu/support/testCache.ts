import type { CacheType } from '../../../native/kernels/kernel.ts';
import { HALF_FLOATS } from '../../../src/models/quantization/halfFloat.ts';
import { halfBits } from '../../support/ggufQuantize.ts';
import type { KernelBench } from './kernelBench.ts';

/** Numbers as a cache of the type holds them. */
export function asStored(type: CacheType, values: Float32Array): Float32Array {
  return type === 'f32' ? values : values.map((value) => HALF_FLOATS[halfBits(value)] ?? 0);
}

/** Puts numbers into the cache from number `offset` on. */
export function writeCache(bench: KernelBench, type: CacheType, values: Float32Array, offset: number): void {
  if (type === 'f32') bench.write('cache', values, offset);
  else bench.write('cache', Uint16Array.from(values, halfBits), offset);
}

/** `length` numbers of the cache; both even for halves. */
export async function readCache(
  bench: KernelBench,
  type: CacheType,
  offset: number,
  length: number,
): Promise<Float32Array> {
  if (type === 'f32') return bench.floats('cache', offset, length);
  const words = await bench.words('cache', offset / 2, length / 2);
  return Float32Array.from(new Uint16Array(words.buffer), (half) => HALF_FLOATS[half] ?? 0);
}
