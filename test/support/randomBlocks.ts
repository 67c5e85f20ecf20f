import { blockLayout } from '../../src/models/quantization/blockLayout.ts';
import type { QuantizationType } from '../../src/models/weights.ts';
import type { Random } from './random.ts';

/** Places of the half floats of a block: random ones may be NaN. As in the docs of `unpackBlocks.ts`. */
const HALVES: Readonly<Partial<Record<QuantizationType, readonly number[]>>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

/** Biased exponents of a half: all that are finite and not subnormal. */
const FINITE_EXPONENTS = { least: 1, most: 30 };

/**
 * Blocks of random bits, every code and factor among them, under finite half floats of either sign.
 * @param exponents of the half floats, biased by 15
 */
export function randomBlocks(
  type: QuantizationType,
  count: number,
  random: Random,
  exponents = FINITE_EXPONENTS,
): Uint8Array<ArrayBuffer> {
  const { bytes: blockBytes } = blockLayout(type);
  const filled = new Uint8Array(Math.ceil((count * blockBytes) / 4) * 4);
  random.fill(filled);
  const blocks = filled.subarray(0, count * blockBytes);
  for (let block = 0; block < count; block++) {
    for (const at of HALVES[type] ?? []) {
      const exponent = exponents.least + random.below(exponents.most - exponents.least + 1);
      const half = (random.below(2) << 15) | (exponent << 10) | random.below(1024);
      blocks[block * blockBytes + at] = half & 0xff;
      blocks[block * blockBytes + at + 1] = half >> 8;
    }
  }
  return blocks;
}
