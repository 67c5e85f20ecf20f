import { expect, test } from 'vitest';
import { defineKernel } from '../../native/kernels/kernel.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';

/** Three numbers in, five results out, for each invocation. */
const KERNEL = defineKernel(
  'exactFloats',
  `
struct Parameters {
  count: u32,
}

@compute @workgroup_size(workgroupSize)
fn main(at: Invocation, @builtin(workgroup_id) group: vec3u) {
  let i = group.x * workgroupSize + at.lane;
  if (i >= parameters.count) {
    return;
  }
  let a = readState(3u * i);
  let b = readState(3u * i + 1u);
  let c = readState(3u * i + 2u);
  let output = 3u * parameters.count + 5u * i;
  writeState(output, exactFma(a, b, c));
  writeState(output + 1u, exactAdd(a, c));
  writeState(output + 2u, exactMultiply(a, b));
  writeState(output + 3u, exactDivide(a, b));
  writeState(output + 4u, exactFromHalf(a >> 16u));
}`,
  { parts: ['state', 'exactFloats'] },
);

const COUNT = 4000;
/** Zeros, ones, the ends of subnormal and normal numbers, numbers next to them, infinities and NaN. */
const EDGES = [
  ...[0, 1, 2, 0x7fffff, 0x800000, 0x800001, 0x3f800000, 0x3f800001, 0x3fffffff, 0x7f7fffff],
  ...[0x7f800000, 0x7fc00000, 0x33800000, 0x34000000, 0x4b7fffff, 0x00ffffff],
].flatMap((bits) => [bits, (bits | 0x80000000) >>> 0]);

const view = new DataView(new ArrayBuffer(4));
const floatOf = (bits: number): number => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};
const bitsOf = (value: number): number => {
  view.setFloat32(0, value);
  return view.getUint32(0);
};

/** A finite binary32 as a whole number of 2^-149. */
function wholeOf(value: number): bigint {
  const bits = bitsOf(value);
  const exponent = (bits >>> 23) & 0xff;
  const fraction = BigInt(bits & 0x7fffff);
  const magnitude = exponent === 0 ? fraction : (fraction | 0x800000n) << BigInt(exponent - 1);
  return value < 0 ? -magnitude : magnitude;
}

/** a * b + c with one rounding, in whole numbers of 2^-298. */
function fma(a: number, b: number, c: number): number {
  const sum = wholeOf(a) * wholeOf(b) + (wholeOf(c) << 149n);
  // Zeros have the signs that floats give them.
  if (sum === 0n) return a * b + c;
  const magnitude = sum < 0n ? -sum : sum;
  const shift = Math.max(magnitude.toString(2).length - 24, 149);
  const rest = magnitude & ((1n << BigInt(shift)) - 1n);
  const half = 1n << BigInt(shift - 1);
  let whole = magnitude >> BigInt(shift);
  if (rest > half || (rest === half && (whole & 1n) === 1n)) whole++;
  const value = Math.fround(Number(whole) * 2 ** (shift - 149) * 2 ** -149);
  return sum < 0n ? -value : value;
}

/** Infinities count as NaN there. */
function expectedBits(value: number): number {
  return Number.isFinite(value) ? bitsOf(value) : 0x7fc00000;
}

onEachMachine((bench) => {
  test('floats in whole numbers have the bits of IEEE 754', async () => {
    const random = new Random(77);
    const any = (): number =>
      random.below(4) === 0 ? (EDGES[random.below(EDGES.length)] ?? 0) : random.below(2 ** 32) >>> 0;
    const inputs = new Uint32Array(3 * COUNT);
    for (let i = 0; i < COUNT; i++) {
      const [a, b] = [any(), any()];
      let c = any();
      // Every third sum nearly cancels out, or is a tie: a neighbour of the product.
      const product = -Math.fround(floatOf(a) * floatOf(b));
      if (i % 3 === 0 && Number.isFinite(product)) c = bitsOf(product) + random.below(3) - 1;
      inputs.set([a, b, c >>> 0], 3 * i);
    }
    bench().write('state', inputs);
    await bench().run({
      kernel: KERNEL,
      constants: {},
      workgroupSize: 8,
      parameters: { count: COUNT },
      workgroups: [COUNT / 8, 1, 1],
    });
    const found = await bench().words('state', 3 * COUNT, 5 * COUNT);
    const wrong: string[] = [];
    for (let i = 0; i < COUNT; i++) {
      const [x = 0, y = 0, z = 0] = inputs.subarray(3 * i, 3 * i + 3);
      const [a, b, c] = [floatOf(x), floatOf(y), floatOf(z)];
      const areFinite = [a, b, c].every(Number.isFinite);
      const half = x >>> 16;
      const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
      const halfValue =
        exponent === 31
          ? NaN
          : sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
      // A double holds a product of two singles, and has digits enough that rounding twice is rounding once for sums and quotients.
      const results = [
        areFinite ? fma(a, b, c) : NaN,
        Number.isFinite(a) && Number.isFinite(c) ? Math.fround(a + c) : NaN,
        Number.isFinite(a) && Number.isFinite(b) ? Math.fround(a * b) : NaN,
        Number.isFinite(a) && Number.isFinite(b) ? Math.fround(a / b) : NaN,
        halfValue,
      ];
      results.forEach((value, which) => {
        // Nobody divides by zero.
        if (which === 3 && b === 0) return;
        const own = found[5 * i + which] ?? 0;
        if (own !== expectedBits(value))
          wrong.push(`${which}: ${[a, b, c].join(' ')} gave ${floatOf(own)}, not ${value}`);
      });
    }
    expect(wrong).toEqual([]);
  });
});
