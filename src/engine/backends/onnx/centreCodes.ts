import type { BlockRepresentation } from './representation.ts';
import type { UnpackedBlocks } from './unpackBlocks.ts';

/**
 * Moves the zero point of each block to the mean of its codes, and the block's minimum with it, so that the weights stay
 * what they are. `MatMulNBits` multiplies `scale * (code - zero point)` with activations rounded to 8 bits, the minimum
 * meets exact ones: what the rounding costs is in proportion to the squares of the former, and their sum is least
 * around the mean. (Around the middle of the codes it is a sixth larger for weights like SmolLM2's.)
 *
 * Eight-bit codes have room to be moved instead, around the zero point that MatMulNBits takes by itself.
 *
 * @param blocks of whole rows
 * @param zeroPoints of 4-bit codes, `[rows, ceil(blocksPerRow / 2)]` with two a byte, the first one in the low half
 */
export function centreCodes(
  blocks: UnpackedBlocks,
  zeroPoints: Uint8Array,
  { bits, blockSize }: BlockRepresentation,
  blocksPerRow: number,
): void {
  if (bits === 4) centreHalfBytes(blocks, zeroPoints, blockSize, blocksPerRow);
  else centreBytes(blocks, blockSize);
}

/** Bytes of the zero points of a row of 4-bit blocks. */
export function zeroPointBytes(blocksPerRow: number): number {
  return Math.ceil(blocksPerRow / 2);
}

function centreHalfBytes(
  { codes, scales, minima }: UnpackedBlocks,
  zeroPoints: Uint8Array,
  blockSize: number,
  blocksPerRow: number,
): void {
  const words = new Uint32Array(codes.buffer, codes.byteOffset, codes.byteLength >>> 2);
  const wordsPerBlock = blockSize / 8;
  zeroPoints.fill(0);
  for (let block = 0; block < scales.length; block++) {
    let sums = 0;
    for (let i = block * wordsPerBlock; i < (block + 1) * wordsPerBlock; i++) {
      const word = words[i] ?? 0;
      // Up to 8 codes of 15 in each byte.
      sums += (word & 0x0f0f0f0f) + ((word >>> 4) & 0x0f0f0f0f);
    }
    const zeroPoint = Math.round(sumOfBytes(sums) / blockSize);
    const row = Math.floor(block / blocksPerRow);
    const column = block - row * blocksPerRow;
    const at = row * zeroPointBytes(blocksPerRow) + (column >>> 1);
    zeroPoints[at] = (zeroPoints[at] ?? 0) | (zeroPoint << ((column & 1) * 4));
    minima[block] = (minima[block] ?? 0) + (scales[block] ?? 0) * (zeroPoint - 8);
  }
}

function centreBytes({ codes, scales, minima }: UnpackedBlocks, blockSize: number): void {
  const words = new Uint32Array(codes.buffer, codes.byteOffset, codes.byteLength >>> 2);
  const wordsPerBlock = blockSize / 4;
  for (let block = 0; block < scales.length; block++) {
    const first = block * wordsPerBlock;
    let sum = 0;
    for (let i = first; i < first + wordsPerBlock; i++) sum += sumOfBytes(words[i] ?? 0);
    // Codes of five bits lie between 112 and 143, so they stay within a byte wherever their mean is moved.
    const shift = 128 - Math.round(sum / blockSize);
    const shifts = Math.imul(Math.abs(shift), 0x01010101);
    for (let i = first; i < first + wordsPerBlock; i++) {
      words[i] = shift < 0 ? (words[i] ?? 0) - shifts : (words[i] ?? 0) + shifts;
    }
    minima[block] = (minima[block] ?? 0) - (scales[block] ?? 0) * shift;
  }
}

function sumOfBytes(word: number): number {
  const pairs = (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff);
  return (pairs & 0xffff) + (pairs >>> 16);
}
