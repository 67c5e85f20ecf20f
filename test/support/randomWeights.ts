import { blockLayout } from '../../src/models/quantization/blockLayout.ts';
import type { QuantizationType } from '../../src/models/weights.ts';
import { halfBits } from './ggufQuantize.ts';
import type { Random } from './random.ts';

/**
 * Fills `bytes` with valid blocks of random weights, as fast as memory allows: random codes under scales that give
 * the wanted deviation. For models whose size matters and whose words do not.
 * @param bytes a whole number of blocks, 4-byte aligned
 */
export function fillWithRandomWeights(
  type: QuantizationType,
  bytes: Uint8Array,
  deviation: number,
  random: Random,
): void {
  random.fill(bytes);
  if (type === 'F32' || type === 'F16' || type === 'BF16') fixExponents(type, bytes, deviation);
  else fixScales(type, bytes, deviation);
}

type FloatType = 'F32' | 'F16' | 'BF16';

/** Random signs and fractions under one exponent: magnitudes spread evenly over a factor of two. */
function fixExponents(type: FloatType, bytes: Uint8Array, deviation: number): void {
  // The root mean square of an even spread from 1 to 2 is sqrt(7/3).
  const exponent = Math.round(Math.log2(deviation / Math.sqrt(7 / 3)));
  const twice = (bits: number): number => (bits << 16) | bits;
  const [keep, set] = {
    F32: [0x807fffff, (exponent + 127) << 23] as const,
    F16: [twice(0x83ff), twice((exponent + 15) << 10)] as const,
    BF16: [twice(0x807f), twice((exponent + 127) << 7)] as const,
  }[type];
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  for (let i = 0; i < words.length; i++) words[i] = ((words[i] ?? 0) & keep) | set;
}

/** What makes random codes of a type a block of weights around 0. */
interface BlockRecipe {
  /** Places of half floats, and what each is for a scale of 1. */
  readonly halves: readonly (readonly [at: number, factor: number])[];
  /** Bytes that hold the sub-blocks' scales, and their value. */
  readonly subScales?: { readonly from: number; readonly bytes: readonly number[] };
  /** Deviation of the weights for a scale of 1: that of even codes, times the sub-blocks' scale. */
  readonly deviation: number;
}

/** Deviation of numbers spread evenly over `count` steps of 1. */
const evenDeviation = (count: number): number => Math.sqrt((count * count - 1) / 12);
/** Sub-block scales and minima of 32 throughout, in the 6-bit packing of Q4_K and Q5_K. */
const SUB_SCALES_OF_32 = { from: 4, bytes: [160, 160, 160, 160, 160, 160, 160, 160, 0, 0, 0, 0] };

const RECIPES: Readonly<Record<Exclude<QuantizationType, FloatType>, BlockRecipe>> = {
  Q4_0: { halves: [[0, 1]], deviation: evenDeviation(16) },
  Q4_1: {
    halves: [
      [0, 1],
      [2, -7.5],
    ],
    deviation: evenDeviation(16),
  },
  Q5_0: { halves: [[0, 1]], deviation: evenDeviation(32) },
  Q5_1: {
    halves: [
      [0, 1],
      [2, -15.5],
    ],
    deviation: evenDeviation(32),
  },
  Q8_0: { halves: [[0, 1]], deviation: evenDeviation(256) },
  Q4_K: {
    halves: [
      [0, 1],
      [2, 7.5],
    ],
    subScales: SUB_SCALES_OF_32,
    deviation: 32 * evenDeviation(16),
  },
  Q5_K: {
    halves: [
      [0, 1],
      [2, 15.5],
    ],
    subScales: SUB_SCALES_OF_32,
    deviation: 32 * evenDeviation(32),
  },
  Q6_K: {
    halves: [[208, 1]],
    subScales: { from: 192, bytes: new Array<number>(16).fill(64) },
    deviation: 64 * evenDeviation(64),
  },
};

/** Blocks differ in scale, so that a backend that mixes them up is seen. */
const SCALE_VARIANTS = [0.7, 0.8, 0.9, 1, 1.05, 1.1, 1.2, 1.25];

function fixScales(type: Exclude<QuantizationType, FloatType>, bytes: Uint8Array, deviation: number): void {
  const { halves, subScales, deviation: unit } = RECIPES[type];
  const size = blockLayout(type).bytes;
  const variants = SCALE_VARIANTS.map((variant) =>
    halves.map(([at, factor]) => ({ at, bits: halfBits((variant * factor * deviation) / unit) })),
  );
  for (let block = 0; block < bytes.length; block += size) {
    // The random bits that the scale is about to replace choose it.
    const variant = variants[(bytes[block + (halves[0]?.[0] ?? 0)] ?? 0) & 7] ?? [];
    for (const { at, bits } of variant) {
      bytes[block + at] = bits & 0xff;
      bytes[block + at + 1] = bits >> 8;
    }
    if (subScales !== undefined) bytes.set(subScales.bytes, block + subScales.from);
  }
}
