import { describe, expect, test } from 'vitest';
import { KERNELS } from '../../native/kernels/catalog.ts';
import type { ExpertFeedForward } from '../../src/models/spec.ts';
import { Random } from '../support/random.ts';
import { route } from '../support/referenceRouting.ts';
import { onEachMachine } from './support/benches.ts';
import { expectWithin, MOST_NMSE, SINGLE_ROUNDING } from './support/numericBounds.ts';
import { plainRmsNorm, plainSilu } from './support/plainKernels.ts';
import {
  placeMatrix,
  placeSecondMatrix,
  plainProduct,
  productBounds,
  testMatrix,
} from './support/testMatrix.ts';

/** Words of the state. */
const CHOICES = 16;
const WEIGHTS = 256;
/** Shared experts that stand behind a token's chosen ones. */
const SHARED = 2;

const GATES: readonly [string, Partial<ExpertFeedForward>][] = [
  ['softmax', {}],
  ['softmax, normalized weights', { normalizeWeights: true }],
  ['softmax, best groups', { groups: { count: 4, chosen: 2 }, weightScale: 16 }],
  ['sigmoid with a selection bias', { gate: 'sigmoid', selectionBias: true, normalizeWeights: true }],
  [
    'sigmoid with a selection bias and best groups',
    {
      ...{ gate: 'sigmoid', selectionBias: true, normalizeWeights: true },
      ...{ groups: { count: 8, chosen: 3 }, weightScale: 2.5 },
    },
  ],
];

const asFloats = (words: Uint32Array): Float32Array => new Float32Array(words.slice().buffer);

onEachMachine((bench, machine) => {
  const router = async (spec: ExpertFeedForward, tokens: number): Promise<void> => {
    await bench().run({
      kernel: KERNELS.router,
      constants: {
        ...{ experts: spec.experts, topK: spec.topK, sigmoidGate: spec.gate === 'sigmoid' },
        ...{ hasSelectionBias: spec.selectionBias, normalizeWeights: spec.normalizeWeights },
        ...{ groupCount: spec.groups?.count ?? 1, chosenGroups: spec.groups?.chosen ?? 1 },
        sharedSlots: SHARED,
      },
      parameters: {
        ...{ logits: 0, stride: Math.ceil(spec.experts / 4), bias: 2, choices: CHOICES, weights: WEIGHTS },
        scale: spec.weightScale,
      },
      workgroups: [tokens, 1, 1],
    });
  };
  const spec: ExpertFeedForward = {
    ...{ kind: 'moe', experts: 40, topK: 6, expertInnerLength: 0, sharedInnerLength: 0 },
    ...{ gate: 'softmax', selectionBias: false, normalizeWeights: false, weightScale: 1 },
  };

  // The last has everything that the others have.
  test.each(machine.isSecondOpinion ? GATES.slice(-1) : GATES)(
    'the router chooses by %s',
    async (_name, change) => {
      const gate: ExpertFeedForward = { ...spec, ...change };
      const tokens = 5;
      const random = new Random(31);
      const logits = random.normals(tokens * gate.experts, 2);
      const bias = random.normals(gate.experts, 0.2);
      bench().write('arena', logits);
      bench().write('vectors', bias, 8);
      await router(gate, tokens);
      const choices = await bench().words('state', CHOICES, tokens * (gate.topK + SHARED));
      const weights = asFloats(await bench().words('state', WEIGHTS, tokens * (gate.topK + SHARED)));
      for (let token = 0; token < tokens; token++) {
        const own = [...logits.subarray(token * gate.experts, (token + 1) * gate.experts)];
        const expected = route(gate, own, gate.selectionBias ? [...bias] : undefined);
        const from = token * (gate.topK + SHARED);
        expect([...choices.subarray(from, from + gate.topK)]).toEqual(expected.experts);
        // Every token chooses the shared experts, with a weight of 1.
        const behind = from + gate.topK;
        expect([...choices.subarray(behind, behind + SHARED)]).toEqual([gate.experts, gate.experts + 1]);
        expect([...weights.subarray(behind, behind + SHARED)]).toEqual([1, 1]);
        // exp is right to 3 + 2 |x| units in the last place; sums of at most 40 positive numbers and two quotients follow.
        const range = Math.max(...own) - Math.min(...own);
        const relative = (2 * (3 + 2 * range) + gate.experts + 10) * 2 * SINGLE_ROUNDING;
        expectWithin(
          weights.subarray(from, from + gate.topK),
          expected.weights,
          expected.weights.map((weight) => weight * relative),
        );
      }
    },
  );

  test('among equal experts the first are chosen', async () => {
    bench().write('arena', new Float32Array(spec.experts).fill(0.5));
    await router(spec, 1);
    expect([...(await bench().words('state', CHOICES, 6))]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  describe('chosen experts', () => {
    const [experts, topK, width, inner, tokens] = [5, 2, 64, 32, 3];
    const random = new Random(32);
    const gates = testMatrix(random, 'Q4_1', experts * inner, width, 0.2);
    const ups = testMatrix(new Random(35), 'Q8_0', experts * inner, width, 0.2);
    const down = testMatrix(random, 'Q8_0', experts * width, inner, 0.2);
    const x = random.normals(tokens * width, 1);
    const norm = random.normals(width, 0.1, 1);
    const choices = [3, 1, 0, 4, 3, 2];
    const weights = Float32Array.from([0.75, 0.25, 0.5, 0.5, 1.5, -0.125]);

    test('compute their gate and up, of two types, each from a piece that holds it', async () => {
      const place = placeMatrix(bench(), gates);
      const second = placeSecondMatrix(bench(), ups);
      bench().write('arena', x);
      bench().write('arena', new Float32Array(choices.length * inner).fill(NaN), 4000);
      bench().write('vectors', norm, 8);
      bench().write('state', Uint32Array.from(choices), CHOICES);
      const matrixBlocks = (inner * width) / 32;
      const piece = (firstExpert: number, expertCount: number) =>
        ({
          kernel: KERNELS.expertGateUp,
          blocks: 'Q4_1',
          secondBlocks: 'Q8_0',
          constants: { unitsPerLane: 2, hasNorm: true },
          parameters: {
            ...{ input: 0, output: 1000, norm: 2, epsilon: 1e-5, choices: CHOICES, firstExpert, expertCount },
            ...{ blocks: width / 32, rows: inner, matrixBlocks },
            ...{ high: place.high, quants: place.quants + firstExpert * matrixBlocks },
            scales: place.scales + firstExpert * matrixBlocks,
            // Of Q8_0 a block takes two vectors of codes and half a word of scale.
            secondQuants: second.secondQuants + firstExpert * matrixBlocks * 2,
            secondScales: second.secondScales + (firstExpert * matrixBlocks) / 2,
            secondHigh: second.secondHigh,
          },
          workgroups: [inner / 4, topK, tokens],
        }) as const;
      await bench().run(piece(0, 3), piece(3, 2));
      const found = await bench().floats('arena', 4000, choices.length * inner);
      choices.forEach((expert, choice) => {
        const token = Math.floor(choice / topK);
        const normed = plainRmsNorm(x.subarray(token * width, (token + 1) * width), norm, 1e-5);
        const gate = plainProduct(gates, normed, expert * inner, inner);
        const up = plainProduct(ups, normed, expert * inner, inner);
        const expected = gate.product.map((g, row) => plainSilu(g) * (up.product[row] ?? 0));
        const gateError = productBounds('Q4_1', width + width / 2, gate.magnitude);
        const upError = productBounds('Q8_0', width + width / 2, up.magnitude);
        // As for gateUp: the norm adds half a rounding for each element.
        const bounds = gate.product.map(
          (g, row) =>
            1.1 * (gateError[row] ?? 0) * Math.abs(up.product[row] ?? 0) +
            Math.abs(plainSilu(g)) * (upError[row] ?? 0) +
            Math.abs(expected[row] ?? 0) * (2 * Math.abs(g) + 8) * 2 * SINGLE_ROUNDING,
        );
        expectWithin(
          found.subarray(choice * inner, (choice + 1) * inner),
          expected,
          bounds,
          MOST_NMSE.quantized,
        );
      });
    });

    test('are summed with their weights onto the residual, piece by piece', async () => {
      const place = placeMatrix(bench(), down);
      const inputs = new Random(33).normals(choices.length * inner, 1);
      const residual = new Random(34).normals(tokens * width, 1);
      bench().write('arena', inputs);
      bench().write('arena', residual, 4000);
      bench().write('state', Uint32Array.from(choices), CHOICES);
      bench().write('state', new Uint32Array(weights.buffer), WEIGHTS);
      const matrixBlocks = (width * inner) / 32;
      const piece = (firstExpert: number, expertCount: number, from: number) =>
        ({
          kernel: KERNELS.expertDown,
          blocks: 'Q8_0',
          constants: { slots: topK, summed: topK, unitsPerLane: 1 },
          parameters: {
            ...{ input: 0, output: 2000, residual: from, choices: CHOICES, weights: WEIGHTS },
            ...{ blocks: inner / 32, rows: width, matrixBlocks, firstExpert, expertCount, high: place.high },
            ...{ quants: place.quants + firstExpert * matrixBlocks * 2 },
            scales: place.scales + (firstExpert * matrixBlocks) / 2,
          },
          workgroups: [width / 4, tokens, 1],
        }) as const;
      await bench().run(piece(0, 2, 1000), piece(2, 3, 2000));
      const found = await bench().floats('arena', 8000, tokens * width);
      for (let token = 0; token < tokens; token++) {
        const expected = Float64Array.from(residual.subarray(token * width, (token + 1) * width));
        const bounds = expected.map((value) => 4 * Math.abs(value) * SINGLE_ROUNDING);
        for (let i = 0; i < topK; i++) {
          const choice = token * topK + i;
          const weight = weights[choice] ?? 0;
          const own = inputs.subarray(choice * inner, (choice + 1) * inner);
          const { product, magnitude } = plainProduct(down, own, (choices[choice] ?? 0) * width, width);
          const errors = productBounds('Q8_0', topK * inner + 2, magnitude);
          product.forEach((value, row) => {
            expected[row] = (expected[row] ?? 0) + weight * value;
            bounds[row] = (bounds[row] ?? 0) + Math.abs(weight) * (errors[row] ?? 0);
          });
        }
        const part = found.subarray(token * width, (token + 1) * width);
        expectWithin(part, expected, bounds, MOST_NMSE.quantized);
      }
    });

    test.each([
      ['alone', false],
      ['beside a shared expert’s last matrix', true],
    ] as const)('are added in the order of the choices, computed wherever, %s', async (_, hasShared) => {
      const [OUTPUTS, STREAM, INPUT, ROWS] = [1000, 500, 3000, 512];
      // Each choice's row, in no order.
      const rows = [4, 0, 5, 1, 3, 2];
      const outputs = new Random(40).normals(choices.length * width, 1);
      const stream = new Random(41).normals(tokens * width, 1);
      const shared = testMatrix(new Random(42), 'Q5_0', width, inner, 0.2);
      const inputs = new Random(43).normals(tokens * inner, 1);
      const { quants, scales, high } = placeMatrix(bench(), shared);
      bench().write('arena', outputs, 4 * OUTPUTS);
      bench().write('arena', stream, 4 * STREAM);
      bench().write('arena', inputs, 4 * INPUT);
      bench().write('state', Uint32Array.from(rows), ROWS);
      bench().write('state', new Uint32Array(weights.buffer), WEIGHTS);
      const sum = {
        ...{ stream: STREAM, outputs: OUTPUTS, rows: ROWS, weights: WEIGHTS, width4: width / 4 },
      };
      const constants = { topK, slots: topK };
      /** Half of the matrix's rows: it may lie in two pieces. */
      const half = (index: number) => ({
        kernel: KERNELS.downAndExperts,
        blocks: 'Q5_0' as const,
        constants: { ...constants, unitsPerLane: 2 },
        parameters: {
          ...{ ...sum, input: INPUT, inputStride: inner / 4, blocks: inner / 32 },
          first4: (index * width) / 8,
          // Of Q5_0 a block takes a vector of codes, half a word of scale and a word of fifth bits.
          quants: quants + (index * shared.planes.quants.length) / 8,
          scales: scales + (index * shared.planes.scales.length) / 2,
          high: high + (index * shared.planes.high.length) / 2,
        },
        workgroups: [width / 8, tokens, 1] as const,
      });
      if (hasShared) await bench().run(half(0), half(1));
      else
        await bench().run({
          ...{ kernel: KERNELS.addExperts, constants, parameters: sum },
          workgroups: [tokens, 1, 1],
        });
      const found = await bench().floats('arena', 4 * STREAM, tokens * width);
      for (let token = 0; token < tokens; token++) {
        const { product, magnitude } = plainProduct(
          shared,
          inputs.subarray(token * inner, (token + 1) * inner),
        );
        const errors = productBounds('Q5_0', inner, magnitude);
        const expected = Float64Array.from({ length: width }, (__, column) => {
          let value = (stream[token * width + column] ?? 0) + (hasShared ? (product[column] ?? 0) : 0);
          for (let i = token * topK; i < (token + 1) * topK; i++)
            value += (weights[i] ?? 0) * (outputs[(rows[i] ?? 0) * width + column] ?? 0);
          return value;
        });
        // A product and a sum for each choice, of the shared expert's and to the stream: none is larger than all sizes together.
        const bounds = expected.map((__, column) => {
          let size =
            Math.abs(stream[token * width + column] ?? 0) + (hasShared ? (magnitude[column] ?? 0) : 0);
          for (let i = token * topK; i < (token + 1) * topK; i++)
            size += Math.abs((weights[i] ?? 0) * (outputs[(rows[i] ?? 0) * width + column] ?? 0));
          return (hasShared ? (errors[column] ?? 0) : 0) + size * (2 * topK + 2) * SINGLE_ROUNDING;
        });
        expectWithin(found.subarray(token * width, (token + 1) * width), expected, bounds);
      }
    });
  });

  describe('the choices of many tokens', () => {
    const [experts, slots, tileTokens] = [6, 3, 8];
    const tokens = 20;
    const count = tokens * slots;
    const [SORTED, TILES] = [512, 1024];
    const most = Math.floor((count + Math.min(experts, count) * (tileTokens - 1)) / tileTokens);
    const random = new Random(35);
    const distributions: readonly [string, readonly number[]][] = [
      ['any expert', Array.from({ length: count }, () => random.below(experts))],
      // More tiles than any other way has.
      ['one expert, the last', Array.from({ length: count }, () => experts - 1)],
      ['two of them, a token each', Array.from({ length: count }, (_, i) => (i === 5 ? 0 : 4))],
    ];
    const group = {
      kernel: KERNELS.groupTokens,
      constants: { experts, tileTokens },
      parameters: { choices: CHOICES, count, sorted: SORTED, tiles: TILES, tileCount: most },
      workgroups: [1, 1, 1],
    } as const;

    test.each(distributions)('of %s are sorted by expert, in tiles', async (_, choices) => {
      bench().write('state', new Uint32Array(2048).fill(777));
      bench().write('state', Uint32Array.from(choices), CHOICES);
      await bench().run(group);
      const sorted = [...(await bench().words('state', SORTED, count))];
      expect([...sorted].sort((a, b) => a - b)).toEqual(choices.map((__, i) => i));
      const records = await bench().words('state', TILES, 3 * most);
      let next = 0;
      const expertsOfTiles: number[] = [];
      for (let t = 0; t < most; t++) {
        const [expert = 0, first = 0, length = 0] = records.subarray(3 * t, 3 * t + 3);
        if (expert === 0xffffffff) continue;
        expertsOfTiles.push(expert);
        expect(first).toBe(next);
        expect(length).toBeLessThanOrEqual(tileTokens);
        for (const choice of sorted.slice(first, first + length)) expect(choices[choice]).toBe(expert);
        next += length;
      }
      expect(next).toBe(count);
      expect(expertsOfTiles).toEqual([...expertsOfTiles].sort((a, b) => a - b));
      const needed = Array.from({ length: experts }, (__, expert) =>
        Math.ceil(choices.filter((each) => each === expert).length / tileTokens),
      ).reduce((sum, each) => sum + each, 0);
      expect(expertsOfTiles).toHaveLength(needed);
    });

    test.each(distributions)('of %s go through their matrices tile by tile', async (_, choices) => {
      const [width, rows] = [64, 36];
      const matrices = testMatrix(new Random(36), 'Q4_1', experts * rows, width, 0.2);
      const place = placeMatrix(bench(), matrices);
      const inputs = new Random(37).normals(tokens * width, 1);
      // What SwiGLU leaves may be more than a half can hold.
      for (let i = 0; i < width; i++) inputs[3 * width + i] = 1e5 * (inputs[3 * width + i] ?? 0);
      const weights = new Random(38).normals(count, 1);
      const stream = new Random(39).normals(tokens * rows, 1);
      bench().write('state', Uint32Array.from(choices), CHOICES);
      bench().write('state', new Uint32Array(weights.buffer), WEIGHTS);
      bench().write('arena', inputs);
      bench().write('arena', new Float32Array(count * rows).fill(NaN), 4000);
      bench().write('arena', stream, 20_000);
      const matrixBlocks = (rows * width) / 32;
      const piece = (firstExpert: number, expertCount: number) =>
        ({
          kernel: KERNELS.expertTiles,
          workgroupSize: 16,
          blocks: 'Q4_1',
          constants: { side: 4, tokensPerLane: 2 },
          parameters: {
            ...{ input: 0, inputStride: width / 4, choicesOfInput: slots, output: 1000 },
            ...{ outputStride: rows / 4, blocks: width / 32, rows, matrixBlocks },
            ...{ sorted: SORTED, tiles: TILES, firstExpert, expertCount, high: place.high },
            quants: place.quants + firstExpert * matrixBlocks,
            scales: place.scales + firstExpert * matrixBlocks,
          },
          workgroups: [Math.ceil(rows / 16), most, 1],
        }) as const;
      await bench().run(group);
      await bench().run(piece(0, 2), piece(2, 4));
      await bench().run({
        kernel: KERNELS.expertSum,
        constants: { slots, summed: slots },
        parameters: { products: 1000, output: 5000, weights: WEIGHTS, width4: rows / 4 },
        workgroups: [tokens, 1, 1],
      });
      const products = await bench().floats('arena', 4000, count * rows);
      const sums = await bench().floats('arena', 20_000, tokens * rows);
      const expectedSums = Float64Array.from(stream);
      const sumBounds = expectedSums.map((value) => 4 * Math.abs(value) * SINGLE_ROUNDING);
      choices.forEach((expert, choice) => {
        const token = Math.floor(choice / slots);
        const input = inputs.subarray(token * width, (token + 1) * width);
        const { product, magnitude } = plainProduct(matrices, input, expert * rows, rows);
        // 2^-11 where weights are half floats in tiles; their least is 2^-24.
        const bounds = productBounds('Q4_1', width, magnitude).map(
          (bound, row) => bound + 1.001 * 2 ** -11 * (magnitude[row] ?? 0) + 1e-6,
        );
        const own = products.subarray(choice * rows, (choice + 1) * rows);
        expectWithin(own, product, bounds, MOST_NMSE.quantized);
        const weight = weights[choice] ?? 0;
        product.forEach((value, row) => {
          const at = token * rows + row;
          expectedSums[at] = (expectedSums[at] ?? 0) + weight * value;
          // A product, and as many additions as there are slots.
          const size = Math.abs(weight) * (Math.abs(value) + (bounds[row] ?? 0));
          sumBounds[at] =
            (sumBounds[at] ?? 0) +
            Math.abs(weight) * (bounds[row] ?? 0) +
            (slots + 1) * SINGLE_ROUNDING * size;
        });
      });
      expectWithin(sums, expectedSums, sumBounds, MOST_NMSE.quantized);
    });
  });
});
