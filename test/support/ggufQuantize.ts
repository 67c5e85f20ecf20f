import { blockLayout } from '../../src/models/quantization/blockLayout.ts';
import { HALF_FLOATS } from '../../src/models/quantization/halfFloat.ts';
import type { QuantizationType } from '../../src/models/weights.ts';

/**
 * Plain round-to-nearest quantizers for making test models: valid blocks of every type, no search for better
 * scales. Block layouts are described beside the decoders in src/models/quantization.
 *
 * @throws RangeError when `weights` is not a whole number of blocks
 */
export function quantize(type: QuantizationType, weights: Float32Array): Uint8Array {
  const layout = blockLayout(type);
  const blocks = weights.length / layout.values;
  if (!Number.isInteger(blocks))
    throw new RangeError(`${String(weights.length)} weights are not a whole number of ${type} blocks`);
  const bytes = new Uint8Array(blocks * layout.bytes);
  if (type === 'F32' || type === 'F16' || type === 'BF16') {
    encodeFloats(type, weights, bytes);
    return bytes;
  }
  const encode = ENCODERS[type];
  for (let block = 0; block < blocks; block++)
    encode(
      weights.subarray(block * layout.values, (block + 1) * layout.values),
      bytes.subarray(block * layout.bytes, (block + 1) * layout.bytes),
    );
  return bytes;
}

type FloatType = 'F32' | 'F16' | 'BF16';

/** Each to the nearest float of the type, ties to even. */
function encodeFloats(type: FloatType, weights: Float32Array, bytes: Uint8Array): void {
  const words = new Uint32Array(weights.buffer, weights.byteOffset, weights.length);
  if (type === 'F32') {
    bytes.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
    return;
  }
  const halves = new Uint16Array(bytes.buffer);
  for (let i = 0; i < weights.length; i++) {
    const bits = words[i] ?? 0;
    halves[i] = type === 'F16' ? halfBits(weights[i] ?? 0) : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
}

type EncodeBlock = (weights: Float32Array, block: Uint8Array) => void;

const ENCODERS: Readonly<Record<Exclude<QuantizationType, FloatType>, EncodeBlock>> = {
  Q4_0: (weights, block) => {
    const codes = symmetricCodes(weights, block, 8);
    packNibbles(codes, block, 2);
  },
  Q4_1: (weights, block) => {
    const codes = asymmetricCodes(weights, block, 15);
    packNibbles(codes, block, 4);
  },
  Q5_0: (weights, block) => {
    const codes = symmetricCodes(weights, block, 16);
    packFifthBits(codes, block, 2);
    packNibbles(codes, block, 6);
  },
  Q5_1: (weights, block) => {
    const codes = asymmetricCodes(weights, block, 31);
    packFifthBits(codes, block, 4);
    packNibbles(codes, block, 8);
  },
  Q8_0: (weights, block) => {
    const scale = writeHalf(block, 0, Math.abs(extreme(weights)) / 127);
    weights.forEach((weight, i) => (block[2 + i] = toCode(weight, scale, 0, -127, 127) & 0xff));
  },
  Q4_K: (weights, block) => {
    const codes = superBlockCodes(weights, block, 15);
    for (let i = 0; i < 256; i++)
      orInto(block, 16 + (i >> 6) * 32 + (i & 31), (codes[i] ?? 0) << (((i >> 5) & 1) * 4));
  },
  Q5_K: (weights, block) => {
    const codes = superBlockCodes(weights, block, 31);
    for (let i = 0; i < 256; i++) {
      const code = codes[i] ?? 0;
      orInto(block, 48 + (i >> 6) * 32 + (i & 31), (code & 0xf) << (((i >> 5) & 1) * 4));
      orInto(block, 16 + (i & 31), (code >> 4) << (i >> 5));
    }
  },
  Q6_K: encodeQ6_K,
};

/** Stores the nearest finite half float and returns it. */
function writeHalf(bytes: Uint8Array, at: number, value: number): number {
  const bits = halfBits(value);
  bytes[at] = bits & 0xff;
  bytes[at + 1] = bits >> 8;
  return HALF_FLOATS[bits] ?? 0;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Bits of the nearest half float to a binary32, ties to even, at most the largest finite one. */
export function halfBits(value: number): number {
  float[0] = value;
  const bits = word[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  if (exponent > 15) return sign | 0x7bff;
  // Below 2^-14 the steps no longer shrink; below half the smallest step is 0.
  const shift = 13 + Math.max(0, -14 - exponent);
  if (shift > 24) return sign;
  const fraction = (bits & 0x7fffff) | 0x800000;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const units =
    (fraction >>> shift) + (rest > half || (rest === half && ((fraction >>> shift) & 1) === 1) ? 1 : 0);
  // Normal numbers have 1024 to 2047 units; 2048 carries into the exponent by itself.
  return sign | Math.min(0x7bff, exponent < -14 ? units : ((exponent + 14) << 10) + units);
}

function toCode(weight: number, scale: number, offset: number, least: number, most: number): number {
  const code = scale === 0 ? 0 : Math.round((weight - offset) / scale);
  return Math.min(most, Math.max(least, code));
}

/** Codes 0 to 2 * zero - 1 with one scale, so chosen that the largest weight lies on code 0. */
function symmetricCodes(weights: Float32Array, block: Uint8Array, zero: number): Uint8Array {
  const scale = writeHalf(block, 0, extreme(weights) / -zero);
  const codes = new Uint8Array(weights.length);
  for (let i = 0; i < codes.length; i++) codes[i] = toCode(weights[i] ?? 0, scale, 0, -zero, zero - 1) + zero;
  return codes;
}

/** Codes 0 to `most` from the block's minimum up; writes scale and minimum. */
function asymmetricCodes(weights: Float32Array, block: Uint8Array, most: number): Uint8Array {
  const [least, largest] = range(weights, weights[0] ?? 0);
  const scale = writeHalf(block, 0, (largest - least) / most);
  const minimum = writeHalf(block, 2, least);
  const codes = new Uint8Array(weights.length);
  for (let i = 0; i < codes.length; i++) codes[i] = toCode(weights[i] ?? 0, scale, minimum, 0, most);
  return codes;
}

/** The weight with the largest magnitude. */
function extreme(weights: Float32Array): number {
  let found = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (Math.abs(weight) > Math.abs(found)) found = weight;
  }
  return found;
}

/** Smallest and largest of `weights` and `start`. */
function range(weights: Float32Array, start: number): readonly [least: number, most: number] {
  let least = start;
  let most = start;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] ?? 0;
    if (weight < least) least = weight;
    else if (weight > most) most = weight;
  }
  return [least, most];
}

function orInto(block: Uint8Array, at: number, bits: number): void {
  block[at] = (block[at] ?? 0) | bits;
}

function packNibbles(codes: Uint8Array, block: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) block[at + i] = ((codes[i] ?? 0) & 0xf) | (((codes[i + 16] ?? 0) & 0xf) << 4);
}

function packFifthBits(codes: Uint8Array, block: Uint8Array, at: number): void {
  codes.forEach((code, i) => {
    orInto(block, at + (i >> 3), ((code >> 4) & 1) << (i & 7));
  });
}

/** Codes of Q4_K and Q5_K; writes the super-block's scales and the 12 bytes of sub-blocks. */
function superBlockCodes(weights: Float32Array, block: Uint8Array, most: number): Uint8Array {
  const subs = Array.from({ length: 8 }, (_, sub) => weights.subarray(sub * 32, sub * 32 + 32));
  const ranges = subs.map((sub) => range(sub, 0));
  const minima = ranges.map(([least]) => -least);
  const steps = ranges.map(([least, largest]) => (largest - least) / most);
  const scale = writeHalf(block, 0, Math.max(...steps) / 63);
  const minimum = writeHalf(block, 2, Math.max(...minima) / 63);
  const codes = new Uint8Array(256);
  subs.forEach((sub, s) => {
    const subScale = toCode(steps[s] ?? 0, scale, 0, 0, 63);
    const subMinimum = toCode(minima[s] ?? 0, minimum, 0, 0, 63);
    packSixBits(block, 4, s, 0, subScale);
    packSixBits(block, 4, s, 4, subMinimum);
    sub.forEach((weight, i) => {
      codes[s * 32 + i] = toCode(weight, scale * subScale, -minimum * subMinimum, 0, most);
    });
  });
  return codes;
}

function packSixBits(block: Uint8Array, at: number, sub: number, shift: 0 | 4, value: number): void {
  if (sub < 4) {
    orInto(block, at + shift + sub, value);
    return;
  }
  orInto(block, at + 4 + sub, (value & 0xf) << shift);
  orInto(block, at + shift + sub - 4, (value >> 4) << 6);
}

function encodeQ6_K(weights: Float32Array, block: Uint8Array): void {
  const steps = Array.from(
    { length: 16 },
    (_, sub) => extreme(weights.subarray(sub * 16, sub * 16 + 16)) / -32,
  );
  const scale = writeHalf(block, 208, extreme(Float32Array.from(steps)) / -128);
  weights.forEach((weight, i) => {
    const subScale = toCode(steps[i >> 4] ?? 0, scale, 0, -128, 127);
    block[192 + (i >> 4)] = subScale & 0xff;
    const code = toCode(weight, scale * subScale, 0, -32, 31) + 32;
    const half = i >> 7;
    const quarter = (i >> 5) & 3;
    const lane = i & 31;
    orInto(block, half * 64 + (quarter & 1) * 32 + lane, (code & 0xf) << ((quarter >> 1) * 4));
    orInto(block, 128 + half * 32 + lane, (code >> 4) << (quarter * 2));
  });
}
