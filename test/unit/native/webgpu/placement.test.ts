import { expect, test } from 'vitest';
import { GpuError } from '../../../../native/webgpu/errors.ts';
import { placeRegions } from '../../../../native/webgpu/placeRegions.ts';
import { planKvCache } from '../../../../native/webgpu/planKvCache.ts';

test('regions lie one behind the other, each aligned', () => {
  expect(placeRegions({ stream: 5, normed: 4, logits: 1 }, 4)).toEqual({
    offsets: { stream: 0, normed: 8, logits: 12 },
    size: 16,
  });
});

test('layers share a buffer while they fit, and each lies in one', () => {
  // 8 numbers for keys and 8 for values, 10 tokens, halves: 320 bytes a layer.
  const { buffers, layers } = planKvCache(
    [
      [8, 8],
      [8, 8],
      [8, 8],
    ],
    10,
    2,
    700,
  );
  expect(buffers).toEqual([640, 320]);
  expect(layers).toEqual([
    { buffer: 0, offsets: [0, 80] },
    { buffer: 0, offsets: [160, 240] },
    { buffer: 1, offsets: [0, 80] },
  ]);
});

test('layers of latent attention have one part', () => {
  expect(planKvCache([[36], [8, 8]], 4, 4, 1000).layers).toEqual([
    { buffer: 0, offsets: [0] },
    { buffer: 0, offsets: [144, 176] },
  ]);
});

test('a context too long for one layer in a buffer is an error that says what to do', () => {
  expect(() => planKvCache([[8, 8]], 1000, 2, 700)).toThrow(GpuError);
  expect(() => planKvCache([[8, 8]], 1000, 2, 700)).toThrow(/smaller context/);
});
