import type { RowPlanes } from '../webgpu/weightBuffers.ts';
import { planeSizes, type BlockType } from './blockType.ts';

/**
 * Takes whole rows of a matrix apart for the GPU, without changing a weight: codes go where four invocations read 16 bytes
 * that lie together, scales and high bits beside them. What each plane holds is written in `parts/blocks<type>.wgsl`; the
 * file's own layouts are described in ggml's `ggml-common.h`.
 *
 * Rows whose half scales fill no whole word share one, so parts of a matrix are a multiple of 2 rows, or all of it.
 *
 * @param bytes whole blocks of the file's encoding, 4-byte aligned
 * @throws RangeError when they are not
 */
export function repackBlocks(type: BlockType, bytes: Uint8Array): RowPlanes {
  const sizes = planeSizes(type);
  const parts = (bytes.length / sizes.fileBytes) * (256 / sizes.rowMultiple);
  if (!Number.isInteger(parts))
    throw new RangeError(`${String(bytes.length)} bytes are not a whole number of ${type} blocks`);
  const scale = parts * (sizes.rowMultiple / 256);
  const planes = {
    quants: new Uint32Array(scale * sizes.quants),
    scales: new Uint32Array(Math.ceil(scale * sizes.scales)),
    high: new Uint32Array(scale * sizes.high),
  };
  REPACK[type]({ bytes: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), parts, ...planes });
  return planes;
}

interface Repacking extends RowPlanes {
  readonly bytes: DataView;
  /** Blocks of the file. */
  readonly parts: number;
}

type Repack = (repacking: Repacking) => void;

const REPACK: Readonly<Record<BlockType, Repack>> = {
  F32: copyWords,
  F16: copyWords,
  BF16: copyWords,

  Q4_0({ bytes, parts, quants, scales }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 18;
      putHalf(scales, block, bytes.getUint16(at, true));
      copyBytes(bytes, at + 2, quants, block * 4, 4);
    }
  },

  Q4_1({ bytes, parts, quants, scales }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 20;
      scales[block] = bytes.getUint32(at, true);
      copyBytes(bytes, at + 4, quants, block * 4, 4);
    }
  },

  Q5_0({ bytes, parts, quants, scales, high }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 22;
      putHalf(scales, block, bytes.getUint16(at, true));
      high[block] = transposed(bytes.getUint32(at + 2, true));
      copyBytes(bytes, at + 6, quants, block * 4, 4);
    }
  },

  Q5_1({ bytes, parts, quants, scales, high }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 24;
      scales[block] = bytes.getUint32(at, true);
      high[block] = transposed(bytes.getUint32(at + 4, true));
      copyBytes(bytes, at + 8, quants, block * 4, 4);
    }
  },

  Q8_0({ bytes, parts, quants, scales }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 34;
      putHalf(scales, block, bytes.getUint16(at, true));
      copyBytes(bytes, at + 2, quants, block * 8, 8);
    }
  },

  Q4_K({ bytes, parts, quants, scales }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 144;
      copyBytes(bytes, at, scales, block * 4, 4);
      repackNibblePairs(bytes, at + 16, quants, block * 32);
    }
  },

  Q5_K({ bytes, parts, quants, scales, high }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 176;
      copyBytes(bytes, at, scales, block * 4, 4);
      repackNibblePairs(bytes, at + 48, quants, block * 32);
      // In the file bit s of byte i belongs to weight i of sub-block s.
      for (let sub = 0; sub < 8; sub++) {
        let word = 0;
        for (let quad = 0; quad < 8; quad++)
          word |= ((bytes.getUint32(at + 16 + quad * 4, true) >>> sub) & 0x01010101) << quad;
        high[block * 8 + sub] = word;
      }
    }
  },

  Q6_K({ bytes, parts, quants, scales, high }) {
    for (let block = 0; block < parts; block++) {
      const at = block * 210;
      scales[block * 5] = bytes.getUint16(at + 208, true);
      copyBytes(bytes, at + 192, scales, block * 5 + 1, 4);
      for (let sub = 0; sub < 8; sub++) {
        // Halves of 128 weights, each of four quarters of 32: low halves of a byte belong to quarters 0 and 1, the
        // others to 2 and 3; the four pairs of bits of a byte to the four quarters.
        const half = sub >> 2;
        const quarter = sub & 3;
        const nibbles = at + half * 64 + (quarter & 1) * 32;
        const pairs = at + 128 + half * 32;
        for (let unit = 0; unit < 4; unit++) {
          const shift = (quarter >> 1) * 4;
          const low = (bytes.getUint32(nibbles + unit * 4, true) >>> shift) & LOW_NIBBLES;
          const late = (bytes.getUint32(nibbles + 16 + unit * 4, true) >>> shift) & LOW_NIBBLES;
          quants[(block * 8 + sub) * 4 + unit] = low | (late << 4);
          const lowPairs = (bytes.getUint32(pairs + unit * 4, true) >>> (2 * quarter)) & LOW_PAIRS;
          const latePairs = (bytes.getUint32(pairs + 16 + unit * 4, true) >>> (2 * quarter)) & LOW_PAIRS;
          const to = (block * 8 + sub) * 2;
          high[to] = (high[to] ?? 0) | (lowPairs << (2 * unit));
          high[to + 1] = (high[to + 1] ?? 0) | (latePairs << (2 * unit));
        }
      }
    }
  },
};

const LOW_NIBBLES = 0x0f0f0f0f;
const LOW_PAIRS = 0x03030303;

function copyWords({ bytes, quants }: Repacking): void {
  copyBytes(bytes, 0, quants, 0, quants.length);
}

function copyBytes(bytes: DataView, at: number, words: Uint32Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) words[to + i] = bytes.getUint32(at + i * 4, true);
}

/** Half float number `index`, two to a word. */
function putHalf(words: Uint32Array, index: number, half: number): void {
  words[index >> 1] = (words[index >> 1] ?? 0) | (half << ((index & 1) * 16));
}

/** From bit i for weight i to bit `i >> 2` of byte `i & 3`: then four neighbours are one masked word. */
function transposed(bits: number): number {
  let word = 0;
  for (let i = 0; i < 32; i++) word |= ((bits >>> i) & 1) << ((i & 3) * 8 + (i >> 2));
  return word;
}

/**
 * The 128 bytes of codes of a K type: 32 bytes hold two sub-blocks, one in the low and one in the high halves. Each sub-block
 * gets 16 bytes of its own, its weights 0 to 15 in the low halves.
 */
function repackNibblePairs(bytes: DataView, at: number, quants: Uint32Array, to: number): void {
  for (let sub = 0; sub < 8; sub++) {
    const from = at + (sub >> 1) * 32;
    const shift = (sub & 1) * 4;
    for (let unit = 0; unit < 4; unit++) {
      const low = (bytes.getUint32(from + unit * 4, true) >>> shift) & LOW_NIBBLES;
      const late = (bytes.getUint32(from + 16 + unit * 4, true) >>> shift) & LOW_NIBBLES;
      quants[to + sub * 4 + unit] = low | (late << 4);
    }
  }
}
