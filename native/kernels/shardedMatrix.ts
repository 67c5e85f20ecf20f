import { GpuError } from '../webgpu/errors.ts';
import type { ShardedMatrix } from '../webgpu/planShards.ts';
import { planeSizes, type BlockType } from './blockType.ts';

/**
 * What a matrix of a type takes on the GPU, for `planShards`.
 *
 * @param rows of all matrices of one stack, as of experts
 * @param grainRows that stay together: a multiple of 4, an expert's rows where they are chosen by index
 * @throws GpuError `unsupported` for rows that are no whole number of the type's blocks (of 32 for float types)
 */
export function shardedMatrix(
  name: string,
  type: BlockType,
  rows: number,
  columns: number,
  grainRows = 4,
): ShardedMatrix {
  const { quants, scales, high, rowMultiple } = planeSizes(type);
  if (columns % rowMultiple !== 0)
    throw new GpuError(
      'unsupported',
      `${name} has rows of ${String(columns)} weights; the GPU's kernels read ${type} in blocks of ${String(rowMultiple)}.`,
    );
  if (grainRows % 4 !== 0)
    throw new GpuError(
      'unsupported',
      `${name} has matrices of ${String(grainRows)} rows, which is no multiple of 4.`,
    );
  // Four rows have a whole number of words in each plane, whatever the type: 4 * 32 / 256 of an even number.
  const bytes = (words: number): number => ((grainRows * columns) / 256) * words * 4;
  return {
    name,
    rows,
    grainRows,
    grainQuantBytes: bytes(quants),
    grainScaleBytes: bytes(scales),
    grainHighBytes: bytes(high),
  };
}
