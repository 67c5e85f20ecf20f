import { describe, expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';
import { SINGLE_ROUNDING } from './support/numericBounds.ts';

/** Words of the state. */
const [CANDIDATES, SUMS, OUTPUT] = [32, 8192, 16_384];
const LENGTH = 1003;
const SLICE = 300;
const SLICES = 4;
/** Vectors between two tokens' logits. */
const STRIDE = 251;

/** Ids by logit, largest first, the lower id first among equals. */
function ranked(logits: Float32Array): number[] {
  // JavaScript's sort keeps the order of equals.
  return Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
}

interface Best {
  readonly ids: readonly number[];
  readonly logits: readonly number[];
  readonly mass: number;
  readonly distance: number;
  readonly broken: number;
  readonly smallest: number;
}

onEachMachine((bench) => {
  /** The best of some tokens' logits, which lie behind each other. */
  async function bestOf(rows: readonly Float32Array[], count: number): Promise<Best[]> {
    rows.forEach((logits, row) => bench().write('arena', logits, row * 4 * STRIDE));
    const length = rows[0]?.length ?? 0;
    const slices = Math.ceil(length / SLICE);
    // What was there is not taken for a result.
    bench().write('state', new Uint32Array(32_000).fill(0xffffffff), 0);
    await bench().run(
      {
        kernel: KERNELS.bestOfSlices,
        constants: { maxCount: 32 },
        parameters: {
          ...{ logits: 0, stride: STRIDE, length, sliceLength: SLICE, count },
          ...{ candidates: CANDIDATES, sums: SUMS },
        },
        workgroups: [slices, rows.length, 1],
      },
      {
        kernel: KERNELS.bestOfAll,
        constants: { maxCount: 32 },
        parameters: { candidates: CANDIDATES, sums: SUMS, slices, count, output: OUTPUT },
        workgroups: [rows.length, 1, 1],
      },
    );
    const stride = 4 + 2 * count;
    const words = await bench().words('state', OUTPUT, rows.length * stride);
    const floats = new Float32Array(words.buffer);
    return rows.map((_, row) => {
      const from = row * stride;
      return {
        ids: [...words.subarray(from + 4, from + 4 + count)],
        logits: [...floats.subarray(from + 4 + count, from + stride)],
        ...{ mass: floats[from] ?? NaN, distance: floats[from + 1] ?? NaN },
        ...{ broken: words[from + 2] ?? NaN, smallest: floats[from + 3] ?? NaN },
      };
    });
  }

  const cases: readonly [string, Float32Array][] = [
    ['random', new Random(41).normals(LENGTH, 3)],
    ['few and equal', new Random(42).normals(LENGTH, 1).map(Math.round)],
    ['all equal', new Float32Array(LENGTH).fill(-7)],
    ['all negative and far apart', new Random(43).normals(LENGTH, 1).map((value) => -(10 ** (10 * value)))],
    ['0 and -0', new Float32Array(LENGTH).map((_, i) => (i % 3 === 0 ? -0 : 0))],
  ];

  describe.each(cases)('logits that are %s', (_name, logits) => {
    test('have a best few, and sums over all, each token its own', async () => {
      const count = 20;
      const rows = [logits, new Random(44).normals(LENGTH, 3)];
      const found = await bestOf(rows, count);
      rows.forEach((row, index) => {
        const best = found[index];
        const expected = ranked(row).slice(0, count);
        expect(best?.ids).toEqual(expected);
        // `==` does not tell 0 from -0, as logits do not.
        expect(best?.logits.map((value) => value + 0)).toEqual(expected.map((id) => (row[id] ?? 0) + 0));
        const largest = Math.max(...row);
        expect((best?.smallest ?? NaN) + 0).toBe(Math.min(...row) + 0);
        expect(best?.broken).toBe(0);
        let [mass, distance] = [0, 0];
        for (const logit of row) {
          const apart = largest - logit;
          mass += Math.exp(-apart);
          distance += Math.exp(-apart) * apart;
        }
        // A term is right to 3 + 2 x units in the last place of exp(-x) (WGSL, 15.7.4), two roundings each, twice: within
        // its slice and as a part of all. x is at most 90 where exp is not 0. Sums of positive numbers add one for each term.
        const relative = (4 * (3 + 2 * 90) + LENGTH + SLICES) * SINGLE_ROUNDING;
        expect(Math.abs((best?.mass ?? NaN) - mass)).toBeLessThanOrEqual(mass * relative);
        expect(Math.abs((best?.distance ?? NaN) - distance)).toBeLessThanOrEqual(
          (distance + mass) * relative,
        );
      });
    });

    test('have a largest', async () => {
      expect((await bestOf([logits], 1))[0]?.ids).toEqual(ranked(logits).slice(0, 1));
    });
  });

  test('fewer logits than invocations have a best few', async () => {
    const [best] = await bestOf([Float32Array.of(-3, 2, 2)], 3);
    expect(best).toMatchObject({ ids: [1, 2, 0], logits: [2, 2, -3] });
  });

  test('logits that are not finite are counted', async () => {
    const logits = new Random(45).normals(LENGTH, 3);
    logits[2] = NaN;
    logits[700] = Infinity;
    logits[1002] = -Infinity;
    expect((await bestOf([logits], 5))[0]?.broken).toBe(3);
  });
});
