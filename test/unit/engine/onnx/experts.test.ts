import { describe, expect, it } from 'vitest';
import type { ExpertFeedForward } from '../../../../src/models/spec.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import {
  type ExpertLayer,
  type LayerRun,
  expertLayer,
  inputs,
  twin,
  withExpertLayer,
  type WithLayerOptions,
} from './expertLayer.ts';
import { relativeError, rmsError } from './tinyBackend.ts';

/**
 * Accuracy level 0: a dot product of n terms is off by about sqrt(n) roundings of 2^-24, and gate, down and the weighted
 * sum chain three of at most 256: 3 * 16 * 6e-8 = 2.9e-6 of a typical value. The largest of some thousand outputs errs by
 * four deviations.
 */
const FLOAT_TOLERANCE = 1.2e-5;

/**
 * A logit of the router is such a sum of 96 terms and about 2: off by 10 * 6e-8 * 2 = 1.2e-6, and a weight, at most
 * exponential in it, by that share. Four deviations.
 */
const WEIGHT_TOLERANCE = 5e-6;

/** Level 4, as in lowering.test.ts: two chained products, sqrt(2) * 0.0057, and twice that for outliers. */
const INT8_RMS_TOLERANCE = 0.017;

/** Our kernels, likewise: two products with inputs of 12 bits, sqrt(2) * 3.5e-4, twice for minima and twice for outliers. */
const INT12_RMS_TOLERANCE = 2e-3;

async function runOnce(
  layer: ExpertLayer,
  x: Float32Array<ArrayBuffer>,
  options: WithLayerOptions = {},
): Promise<LayerRun> {
  let result: LayerRun | undefined;
  await withExpertLayer(layer, options, async (run) => {
    result = await run(x);
  });
  if (result === undefined) throw new Error('the layer did not run');
  return result;
}

function expectSameRouting(found: LayerRun, expected: LayerRun, width = 96): void {
  expect(found.routing.map(({ experts }) => experts)).toEqual(expected.routing.map(({ experts }) => experts));
  const weights = ({ routing }: LayerRun): number[] => routing.flatMap((token) => token.weights);
  expect(relativeError(weights(found), weights(expected))).toBeLessThan(
    WEIGHT_TOLERANCE * Math.sqrt(width / 96),
  );
}

async function expectTwin(layer: ExpertLayer, tokens = 24, options: WithLayerOptions = {}): Promise<void> {
  const x = inputs(layer, tokens);
  const [found, expected] = [await runOnce(layer, x, options), await twin(layer, x)];
  expectSameRouting(found, expected);
  expect(relativeError(found.outputs, expected.outputs)).toBeLessThan(FLOAT_TOLERANCE);
}

describe('experts', () => {
  const gates: Readonly<Record<string, Partial<ExpertFeedForward>>> = {
    'softmax, as it is (V2-Lite)': { gate: 'softmax', normalizeWeights: false, sharedInnerLength: 128 },
    'softmax, scaled': { gate: 'softmax', normalizeWeights: false, weightScale: 16 },
    'softmax, normalised (Qwen3)': { gate: 'softmax' },
    'softmax with a bias': { gate: 'softmax', selectionBias: true },
    'softmax with groups (V2)': {
      gate: 'softmax',
      normalizeWeights: false,
      weightScale: 16,
      groups: { count: 4, chosen: 2 },
    },
    'softmax with one group': { gate: 'softmax', groups: { count: 2, chosen: 1 } },
    sigmoid: {},
    'sigmoid, as it is': { normalizeWeights: false },
    'sigmoid with groups': { groups: { count: 4, chosen: 2 }, topK: 3 },
    'sigmoid with a bias, normalised and scaled': { selectionBias: true, weightScale: 2.5 },
    'sigmoid with a bias and groups (V3)': {
      selectionBias: true,
      weightScale: 2.5,
      groups: { count: 4, chosen: 2 },
      topK: 4,
      sharedInnerLength: 64,
    },
    'one expert a token': { topK: 1 },
    'all experts': { topK: 8, selectionBias: true },
  };

  it.each(Object.entries(gates))(
    "choose and weigh by %s with Glassbox's operator as with ONNX Runtime's, which may differ by rounding",
    async (_, feedForward) => {
      const layer = expertLayer({ feedForward: { experts: 16, ...feedForward }, width: 256, type: 'Q8_0' });
      for (const tokens of [1, 24]) {
        const x = inputs(layer, tokens);
        const expected = await twin(layer, x);
        const ours = await runOnce(layer, x, { kernels: 'glassbox' });
        expectSameRouting(ours, expected, 256);
        expectSameRouting(ours, await runOnce(layer, x), 256);
      }
    },
  );

  it.each(Object.entries(gates))('choose and weigh by %s', async (_, feedForward) => {
    await expectTwin(expertLayer({ feedForward }));
  });

  // Types with minima split the blocks' sums besides.
  it.each(['Q8_0', 'Q4_K'] as const)(
    'of %s weights are split and joined again and again where operators may have few tensors, none without rows',
    async (type) => {
      const layer = expertLayer({ feedForward: { experts: 20, expertInnerLength: 256 }, width: 256, type });
      for (const tokens of [1, 24]) await expectTwin(layer, tokens, { mostTensors: 4 });
    },
  );

  // Rows of 256 are whole blocks of every type.
  const wide = { feedForward: { experts: 4, expertInnerLength: 256, sharedInnerLength: 256 }, width: 256 };

  it.each(QUANTIZATION_TYPES)('of %s weights compute what their values give', async (type) => {
    await expectTwin(expertLayer({ ...wide, type }), 12);
  });

  it('whose gates and ups are of different types have a product for each', async () => {
    await expectTwin(expertLayer({ ...wide, type: 'Q4_0', upType: 'Q4_K' }), 12);
  });

  it.each(QUANTIZATION_TYPES)(
    'of %s weights are chosen by exact inputs, though they themselves see rounded ones at level 4',
    async (type) => {
      const layer = expertLayer({ ...wide, type });
      const x = inputs(layer, 12);
      const [found, expected] = [await runOnce(layer, x, { accuracyLevel: 4 }), await twin(layer, x)];
      expectSameRouting(found, expected);
      expect(rmsError(found.outputs, expected.outputs)).toBeLessThan(INT8_RMS_TOLERANCE);
    },
  );

  it.each(QUANTIZATION_TYPES)(
    "of %s weights are chosen by exact inputs and multiplied with 12 bits of them by Glassbox's kernels",
    async (type) => {
      const layer = expertLayer({ ...wide, type });
      const x = inputs(layer, 12);
      const [found, expected] = [await runOnce(layer, x, { kernels: 'glassbox' }), await twin(layer, x)];
      expectSameRouting(found, expected);
      expect(rmsError(found.outputs, expected.outputs)).toBeLessThan(INT12_RMS_TOLERANCE);
    },
  );

  it("of several types, with floats among them, are multiplied by Glassbox's kernels or else by ONNX Runtime's", async () => {
    for (const upType of ['Q6_K', 'F16'] as const) {
      const layer = expertLayer({ ...wide, type: 'Q4_1', upType });
      const x = inputs(layer, 12);
      const [found, expected] = [await runOnce(layer, x, { kernels: 'glassbox' }), await twin(layer, x)];
      expect(rmsError(found.outputs, expected.outputs)).toBeLessThan(
        upType === 'F16' ? INT8_RMS_TOLERANCE : INT12_RMS_TOLERANCE,
      );
    }
  });
});

describe('an expert that all tokens want', () => {
  const favourite = 5;
  const bias = Float32Array.from({ length: 8 }, (_, expert) => (expert === favourite ? 9 : 0));

  it('is asked for all, beside one more for each', async () => {
    const layer = expertLayer({ feedForward: { selectionBias: true }, replace: { 'router.bias': bias } });
    await expectTwin(layer, 128);
    const { routing } = await twin(layer, inputs(layer, 128));
    expect(routing.every(({ experts }) => experts[0] === favourite)).toBe(true);
  });

  it('may be the only one: nobody chooses the others', async () => {
    const layer = expertLayer({
      feedForward: { selectionBias: true, topK: 1 },
      replace: { 'router.bias': bias },
    });
    await expectTwin(layer, 128);
  });
});

describe('pieces of a prompt', () => {
  it.each([0, 4] as const)('give the same as all of it, at accuracy level %i', async (accuracyLevel) => {
    const feedForward: Partial<ExpertFeedForward> = {
      experts: 16,
      topK: 3,
      selectionBias: true,
      sharedInnerLength: 64,
    };
    const layer = expertLayer({ feedForward, type: 'Q4_1' });
    const x = inputs(layer, 128);
    await withExpertLayer(layer, { accuracyLevel }, async (run) => {
      const whole = await run(x);
      const outputs: number[] = [];
      const routing: LayerRun['routing'][number][] = [];
      let start = 0;
      for (const tokens of [1, 1, 2, 60, 64]) {
        const piece = await run(x.slice(start * layer.width, (start + tokens) * layer.width));
        outputs.push(...piece.outputs);
        routing.push(...piece.routing);
        start += tokens;
      }
      expectSameRouting({ outputs, routing }, whole);
      // Another number of rows may be another kernel, which may add in another order, also at level 4.
      expect(relativeError(outputs, whole.outputs)).toBeLessThan(FLOAT_TOLERANCE);
    });
  });
});

describe("pieces of a prompt with Glassbox's kernels", () => {
  it('give what all of it gives, bit for bit', async () => {
    const feedForward: Partial<ExpertFeedForward> = { experts: 16, topK: 3, selectionBias: true };
    const layer = expertLayer({ feedForward, type: 'Q4_1' });
    const x = inputs(layer, 128);
    await withExpertLayer(layer, { kernels: 'glassbox' }, async (run) => {
      const whole = await run(x);
      let start = 0;
      for (const tokens of [1, 1, 2, 60, 64]) {
        const [first, end] = [start * layer.width, (start + tokens) * layer.width];
        const piece = await run(x.slice(first, end));
        // The router's own products may add in another order for another number of tokens; with the same weights, the
        // experts give the same bits.
        const same = piece.routing.every(({ weights }, token) =>
          weights.every((weight, place) => weight === whole.routing[start + token]?.weights[place]),
        );
        if (same) expect(piece.outputs).toEqual(whole.outputs.slice(first, end));
        expect(relativeError(piece.outputs, whole.outputs.slice(first, end))).toBeLessThan(FLOAT_TOLERANCE);
        start += tokens;
      }
    });
  });
});

describe('the router', () => {
  const kernels = ['onnxruntime', 'glassbox'] as const;
  // Of types that our products multiply: 128 columns of whole blocks.
  const blocks = { width: 128, type: 'Q8_0' } as const;

  it.each(kernels)('takes the lower of equal experts, and of equal groups (%s)', async (kernels) => {
    const feedForward = { groups: { count: 4, chosen: 2 }, topK: 3 } as const;
    const layer = expertLayer({ ...blocks, feedForward, replace: { router: new Float32Array(8 * 128) } });
    const { routing } = await runOnce(layer, inputs(layer, 3), { kernels });
    for (const token of routing) {
      expect(token.experts).toEqual([0, 1, 2]);
      for (const weight of token.weights) expect(weight).toBeCloseTo(1 / 3, 6);
    }
  });

  it.each(kernels)('divides by no sum below the least one, as llama.cpp (%s)', async (kernels) => {
    // Logits from -20 to -13: scores of at most some millionths.
    const router = Float32Array.from({ length: 8 * 128 }, (_, i) => (Math.floor(i / 128) - 20) / 128);
    const layer = expertLayer({ ...blocks, replace: { router } });
    const x = new Float32Array(layer.width).fill(1);
    const [found, expected] = [await runOnce(layer, x, { kernels }), await twin(layer, x)];
    expect(found.routing[0]?.experts).toEqual(expected.routing[0]?.experts);
    const [largest = NaN, second = NaN] = found.routing[0]?.weights ?? [];
    // Divided by their own sum they would be 0.73 and 0.27. ONNX Runtime's sigmoid is exact to 1e-7 of 1.
    const tolerance = 1e-7 / 2 ** -14;
    expect(Math.abs(largest - 2.26e-6 / 2 ** -14)).toBeLessThan(tolerance);
    expect(Math.abs(second - 8.32e-7 / 2 ** -14)).toBeLessThan(tolerance);
  });

  it.each(kernels)('keeps logits of any size apart (%s)', async (kernels) => {
    // Logits from 0 to 84 below the best: a float has softmax values for all of them, and ranks them.
    const router = Float32Array.from({ length: 8 * 128 }, (_, i) => (-12 * Math.floor(i / 128)) / 128);
    const feedForward = { gate: 'softmax', normalizeWeights: false, topK: 8 } as const;
    const layer = expertLayer({ ...blocks, feedForward, replace: { router } });
    const { routing } = await runOnce(layer, new Float32Array(128).fill(1), { kernels });
    expect(routing[0]?.experts).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // Logits of 84 are off by some roundings of 2^-24 * 84 = 5e-6, and a softmax value by as much of itself.
    routing[0]?.weights.forEach((weight, i) =>
      expect(Math.abs(weight / Math.exp(-12 * i) - 1)).toBeLessThan(5e-5),
    );
  });

  it.each([NaN, Infinity, -Infinity])('with a weight of %d is refused by name', async (weight) => {
    const router = new Float32Array(8 * 96);
    router[100] = weight;
    await expect(runOnce(expertLayer({ replace: { router } }), new Float32Array(96))).rejects.toMatchObject({
      code: 'model/corrupt',
      message: expect.stringContaining('"layer.0.router.weight"') as string,
    });
  });

  it('with a bias of NaN is refused by name', async () => {
    const layer = expertLayer({
      feedForward: { selectionBias: true },
      replace: { 'router.bias': new Float32Array(8).fill(NaN) },
    });
    await expect(runOnce(layer, new Float32Array(96))).rejects.toMatchObject({
      code: 'model/corrupt',
      message: expect.stringContaining('"layer.0.router.bias.weight"') as string,
    });
  });
});

describe('the two bindings', () => {
  it('compute the same, bit for bit', async () => {
    const layer = expertLayer({ feedForward: { selectionBias: true, sharedInnerLength: 64 }, type: 'Q4_0' });
    const x = inputs(layer, 40);
    const [cApi, javaScript] = [
      await runOnce(layer, x, { accuracyLevel: 4, binding: 'c-api' }),
      await runOnce(layer, x, { accuracyLevel: 4, binding: 'javascript' }),
    ];
    expect(javaScript).toEqual(cApi);
  });
});
