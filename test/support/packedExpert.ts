import type { ExpertCrew, ExpertShape } from '../../native/cpu/experts.ts';
import type { PackedType } from '../../native/cpu/library.ts';
import { randomBlocks } from './randomBlocks.ts';
import type { Random } from './random.ts';
import { blockLayout } from '../../src/models/quantization/blockLayout.ts';

/** Exponents of a half around 2^-7: sums of some hundred products then stay where the sigmoid is not flat. */
const MODERATE = { least: 6, most: 9 };

/** A random expert's packed gate, up and down: every code and factor among them. */
export function packedExpert(
  crew: Pick<ExpertCrew, 'library' | 'expertBytes'>,
  shape: ExpertShape,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const { gateType, downType, inner, width } = shape;
  const { library } = crew;
  const image = library.alignedBytes(crew.expertBytes(shape));
  const gateBytes = library.packedBytes(gateType, inner, width);
  const fill = (type: PackedType, rows: number, columns: number, at: number): void => {
    const packed = image.subarray(at, at + library.packedBytes(type, rows, columns));
    const blocks = (rows * columns) / blockLayout(type).values;
    library.pack(
      randomBlocks(type, blocks, random, type.endsWith('K') ? { least: 1, most: 5 } : MODERATE),
      { type, rows, columns, packed },
      { first: 0, end: rows },
    );
  };
  fill(gateType, inner, width, 0);
  fill(gateType, inner, width, gateBytes);
  fill(downType, width, inner, 2 * gateBytes);
  return image;
}
