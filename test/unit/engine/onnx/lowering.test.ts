import { describe, expect, it } from 'vitest';
import type { QuantizationType } from '../../../../src/models/weights.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import type { GgufToWrite } from '../../../support/ggufWriter.ts';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import { TINY_FAMILIES, tinyModel, type TinyModelOptions } from '../../../support/tinyModel.ts';
import { allLogits, relativeError, rmsError, withBackend, withTinyModel } from './tinyBackend.ts';

const TOKENS = [5, 9, 2, 40, 11, 3, 3, 27, 8, 61, 17, 30];

/**
 * Accuracy level 0 computes in single precision. A dot product of 512 terms is off by about sqrt(512) roundings of
 * 2^-24 (independent signs), a layer chains four of them, and two layers and the output make nine: 9 * 22.6 * 6e-8 =
 * 1.2e-5 of a typical value. The largest of some thousand logits errs by four deviations: 5e-5 of the largest logit.
 */
const FLOAT_TOLERANCE = 5e-5;

/**
 * Accuracy level 4 rounds the activations of 32 weights to 8 bits: with a largest value of about 2.5 deviations a step
 * is 2.5/127 deviations, and rounding to it errs by step/sqrt(12) = 0.0057 of a deviation. Nine chained products, none of
 * which amplifies (norms in between), add in squares: 3 * 0.0057 = 0.017. Twice that covers blocks with larger outliers.
 */
const INT8_RMS_TOLERANCE = 0.034;

/**
 * Our own kernels round them to 15 bits: a step is 2.5/16256 deviations, and the rest as above: twice 3 * 4.4e-5.
 */
const INT15_RMS_TOLERANCE = 2.7e-4;

async function errorsOf(
  model: TinyModelOptions | GgufToWrite,
  kernels: 0 | 4 | 'glassbox',
): Promise<{ relative: number; rms: number }> {
  const errors = { relative: NaN, rms: NaN };
  await withTinyModel(model, async (file) => {
    const reference = await ReferenceModel.load(file.spec, file.weights);
    const expected = reference.logits(TOKENS).flatMap((logits) => [...logits]);
    const options = kernels === 'glassbox' ? { kernels } : { accuracyLevel: kernels };
    await withBackend(file, options, async (backend) => {
      const found = await allLogits(backend, TOKENS);
      errors.relative = relativeError(found, expected);
      errors.rms = rmsError(found, expected);
    });
  });
  return errors;
}

/** A tiny llama whose tensors have the types that `typeOf` gives them. */
function mixedModel(
  base: QuantizationType,
  other: QuantizationType,
  isOther: (name: string) => boolean,
): GgufToWrite {
  const first = tinyModel({ type: base });
  const second = tinyModel({ type: other });
  return {
    ...first,
    tensors: first.tensors.map((tensor, index) =>
      isOther(tensor.name) ? (second.tensors[index] ?? tensor) : tensor,
    ),
  };
}

describe('the lowering to ONNX', () => {
  describe.each(TINY_FAMILIES)('of family %s', (family) => {
    it.each(QUANTIZATION_TYPES)('computes the logits of the reference from %s weights', async (type) => {
      const { relative } = await errorsOf({ family, type }, 0);
      expect(relative).toBeLessThan(FLOAT_TOLERANCE);
    });
  });

  it.each(QUANTIZATION_TYPES)(
    'stays within the error of int8 activations at level 4 with %s weights',
    async (type) => {
      const { rms } = await errorsOf({ type }, 4);
      expect(rms).toBeLessThan(INT8_RMS_TOLERANCE);
    },
  );

  it('gives a value matrix of another type than query and key a product of its own', async () => {
    const model = mixedModel('Q4_K', 'Q6_K', (name) => name.includes('attn_v') || name.includes('ffn_down'));
    expect((await errorsOf(model, 0)).relative).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('takes gate and up of different types', async () => {
    const model = mixedModel('Q4_0', 'Q5_1', (name) => name.includes('ffn_up'));
    expect((await errorsOf(model, 0)).relative).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('uses a tied embedding for the output', async () => {
    const { relative } = await errorsOf({ type: 'Q4_1', embeddingType: 'Q8_0', tiedEmbedding: true }, 0);
    expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('divides rotary frequencies by the factors of the file', async () => {
    const ropeFactors = Array.from({ length: 32 }, (_, i) => 1 + i / 4);
    const { relative } = await errorsOf({ type: 'Q8_0', ropeFactors }, 0);
    expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('runs heads that share no key with another', async () => {
    const { relative } = await errorsOf({ type: 'Q4_0', queryHeads: 4, kvHeads: 4 }, 0);
    expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  });
});
