import { HALF_FLOATS } from '../../../models/quantization/halfFloat.ts';
import type { QuantizationType } from '../../../models/weights.ts';

/**
 * The blocks of a quantized matrix taken apart, in the layout of `MatMulNBits`: blocks in the order of the file (row
 * after row), the codes of a block in a row with two 4-bit codes a byte, the first one in the low half.
 */
export interface UnpackedBlocks {
  /** `[blocks, blockSize * bits / 8]` */
  readonly codes: Uint8Array<ArrayBuffer>;
  /** `[blocks]` */
  readonly scales: Float32Array<ArrayBuffer>;
  /** `[blocks]`, added to every weight of the block. Empty for types without minima. */
  readonly minima: Float32Array<ArrayBuffer>;
}

/**
 * Unpacks `source`, whole blocks of a file's type, into `target` from its beginning. `source` and `target.codes` lie on
 * a 4-byte boundary. Sources of the block structures: ggml's `ggml-common.h` and `ggml-quants.c`.
 */
export type Unpack = (source: Uint8Array, target: UnpackedBlocks) => void;

export type BlockType = Exclude<QuantizationType, 'F32' | 'F16' | 'BF16'>;

// Codes of types with fewer bits than their representation, or without a sign, are moved so that the middle of their
// range meets MatMulNBits' zero point (8 or 128): centred codes let the int8 activations of accuracy level 4 lose least.
const UNPACK: Readonly<Record<BlockType, Unpack>> = {
  /** half scale, 16 bytes: low halves are codes 0 to 15, high halves codes 16 to 31; zero point 8. */
  Q4_0(source, { codes, scales }) {
    const halves = halfWords(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < halves.length; block++, at += 9, to += 4) {
      scales[block] = float(halves[at]);
      for (let pair = 0; pair < 2; pair++) {
        const first = word(halves[at + 1 + pair * 4], halves[at + 2 + pair * 4]);
        const second = word(halves[at + 3 + pair * 4], halves[at + 4 + pair * 4]);
        out[to + pair] = lowNibbles(first) | (lowNibbles(second) << 16);
        out[to + 2 + pair] = lowNibbles(first >>> 4) | (lowNibbles(second >>> 4) << 16);
      }
    }
  },
  /** half scale, half minimum, codes as in Q4_0 but unsigned. */
  Q4_1(source, { codes, scales, minima }) {
    const inputs = words(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < inputs.length; block++, at += 5, to += 4) {
      const head = inputs[at] ?? 0;
      const scale = float(head & 0xffff);
      scales[block] = scale;
      minima[block] = float(head >>> 16) + 8 * scale;
      for (let pair = 0; pair < 2; pair++) {
        const first = inputs[at + 1 + pair * 2] ?? 0;
        const second = inputs[at + 2 + pair * 2] ?? 0;
        out[to + pair] = lowNibbles(first) | (lowNibbles(second) << 16);
        out[to + 2 + pair] = lowNibbles(first >>> 4) | (lowNibbles(second >>> 4) << 16);
      }
    }
  },
  /** half scale, 32 fifth bits, codes' low bits as in Q4_0; zero point 16, so 112 is added. */
  Q5_0(source, { codes, scales }) {
    const halves = halfWords(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < halves.length; block++, at += 11, to += 8) {
      scales[block] = float(halves[at]);
      const fifths = word(halves[at + 1], halves[at + 2]);
      for (let quad = 0; quad < 4; quad++) {
        const nibbles = word(halves[at + 3 + quad * 2], halves[at + 4 + quad * 2]);
        out[to + quad] = fiveBitCodes(nibbles, fifths >>> (quad * 4));
        out[to + 4 + quad] = fiveBitCodes(nibbles >>> 4, fifths >>> (16 + quad * 4));
      }
    }
  },
  /** half scale, half minimum, then as Q5_0 but unsigned. */
  Q5_1(source, { codes, scales, minima }) {
    const inputs = words(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < inputs.length; block++, at += 6, to += 8) {
      const head = inputs[at] ?? 0;
      const scale = float(head & 0xffff);
      scales[block] = scale;
      minima[block] = float(head >>> 16) + 16 * scale;
      const fifths = inputs[at + 1] ?? 0;
      for (let quad = 0; quad < 4; quad++) {
        const nibbles = inputs[at + 2 + quad] ?? 0;
        out[to + quad] = fiveBitCodes(nibbles, fifths >>> (quad * 4));
        out[to + 4 + quad] = fiveBitCodes(nibbles >>> 4, fifths >>> (16 + quad * 4));
      }
    }
  },
  /** half scale, 32 signed bytes: flipping the sign bit adds 128. */
  Q8_0(source, { codes, scales }) {
    const halves = halfWords(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < halves.length; block++, at += 17, to += 8) {
      scales[block] = float(halves[at]);
      for (let quad = 0; quad < 8; quad++) {
        out[to + quad] = word(halves[at + 1 + quad * 2], halves[at + 2 + quad * 2]) ^ 0x80808080;
      }
    }
  },
  /**
   * 256 weights: half scale, half minimum, 12 bytes with 8 pairs of 6-bit multipliers of them, 128 bytes of codes: each
   * 32 bytes hold two sub-blocks of 32, one in the low and one in the high halves.
   */
  Q4_K(source, { codes, scales, minima }) {
    const inputs = words(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < inputs.length; block += 8, at += 36, to += 32) {
      readKScales(source, at * 4, block, 8, scales, minima);
      for (let chunk = 0; chunk < 4; chunk++) {
        for (let quad = 0; quad < 4; quad++) {
          const first = inputs[at + 4 + chunk * 8 + quad * 2] ?? 0;
          const second = inputs[at + 5 + chunk * 8 + quad * 2] ?? 0;
          out[to + chunk * 8 + quad] = lowNibbles(first) | (lowNibbles(second) << 16);
          out[to + chunk * 8 + 4 + quad] = lowNibbles(first >>> 4) | (lowNibbles(second >>> 4) << 16);
        }
      }
    }
  },
  /** As Q4_K, with 32 bytes of fifth bits before the codes: bit `2 * chunk` and the next belong to the two sub-blocks. */
  Q5_K(source, { codes, scales, minima }) {
    const inputs = words(source);
    const out = words(codes);
    for (let block = 0, at = 0, to = 0; at < inputs.length; block += 8, at += 44, to += 64) {
      readKScales(source, at * 4, block, 16, scales, minima);
      for (let chunk = 0; chunk < 4; chunk++) {
        for (let quad = 0; quad < 8; quad++) {
          const fifths = (inputs[at + 4 + quad] ?? 0) >>> (chunk * 2);
          const nibbles = inputs[at + 12 + chunk * 8 + quad] ?? 0;
          out[to + chunk * 16 + quad] =
            ((nibbles & LOW_NIBBLES) | ((fifths & LOW_BITS) << 4)) + FIVE_BIT_OFFSETS;
          out[to + chunk * 16 + 8 + quad] =
            (((nibbles >>> 4) & LOW_NIBBLES) | (((fifths >>> 1) & LOW_BITS) << 4)) + FIVE_BIT_OFFSETS;
        }
      }
    }
  },
  /**
   * 256 weights in blocks of 16: 128 bytes of low halves, 64 bytes of high pairs of bits, 16 signed multipliers, half
   * scale; zero point 32, so 96 is added. Each half of 128 weights uses 64 bytes of the first and 32 of the second.
   */
  Q6_K(source, { codes, scales }) {
    const out = words(codes);
    const bytes = new DataView(source.buffer, source.byteOffset, source.byteLength);
    for (let block = 0, at = 0, to = 0; at < source.length; block += 16, at += 210, to += 64) {
      const scale = float(bytes.getUint16(at + 208, true));
      for (let group = 0; group < 16; group++)
        scales[block + group] = scale * bytes.getInt8(at + 192 + group);
      for (let half = 0; half < 2; half++) {
        for (let quad = 0; quad < 8; quad++) {
          const first = bytes.getUint32(at + half * 64 + quad * 4, true);
          const second = bytes.getUint32(at + half * 64 + 32 + quad * 4, true);
          const high = bytes.getUint32(at + 128 + half * 32 + quad * 4, true);
          const base = to + half * 32 + quad;
          out[base] = sixBitCodes(first, high);
          out[base + 8] = sixBitCodes(second, high >>> 2);
          out[base + 16] = sixBitCodes(first >>> 4, high >>> 4);
          out[base + 24] = sixBitCodes(second >>> 4, high >>> 6);
        }
      }
    }
  },
};

export function unpackerOf(type: BlockType): Unpack {
  return UNPACK[type];
}

export function isBlockType(type: QuantizationType): type is BlockType {
  return type in UNPACK;
}

const LOW_NIBBLES = 0x0f0f0f0f;
const LOW_BITS = 0x01010101;
/** 128 - 16 in every byte. */
const FIVE_BIT_OFFSETS = 0x70707070;
/** 128 - 32 in every byte. */
const SIX_BIT_OFFSETS = 0x60606060;

/** Scales and centred minima of the 8 sub-blocks of a Q4_K or Q5_K block at byte `at`. */
function readKScales(
  source: Uint8Array,
  at: number,
  block: number,
  center: number,
  scales: Float32Array,
  minima: Float32Array,
): void {
  const byte = (index: number): number => source[at + index] ?? 0;
  const scale = float(byte(0) | (byte(1) << 8));
  const minimum = float(byte(2) | (byte(3) << 8));
  for (let sub = 0; sub < 8; sub++) {
    const low = sub < 4;
    const a = byte(4 + sub);
    const b = byte(8 + sub);
    // Multipliers 4 to 7 keep their upper two bits in the spare bits of 0 to 3.
    const scaleMultiplier = low ? a & 63 : (b & 15) | ((byte(sub) >> 6) << 4);
    const minimumMultiplier = low ? b & 63 : (b >> 4) | ((a >> 6) << 4);
    const subScale = scale * scaleMultiplier;
    scales[block + sub] = subScale;
    minima[block + sub] = center * subScale - minimum * minimumMultiplier;
  }
}

/** Low halves of four bytes, packed into the low two bytes. */
function lowNibbles(four: number): number {
  const nibbles = four & LOW_NIBBLES;
  const pairs = (nibbles | (nibbles >>> 4)) & 0x00ff00ff;
  return (pairs | (pairs >>> 8)) & 0xffff;
}

/** Four low halves and the low four bits of `fifths`, as bytes around 128. */
function fiveBitCodes(nibbles: number, fifths: number): number {
  const fifth = (fifths & 1) | ((fifths & 2) << 7) | ((fifths & 4) << 14) | ((fifths & 8) << 21);
  return ((nibbles & LOW_NIBBLES) | (fifth << 4)) + FIVE_BIT_OFFSETS;
}

/** Four low halves and the low two bits of each byte of `high`, as bytes around 128. */
function sixBitCodes(nibbles: number, high: number): number {
  return ((nibbles & LOW_NIBBLES) | ((high & 0x03030303) << 4)) + SIX_BIT_OFFSETS;
}

function float(half: number | undefined): number {
  return HALF_FLOATS[half ?? 0] ?? 0;
}

function word(low: number | undefined, high: number | undefined): number {
  return (low ?? 0) | ((high ?? 0) << 16);
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
}

function halfWords(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 1);
}
