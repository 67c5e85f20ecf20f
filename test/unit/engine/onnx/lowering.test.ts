import { describe, expect, it } from 'vitest';
import type { QuantizationType } from '../../../../src/models/weights.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import type { GgufToWrite } from '../../../support/ggufWriter.ts';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import { TINY_FAMILIES, tinyModel, type TinyModelOptions } from '../../../support/tinyModel.ts';
import type { OnnxBackendOptions } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
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
 * Our own kernels round them to 12 bits: a step is 2.5/2039 deviations, and nine products as above chain to
 * 3 * 3.5e-4 = 1.1e-3. Codes of types with minima are multiplied as they are, without a centre, so that half of what is
 * multiplied is taken off again: with the squares of 0 to 15 or 31 for those around the middle, twice as much. Twice
 * that for outliers.
 */
const INT12_RMS_TOLERANCE = 4.3e-3;

const KERNELS = {
  "ONNX Runtime's kernels in floats": { accuracyLevel: 0 },
  "ONNX Runtime's kernels at level 4": { accuracyLevel: 4 },
  "Glassbox's kernels": { kernels: 'glassbox' },
} as const satisfies Record<string, OnnxBackendOptions>;
type KernelName = keyof typeof KERNELS;

function expectWithinTolerance(
  kernels: KernelName,
  { relative, rms }: { readonly relative: number; readonly rms: number },
): void {
  if (kernels === "ONNX Runtime's kernels in floats") expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  else if (kernels === "Glassbox's kernels") expect(rms).toBeLessThan(INT12_RMS_TOLERANCE);
  else expect(rms).toBeLessThan(INT8_RMS_TOLERANCE);
}

/** Compares with the reference what some kernels compute. */
async function expectReference(
  model: TinyModelOptions | GgufToWrite,
  names: readonly KernelName[] = ["ONNX Runtime's kernels in floats", "Glassbox's kernels"],
): Promise<void> {
  await withTinyModel(model, async (file) => {
    const reference = await ReferenceModel.load(file.spec, file.weights);
    const expected = reference.logits(TOKENS).flatMap((logits) => [...logits]);
    for (const name of names) {
      await withBackend(file, KERNELS[name], async (backend) => {
        const found = await allLogits(backend, TOKENS);
        const errors = { relative: relativeError(found, expected), rms: rmsError(found, expected) };
        expectWithinTolerance(name, errors);
      });
    }
  });
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
      await expectReference({ family, type });
    });
  });

  it.each(QUANTIZATION_TYPES)(
    'stays within the error of int8 activations at level 4 with %s weights',
    async (type) => {
      await expectReference({ type }, ["ONNX Runtime's kernels at level 4"]);
    },
  );

  it('gives a value matrix of another type than query and key a product of its own', async () => {
    const model = mixedModel('Q4_K', 'Q6_K', (name) => name.includes('attn_v') || name.includes('ffn_down'));
    await expectReference(model);
  });

  it('takes gate and up of different types', async () => {
    const model = mixedModel('Q4_0', 'Q5_1', (name) => name.includes('ffn_up'));
    await expectReference(model);
  });

  it('takes floats between blocks, and blocks between floats', async () => {
    await expectReference(mixedModel('Q4_0', 'F16', (name) => /attn_k|ffn_gate/.test(name)));
    await expectReference(mixedModel('F32', 'Q8_0', (name) => /attn_k|ffn_down/.test(name)));
  });

  it('adds the biases of matrices that are multiplied apart', async () => {
    const [blocks, floats] = [
      tinyModel({ family: 'qwen2', type: 'Q4_0' }),
      tinyModel({ family: 'qwen2', type: 'F16' }),
    ];
    const tensors = blocks.tensors.map((tensor, index) =>
      tensor.name.includes('attn_k.weight') ? (floats.tensors[index] ?? tensor) : tensor,
    );
    await expectReference({ ...blocks, tensors });
  });

  it('uses a tied embedding for the output', async () => {
    await expectReference({ type: 'Q4_1', embeddingType: 'Q8_0', tiedEmbedding: true });
  });

  it('divides rotary frequencies by the factors of the file', async () => {
    const ropeFactors = Array.from({ length: 32 }, (_, i) => 1 + i / 4);
    await expectReference({ type: 'Q8_0', ropeFactors });
  });

  it('runs heads that share no key with another', async () => {
    await expectReference({ type: 'Q4_0', queryHeads: 4, kvHeads: 4 });
  });
});
