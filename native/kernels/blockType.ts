/** The types of weights that kernels read: those of GGUF files. */
export const BLOCK_TYPES = [
  'F32',
  'F16',
  'BF16',
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q4_K',
  'Q5_K',
  'Q6_K',
] as const;
export type BlockType = (typeof BLOCK_TYPES)[number];

/**
 * What 256 weights take in the GPU's buffers, in 32-bit words, and in the file, in bytes. Types with blocks of 32 take an
 * eighth for each; a row is a whole number of the type's blocks.
 */
export interface PlaneSizes {
  readonly quants: number;
  readonly scales: number;
  readonly high: number;
  readonly fileBytes: number;
  /** Weights of a row come in multiples of this. */
  readonly rowMultiple: 32 | 256;
}

const SIZES: Readonly<Record<BlockType, PlaneSizes>> = {
  F32: { quants: 256, scales: 0, high: 0, fileBytes: 1024, rowMultiple: 32 },
  F16: { quants: 128, scales: 0, high: 0, fileBytes: 512, rowMultiple: 32 },
  BF16: { quants: 128, scales: 0, high: 0, fileBytes: 512, rowMultiple: 32 },
  Q4_0: { quants: 32, scales: 4, high: 0, fileBytes: 8 * 18, rowMultiple: 32 },
  Q4_1: { quants: 32, scales: 8, high: 0, fileBytes: 8 * 20, rowMultiple: 32 },
  Q5_0: { quants: 32, scales: 4, high: 8, fileBytes: 8 * 22, rowMultiple: 32 },
  Q5_1: { quants: 32, scales: 8, high: 8, fileBytes: 8 * 24, rowMultiple: 32 },
  Q8_0: { quants: 64, scales: 4, high: 0, fileBytes: 8 * 34, rowMultiple: 32 },
  Q4_K: { quants: 32, scales: 4, high: 0, fileBytes: 144, rowMultiple: 256 },
  Q5_K: { quants: 32, scales: 4, high: 8, fileBytes: 176, rowMultiple: 256 },
  Q6_K: { quants: 32, scales: 5, high: 16, fileBytes: 210, rowMultiple: 256 },
};

export function planeSizes(type: BlockType): PlaneSizes {
  return SIZES[type];
}
