import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openExpertCrew, type ExpertCrew, type ExpertShape } from '../../native/cpu/experts.ts';
import type { PackedType } from '../../native/cpu/library.ts';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { hasMinima, packedForm, packedWords, panelWords } from '../../native/kernels/packedForm.ts';
import { packedExpert } from '../support/packedExpert.ts';
import { Random } from '../support/random.ts';
import { onEachMachine } from './support/benches.ts';
import { MACHINES } from './support/machine.ts';

/** Words of the state. */
const [HITS, OUTER, INNER] = [8, 64, 8192];
/** Vectors of four of the arena. */
const [ACTIVATED, OUTPUT] = [4096, 16384];
const TOKENS = 3;

let crew: ExpertCrew;
beforeAll(async () => {
  crew = await openExpertCrew();
});
afterAll(() => {
  crew.dispose();
});

/** Each token that goes to a slot: a token to several, a slot to several, in no order. */
const HIT_ROWS = [
  { token: 2, slot: 0 },
  { token: 0, slot: 1 },
  { token: 2, slot: 1 },
];

/** Gate and up, down. Each type once on each side, on the first machine; types of 256 weights a block need wide rows. */
const CASES: readonly [PackedType, PackedType][] = [
  ['Q4_0', 'Q4_1'],
  ['Q5_1', 'Q5_0'],
  ['Q8_0', 'Q8_0'],
  ['Q4_K', 'Q6_K'],
  ['Q6_K', 'Q5_K'],
];

onEachMachine((bench, machine) => {
  describe('an expert in a slot', () => {
    // Whole numbers leave drivers no choice, and others than the first are slow: elsewhere one pair, on the slowest one with short rows.
    test.each(
      machine === MACHINES[0] ? CASES : machine.isSecondOpinion ? CASES.slice(0, 1) : CASES.slice(3, 4),
    )('of %s and %s gives the bits of the CPU', async (gateType, downType) => {
      const isWide = gateType.endsWith('K');
      const shape: ExpertShape = { gateType, downType, inner: isWide ? 256 : 96, width: isWide ? 256 : 64 };
      const { inner, width } = shape;
      const random = new Random(31);
      const images = [packedExpert(crew, shape, random), packedExpert(crew, shape, random)];
      const x = random.normals(TOKENS * width, 1);
      // A block of zeros has no scale, one of numbers next to it neither; one is far larger than the others.
      x.fill(0, 0, 32);
      x.fill(1e-35, width, width + 32);
      for (let i = 2 * width; i < 2 * width + 32; i++) x[i] = (x[i] ?? 0) * 300;

      const expected = new Float32Array(HIT_ROWS.length * width);
      await crew.run(
        shape,
        { images, starts: [0, 1, 3], tokens: HIT_ROWS.map(({ token }) => token), x, y: expected },
        1,
      );

      const slotWords = packedWords(gateType, inner, width) * 2 + packedWords(downType, width, inner);
      expect(4 * slotWords).toBe(images[0]?.byteLength);
      images.forEach((image, slot) => bench().write('quants', wordsOf(image), slot * slotWords));
      bench().write('arena', x);
      bench().write('state', Uint32Array.from(HIT_ROWS.flatMap(({ token, slot }) => [token, slot])), HITS);
      const workgroupSize = machine.workgroupSize;
      const round = (input: number, output: number, columns: number, type: PackedType, rows: number) =>
        bench().dispatch({
          kernel: KERNELS.roundInputs,
          workgroupSize,
          constants: { hasSums: hasMinima(type) },
          parameters: { input, output, blocks: columns / 32 },
          workgroups: [Math.ceil(columns / 32 / workgroupSize), rows, 1],
        });
      const place = { hits: HITS, slotWords };
      await bench().runDispatches(
        await round(0, OUTER, width, gateType, TOKENS),
        await bench().dispatch({
          kernel: KERNELS.cachedGateUp,
          workgroupSize,
          constants: { ...packedForm(gateType) },
          parameters: {
            ...{ ...place, inputs: OUTER, output: ACTIVATED, blocks: width / 32, rows: inner },
            ...{ upWords: packedWords(gateType, inner, width), panelWords: panelWords(gateType, width) },
          },
          workgroups: [Math.ceil(inner / workgroupSize), HIT_ROWS.length, 1],
        }),
        await round(ACTIVATED, INNER, inner, downType, HIT_ROWS.length),
        await bench().dispatch({
          kernel: KERNELS.cachedDown,
          workgroupSize,
          constants: { ...packedForm(downType) },
          parameters: {
            ...{ ...place, inputs: INNER, output: OUTPUT, blocks: inner / 32, rows: width },
            downWords: 2 * packedWords(gateType, inner, width),
            panelWords: panelWords(downType, inner),
          },
          workgroups: [Math.ceil(width / workgroupSize), HIT_ROWS.length, 1],
        }),
      );
      const found = await bench().floats('arena', 4 * OUTPUT, HIT_ROWS.length * width);
      expect(expected.every((value) => Number.isFinite(value))).toBe(true);
      expect(new Set(expected).size).toBeGreaterThan(expected.length / 2);
      expect(bitsOf(found)).toEqual(bitsOf(expected));
    });
  });
});

function wordsOf(bytes: Uint8Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function bitsOf(floats: Float32Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}
