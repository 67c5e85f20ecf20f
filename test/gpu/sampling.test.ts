import { describe, expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';

const OUTPUT = 32;

/** Ids by logit, largest first, the lower id first among equals. */
function ranked(logits: Float32Array): number[] {
  // JavaScript's sort keeps the order of equals.
  return Array.from(logits.keys()).sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
}

onEachMachine((bench) => {
  const length = 1003;
  const cases: readonly [string, Float32Array][] = [
    ['random', new Random(41).normals(length, 3)],
    ['few and equal', new Random(42).normals(length, 1).map(Math.round)],
    ['all equal', new Float32Array(length).fill(-7)],
    ['all negative and far apart', new Random(43).normals(length, 1).map((value) => -(10 ** (10 * value)))],
    ['0 and -0', new Float32Array(length).map((_, i) => (i % 3 === 0 ? -0 : 0))],
    ['-Infinity for what is forbidden', new Float32Array(length).fill(-Infinity).fill(1, 500, 540)],
  ];

  describe.each(cases)('logits that are %s', (_name, logits) => {
    test('have a largest', async () => {
      const other = new Random(44).normals(length, 3);
      bench().write('arena', logits);
      bench().write('arena', other, 1004);
      await bench().run({
        kernel: KERNELS.argmax,
        parameters: { logits: 0, stride: 251, length, output: OUTPUT },
        workgroups: [2, 1, 1],
      });
      const found = await bench().words('state', OUTPUT, 2);
      expect([...found]).toEqual([ranked(logits)[0], ranked(other)[0]]);
    });

    test('have a best few', async () => {
      const count = 20;
      bench().write('arena', logits);
      await bench().run({
        kernel: KERNELS.topK,
        constants: { maxCount: 32 },
        parameters: { logits: 0, stride: 251, length, count, output: OUTPUT },
        workgroups: [1, 1, 1],
      });
      const found = await bench().words('state', OUTPUT, 2 * count);
      const expected = ranked(logits).slice(0, count);
      expect([...found.subarray(0, count)]).toEqual(expected);
      const values = new Float32Array(found.slice(count).buffer);
      // `==` does not tell 0 from -0, as logits do not.
      expect([...values].map((value) => value + 0)).toEqual(expected.map((id) => (logits[id] ?? 0) + 0));
    });
  });

  test('fewer logits than invocations, all of them forbidden, have a first', async () => {
    bench().write('arena', new Float32Array(3).fill(-Infinity));
    await bench().run({
      kernel: KERNELS.argmax,
      parameters: { logits: 0, stride: 1, length: 3, output: OUTPUT },
      workgroups: [1, 1, 1],
    });
    expect([...(await bench().words('state', OUTPUT, 1))]).toEqual([0]);
  });
});
