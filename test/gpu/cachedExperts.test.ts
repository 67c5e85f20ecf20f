import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openExpertCrew, type ExpertCrew, type ExpertShape } from '../../native/cpu/experts.ts';
import type { PackedType } from '../../native/cpu/library.ts';
import { KERNELS } from '../../native/kernels/catalog.ts';
import { hasMinima, packedForm, packedWords, panelWords } from '../../native/kernels/packedForm.ts';
import type { ExpertFeedForward } from '../../src/models/spec.ts';
import { packedExpert } from '../support/packedExpert.ts';
import { Random } from '../support/random.ts';
import { route } from '../support/referenceRouting.ts';
import { onEachMachine } from './support/benches.ts';
import { MACHINES } from './support/machine.ts';
import { expectWithin, normBound } from './support/numericBounds.ts';
import { plainRmsNorm } from './support/plainKernels.ts';

/** Words of the state. */
const [HITS, CHOICES, WEIGHTS, OUTER, INNER] = [8, 24, 40, 64, 8192];
/** Vectors of four of the arena. */
const [LOGITS, NORMED, OUTPUT] = [2048, 4096, 16384];
const TOKENS = 3;
const EPSILON = 1e-5;
const ROUTER: ExpertFeedForward = {
  ...{ kind: 'moe', experts: 6, topK: 2, expertInnerLength: 0, sharedInnerLength: 0, gate: 'softmax' },
  ...{ selectionBias: false, normalizeWeights: false, weightScale: 1 },
};

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

      const slotWords = packedWords(gateType, inner, width) * 2 + packedWords(downType, width, inner);
      expect(4 * slotWords).toBe(images[0]?.byteLength);
      images.forEach((image, slot) => bench().write('quants', wordsOf(image), slot * slotWords));
      const logits = random.normals(TOKENS * 8, 1);
      const norm = random.normals(width, 0.1, 1);
      bench().write('arena', x);
      bench().write('arena', logits, 4 * LOGITS);
      bench().write('vectors', norm, 8);
      bench().write('state', Uint32Array.from(HIT_ROWS.flatMap(({ token, slot }) => [token, slot])), HITS);
      bench().write('state', new Uint32Array((TOKENS * width * 20) / 32).fill(777), OUTER);
      const workgroupSize = machine.workgroupSize;
      const routeAndRound = async (isRounded: number) =>
        bench().dispatch({
          kernel: KERNELS.routeAndRound,
          workgroupSize,
          constants: {
            ...{ experts: ROUTER.experts, topK: ROUTER.topK, sigmoidGate: false, hasSelectionBias: false },
            ...{ normalizeWeights: false, groupCount: 1, chosenGroups: 1, sharedSlots: 0 },
            hasSums: hasMinima(gateType),
          },
          parameters: {
            ...{ logits: LOGITS, stride: 2, bias: 0, choices: CHOICES, weights: WEIGHTS, scale: 1 },
            ...{ input: 0, norm: 2, normed: NORMED, rounded: OUTER, width4: width / 4, isRounded },
            epsilon: EPSILON,
          },
          workgroups: [TOKENS, 1 + Math.ceil(width / Math.max(128, workgroupSize)), 1],
        });
      // Without slots nothing is rounded, and the CPU's inputs are the same bits.
      await bench().runDispatches(await routeAndRound(0));
      const normed = await bench().floats('arena', 4 * NORMED, TOKENS * width);
      expect([...(await bench().words('state', OUTER, 8))]).toEqual(Array.from({ length: 8 }, () => 777));
      bench().write('arena', new Float32Array(TOKENS * width), 4 * NORMED);
      await bench().runDispatches(await routeAndRound(1));
      expect(bitsOf(await bench().floats('arena', 4 * NORMED, TOKENS * width))).toEqual(bitsOf(normed));
      const chosen = [...(await bench().words('state', CHOICES, TOKENS * ROUTER.topK))];
      for (let token = 0; token < TOKENS; token++) {
        const row = plainRmsNorm(x.subarray(token * width, (token + 1) * width), norm, EPSILON);
        const bounds = row.map((value) => Math.abs(value) * normBound(width));
        expectWithin(normed.subarray(token * width, (token + 1) * width), row, bounds);
        expect(chosen.slice(token * ROUTER.topK, (token + 1) * ROUTER.topK)).toEqual(
          route(ROUTER, [...logits.subarray(token * 8, token * 8 + ROUTER.experts)], undefined).experts,
        );
      }

      const expected = new Float32Array(HIT_ROWS.length * width);
      await crew.run(
        shape,
        { images, starts: [0, 1, 3], tokens: HIT_ROWS.map(({ token }) => token), x: normed, y: expected },
        1,
      );

      const place = { hits: HITS, slotWords };
      await bench().runDispatches(
        await bench().dispatch({
          kernel: KERNELS.cachedGateUp,
          workgroupSize,
          constants: { ...packedForm(gateType), hasSums: hasMinima(downType) },
          parameters: {
            ...{ ...place, inputs: OUTER, rounded: INNER, blocks: width / 32, rows: inner },
            ...{ upWords: packedWords(gateType, inner, width), panelWords: panelWords(gateType, width) },
          },
          workgroups: [Math.ceil(inner / Math.max(32, workgroupSize)), HIT_ROWS.length, 1],
        }),
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
