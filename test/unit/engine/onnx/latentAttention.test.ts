import { describe, expect, it } from 'vitest';
import {
  createOnnxBackend,
  type OnnxBackendOptions,
} from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import type { QuantizationType } from '../../../../src/models/weights.ts';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { allLogits, relativeError, rmsError, withBackend, withTinyModel } from './tinyBackend.ts';

const LAYERS = 3;
const [HEADS, LATENT_RANK, PLAIN_DIM, ROTARY_DIM, VALUE_DIM] = [4, 64, 32, 16, 32];
const TOKENS = [5, 9, 2, 40, 11, 3, 3, 27, 8, 61, 17, 30];
/** More than one chunk. */
const PROMPT = Array.from({ length: 150 }, (_, i) => (i * 37 + 11) % 60);
/** Each layer a shard of its own. */
const SHARD_BYTES = 1;

/**
 * Derived in lowering.test.ts. The latent space adds products of at most 80 terms to a layer, whose roundings vanish beside
 * those of 512.
 */
const FLOAT_TOLERANCE = 5e-5;
const INT8_RMS_TOLERANCE = 0.034;

/** A model whose every layer has latent attention, and none has experts: what is compared is attention. */
async function withLatentModel(
  options: TinyModelOptions,
  use: (file: ModelFile) => Promise<void>,
): Promise<void> {
  // The format wants experts in at least one layer: the last, which is left away.
  const experts = { denseLayers: LAYERS, draftLayers: 0 } as const;
  await withTinyModel({ family: 'deepseek2', layers: LAYERS + 1, experts, ...options }, (file) =>
    use({ ...file, spec: { ...file.spec, layers: file.spec.layers.slice(0, LAYERS) } }),
  );
}

async function errorsOf(
  options: TinyModelOptions,
  backendOptions: OnnxBackendOptions,
): Promise<{ relative: number; rms: number }> {
  const errors = { relative: NaN, rms: NaN };
  await withLatentModel(options, async (file) => {
    const reference = await ReferenceModel.load(file.spec, file.weights);
    const expected = reference.logits(TOKENS).flatMap((logits) => [...logits]);
    await withBackend(file, backendOptions, async (backend) => {
      const found = await allLogits(backend, TOKENS);
      errors.relative = relativeError(found, expected);
      errors.rms = rmsError(found, expected);
    });
  });
  return errors;
}

describe('latent attention in the absorbed form', () => {
  it.each<QuantizationType>(['F32', 'Q4_0', 'Q4_1', 'Q8_0', 'Q6_K'])(
    'computes what keys and values of every head give, from %s weights',
    async (type) => {
      expect((await errorsOf({ type }, { accuracyLevel: 0 })).relative).toBeLessThan(FLOAT_TOLERANCE);
    },
  );

  it('stays within the error of int8 activations at level 4', async () => {
    expect((await errorsOf({ type: 'Q8_0' }, { accuracyLevel: 4 })).rms).toBeLessThan(INT8_RMS_TOLERANCE);
  });

  it('takes queries that are not compressed', async () => {
    const { relative } = await errorsOf({ type: 'Q8_0', latent: { queryRank: 0 } }, { accuracyLevel: 0 });
    expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('takes key and value projections that lie in one tensor', async () => {
    const { relative } = await errorsOf({ type: 'Q8_0', latent: { unsplit: true } }, { accuracyLevel: 0 });
    expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  });

  it('takes heads whose parts differ in every size', async () => {
    const latent = { queryRank: 32, latentRank: 96, plainDim: 64, rotaryDim: 8, valueDim: 32 };
    const { relative } = await errorsOf({ type: 'Q8_0', queryHeads: 5, latent }, { accuracyLevel: 0 });
    expect(relative).toBeLessThan(FLOAT_TOLERANCE);
  });
});

/** What our operator keeps of weights that are no blocks: ONNX Runtime multiplies those in single precision. */
const OURS = { kernels: 'glassbox' } as const;
/** A half float rounds latents and keys to 2^-11 of themselves, once a layer, which changes scores and values by as much. */
const HALF_TOLERANCE = LAYERS * 2 ** -10;

describe('latent attention of our own', () => {
  it.each([
    ['compressed queries', {}],
    ['queries that are not compressed', { latent: { queryRank: 0 } }],
    ['key and value projections in one tensor', { latent: { unsplit: true } }],
    [
      'parts of all sizes',
      {
        queryHeads: 5,
        latent: { queryRank: 32, latentRank: 96, plainDim: 64, rotaryDim: 8, valueDim: 32 },
      },
    ],
    ['parts that fill no panel', { latent: { latentRank: 40, plainDim: 24, valueDim: 20 } }],
  ] as const)('computes what keys and values of every head give, with %s', async (_, options) => {
    expect((await errorsOf({ type: 'F32', ...options }, OURS)).relative).toBeLessThan(HALF_TOLERANCE);
  });

  it('gives the same logits, bit for bit, in pieces of any size', async () => {
    await withLatentModel({ type: 'Q8_0' }, async (file) => {
      await withBackend(file, OURS, async (backend) => {
        const whole = await allLogits(backend, PROMPT);
        for (const size of [1, 2, 8, 11]) {
          const sequence = backend.createSequence(PROMPT.length);
          const logits: number[] = [];
          for (let start = 0; start < PROMPT.length; start += size) {
            const piece = PROMPT.slice(start, start + size);
            logits.push(...(await sequence.append(piece, { allLogits: true })));
          }
          expect(relativeError(logits, whole)).toBe(0);
          sequence.dispose();
        }
      });
    });
  });
});

describe('a sequence with a latent cache', () => {
  it('gives the same logits in pieces of any size as in one', async () => {
    await withLatentModel({ type: 'Q8_0' }, async (file) => {
      await withBackend(file, { accuracyLevel: 0, shardBytes: SHARD_BYTES }, async (backend) => {
        const whole = (await allLogits(backend, PROMPT)).slice(-file.spec.vocabularySize);
        for (const sizes of [
          [1, 7, 64, 3, 75],
          [149, 1],
        ]) {
          const sequence = backend.createSequence(1000);
          let start = 0;
          let last = new Float32Array();
          for (const size of sizes) {
            last = Float32Array.from(await sequence.append(PROMPT.slice(start, start + size)));
            start += size;
          }
          expect(relativeError(last, whole)).toBeLessThan(FLOAT_TOLERANCE);
          sequence.dispose();
        }
      });
    });
  });

  it('holds a latent vector and a rotated key for each token and layer, once and in half floats', async () => {
    await withLatentModel({ type: 'Q8_0' }, async (file) => {
      await withBackend(file, {}, async (backend) => {
        const sequence = backend.createSequence(100);
        const bytesPerToken = (LATENT_RANK + ROTARY_DIM) * 2;
        expect(sequence.kvBytes).toBe(100 * LAYERS * bytesPerToken);
        expect(sequence.kvLayers).toHaveLength(LAYERS);
        for (const layer of sequence.kvLayers) {
          expect(layer).toEqual({
            parts: [{ kind: 'latent', bytesPerToken }],
            dataType: 'float16',
            plainBytesPerToken: HEADS * (PLAIN_DIM + ROTARY_DIM + VALUE_DIM) * 2,
          });
        }
        sequence.dispose();
      });
    });
  });

  it('answers after a rewind, bit for bit, as if the rest had never been there, and beside another', async () => {
    await withLatentModel({ type: 'Q4_1' }, async (file) => {
      await withBackend(file, { shardBytes: SHARD_BYTES }, async (backend) => {
        const [rewound, fresh] = [backend.createSequence(64), backend.createSequence(64)];
        await rewound.append(PROMPT.slice(0, 12));
        await fresh.append(PROMPT.slice(0, 12));
        await rewound.append([1, 2, 3, 4, 5, 6]);
        rewound.rewind(12);
        expect(rewound.length).toBe(12);
        const again = Float32Array.from(await rewound.append(PROMPT.slice(12, 30)));
        // The same pieces run the same kernels on the same numbers.
        expect(again).toEqual(Float32Array.from(await fresh.append(PROMPT.slice(12, 30))));
        rewound.dispose();
        fresh.dispose();
      });
    });
  });

  it('gives the same logits, bit for bit, through both bindings', async () => {
    await withLatentModel({ type: 'Q4_1' }, async (file) => {
      const logits: number[][] = [];
      for (const binding of ['c-api', 'javascript'] as const) {
        await withBackend(
          file,
          { binding, kernels: 'onnxruntime', shardBytes: SHARD_BYTES },
          async (backend) => {
            const sequence = backend.createSequence(64);
            await sequence.append(PROMPT.slice(0, 20));
            const first = [...(await sequence.append([7]))];
            sequence.rewind(10);
            logits.push([...first, ...(await sequence.append([8, 9, 10]))]);
            sequence.dispose();
          },
        );
      }
      expect(logits[1]).toEqual(logits[0]);
    });
  });

  it('stays as it was when a run is stopped in its middle', async () => {
    // Large enough that a chunk takes many times longer than a timer needs to fire.
    const large: TinyModelOptions = { type: 'Q8_0', embeddingLength: 1024, innerLength: 4096 };
    const prompt = Array.from({ length: 512 }, (_, i) => (i * 37 + 11) % 60);
    await withLatentModel(large, async (file) => {
      await withBackend(file, {}, async (backend) => {
        const sequence = backend.createSequence(600);
        await sequence.append(prompt.slice(0, 10));
        const stop = new AbortController();
        const stopped = sequence.append(prompt, { signal: stop.signal });
        setTimeout(() => stop.abort(), 1);
        await expect(stopped).rejects.toMatchObject({ code: 'request/cancelled' });
        expect(sequence.length).toBe(10);

        const after = Float32Array.from(await sequence.append(prompt.slice(10, 30)));
        const fresh = backend.createSequence(30);
        await fresh.append(prompt.slice(0, 10));
        expect(after).toEqual(Float32Array.from(await fresh.append(prompt.slice(10, 30))));
        sequence.dispose();
        fresh.dispose();
      });
    });
  });

  it('is estimated by its rows, not by keys and values', async () => {
    await withLatentModel({ type: 'Q8_0' }, async ({ spec, weights }) => {
      const backend = createOnnxBackend();
      const short = await backend.estimate(spec, weights, { contextTokens: 100 });
      const long = await backend.estimate(spec, weights, { contextTokens: 1100 });
      const ropeTables = ROTARY_DIM * 4; // cos and sin of half as many pairs
      expect((long.kvBytes - short.kvBytes) / 1000).toBe(
        LAYERS * (LATENT_RANK + ROTARY_DIM) * 2 + ropeTables,
      );
    });
  });
});
