import { describe, expect, it } from 'vitest';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { allLogits, rmsError, withBackend, withTinyModel } from './tinyBackend.ts';

const TOKENS = [5, 9, 2, 40, 11, 3, 3, 27, 8, 61, 17, 30];
/** Derived in lowering.test.ts for activations of 8 bits. */
const INT8_RMS_TOLERANCE = 0.034;

const TOO_WIDE: readonly [string, TinyModelOptions, RegExp][] = [
  [
    'latents',
    { family: 'deepseek2', latent: { latentRank: 544 }, experts: { draftLayers: 0 } },
    /ours takes latents and rotated keys of at most 512 dimensions, not 544\.$/,
  ],
  ['heads', { headDim: 544 }, /ours takes heads of at most 512 dimensions, not 544\.$/],
];

describe.each(TOO_WIDE)('A model whose %s are wider than our attention takes', (_, model, remark) => {
  it("runs with ONNX Runtime's attention and our products, and the report says so", async () => {
    await withTinyModel({ ...model, type: 'Q8_0', layers: 2 }, async (file) => {
      const reference = await ReferenceModel.load(file.spec, file.weights);
      const expected = reference.logits(TOKENS).flatMap((logits) => [...logits]);
      await withBackend(file, {}, async (backend) => {
        expect(backend.runtime).toMatchObject({
          kernels: { by: 'glassbox', reason: expect.stringMatching(remark) as string },
        });
        expect(rmsError(await allLogits(backend, TOKENS), expected)).toBeLessThan(INT8_RMS_TOLERANCE);
      });
    });
  });

  it('is refused before it is loaded where our kernels and no others were asked for', async () => {
    await withTinyModel({ ...model, type: 'Q8_0', layers: 2 }, async (file) => {
      const load = withBackend(file, { kernels: 'glassbox' }, () => Promise.resolve());
      await expect(load).rejects.toMatchObject({
        code: 'model/unsupported',
        message: expect.stringContaining('of at most 512 dimensions, not 544') as string,
      });
    });
  });
});
