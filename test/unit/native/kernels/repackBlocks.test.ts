import { expect, test } from 'vitest';
import { BLOCK_TYPES, planeSizes } from '../../../../native/kernels/blockType.ts';
import { repackBlocks } from '../../../../native/kernels/repackBlocks.ts';
import { blockLayout } from '../../../../src/models/quantization/blockLayout.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import { quantize } from '../../../support/ggufQuantize.ts';
import { Random } from '../../../support/random.ts';

test('there is a form for every type that model files have', () => {
  expect([...BLOCK_TYPES].sort()).toEqual([...QUANTIZATION_TYPES].sort());
});

test.each(BLOCK_TYPES)('%s takes what its sizes say, and as much in the file', (type) => {
  const sizes = planeSizes(type);
  expect(sizes.fileBytes).toBe((256 / blockLayout(type).values) * blockLayout(type).bytes);
  const planes = repackBlocks(type, quantize(type, new Random(1).normals(512, 1)));
  expect(planes.quants).toHaveLength(2 * sizes.quants);
  expect(planes.scales).toHaveLength(2 * sizes.scales);
  expect(planes.high).toHaveLength(2 * sizes.high);
});

test.each(BLOCK_TYPES)('%s takes at most a tenth more than in the file', (type) => {
  const { quants, scales, high, fileBytes } = planeSizes(type);
  expect((quants + scales + high) * 4).toBeLessThanOrEqual(1.1 * fileBytes);
});

test('a last half scale without a neighbour has a word of its own', () => {
  const planes = repackBlocks('Q4_0', quantize('Q4_0', new Random(2).normals(96, 1)));
  expect(planes.scales).toHaveLength(2);
  expect((planes.scales[1] ?? 0) >>> 16).toBe(0);
});

test('half a block is refused', () => {
  expect(() => repackBlocks('Q4_0', new Uint8Array(20))).toThrow(/20 bytes .* Q4_0/);
});
