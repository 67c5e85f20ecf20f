import { expect, test } from 'vitest';
import { BLOCK_TYPES, planeSizes } from '../../../../native/kernels/blockType.ts';
import { repackBlocks } from '../../../../native/kernels/repackBlocks.ts';
import { shardedMatrix } from '../../../../native/kernels/shardedMatrix.ts';
import { GpuError } from '../../../../native/webgpu/errors.ts';
import { quantize } from '../../../support/ggufQuantize.ts';
import { Random } from '../../../support/random.ts';

test.each(BLOCK_TYPES)('four rows of %s take whole words, as many as are repacked', (type) => {
  // An odd number of the type's blocks a row.
  const columns = 3 * planeSizes(type).rowMultiple;
  const { grainQuantBytes, grainScaleBytes, grainHighBytes } = shardedMatrix('m', type, 4, columns);
  const planes = repackBlocks(type, quantize(type, new Random(3).normals(4 * columns, 1)));
  expect(grainQuantBytes % 16).toBe(0);
  expect(grainQuantBytes).toBe(planes.quants.byteLength);
  expect(grainScaleBytes).toBe(planes.scales.byteLength);
  expect(grainHighBytes).toBe(planes.high.byteLength);
});

test('rows that are no whole blocks are refused by name', () => {
  expect(() => shardedMatrix('layer.0.query', 'Q4_K', 8, 128)).toThrow(
    /layer\.0\.query .* 128 .* Q4_K .* 256/,
  );
  expect(() => shardedMatrix('layer.0.query', 'F32', 8, 20)).toThrow(GpuError);
});

test('experts of rows that no workgroup divides are refused', () => {
  expect(() => shardedMatrix('experts', 'Q4_0', 60, 64, 6)).toThrow(/6 rows/);
});
