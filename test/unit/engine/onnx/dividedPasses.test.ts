import { describe, expect, it } from 'vitest';
import type {
  AppendOptions,
  BackendModel,
  BackendSequence,
} from '../../../../src/engine/backends/backend.ts';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { withTinyModel } from './tinyBackend.ts';

const GROUPED: TinyModelOptions = { type: 'Q4_1', layers: 2 };
const LATENT: TinyModelOptions = { family: 'deepseek2', type: 'Q8_0', layers: 3 };
const CAPACITY = 64;
const PROMPT = [5, 17, 3, 40, 8, 21, 2];
/** Of each number of rows so many are to be divided: the other thread is not always at its core. */
const DIVIDED = 2;

/** A model whose passes may be divided, and the same one whose passes are not. */
async function withBoth(
  { spec, weights }: ModelFile,
  shardBytes: number | undefined,
  use: (divided: BackendModel, alone: BackendModel) => Promise<void>,
): Promise<void> {
  const backend = createOnnxBackend({
    kernels: 'glassbox',
    givesWay: false,
    ...(shardBytes !== undefined && { shardBytes }),
  });
  const draft = spec.draft !== undefined;
  const divided = await backend.load(spec, weights, { threads: 1, draft, hasSpareThread: true });
  const alone = await backend.load(spec, weights, { threads: 1, draft });
  try {
    await use(divided, alone);
  } finally {
    await divided.dispose();
    await alone.dispose();
  }
}

/** All that a pass tells, and where it leaves the sequence. */
async function passOf(
  sequence: BackendSequence,
  tokens: readonly number[],
  { allLogits = true } = {},
): Promise<unknown> {
  const [experts, weights]: [number[], number[]] = [[], []];
  const options: AppendOptions = {
    allLogits,
    onRouting: (routing) => {
      experts.push(...routing.experts);
      weights.push(...routing.weights);
    },
  };
  const logits = Float32Array.from(await sequence.append(tokens, options));
  const proposed = await sequence.draft?.propose(1);
  return {
    logits,
    experts,
    weights,
    proposed: proposed && Float32Array.from(proposed),
    length: sequence.length,
  };
}

describe.each([
  ['grouped attention, a session for each layer', GROUPED, 1],
  ['latent attention, experts and a draft', LATENT, undefined],
] as const)('passes that are divided between two threads: %s', (_, model, shardBytes) => {
  it('say the same as others, to the last bit', async () => {
    await withTinyModel(model, (file) =>
      withBoth(file, shardBytes, async (divided, alone) => {
        const sequences = [divided.createSequence(CAPACITY), alone.createSequence(CAPACITY)];
        for (const sequence of sequences) await sequence.append(PROMPT);
        for (let rows = 1, pass = 0; rows <= 16; rows++) {
          const wanted = rows === 1 ? 0 : (divided.dividedPasses ?? NaN) + DIVIDED;
          do {
            const tokens = Array.from({ length: rows }, (__, row) => (pass * 7 + row * 11) % 60);
            const before = sequences[0]?.length ?? NaN;
            const said: unknown[] = [];
            for (const sequence of sequences) said.push(await passOf(sequence, tokens));
            expect(said[0]).toEqual(said[1]);
            // Some rows stay, so that later ones read what either thread has put into the cache.
            const kept = before + (pass % rows);
            for (const sequence of sequences) sequence.rewind(kept > CAPACITY / 2 ? PROMPT.length : kept);
            pass++;
          } while ((divided.dividedPasses ?? NaN) < wanted);
        }
        expect(alone.dividedPasses).toBeUndefined();
        for (const sequence of sequences) sequence.dispose();
      }),
    );
  });

  it.each([17, 33, 128, 150])('compute a prompt of %i tokens as others do', async (length) => {
    await withTinyModel({ ...model, contextLength: 256 }, (file) =>
      withBoth(file, shardBytes, async (divided, alone) => {
        const prompt = Array.from({ length }, (__, index) => (index * 29 + 3) % 60);
        do {
          const said: unknown[] = [];
          for (const { sequence } of [divided, alone].map((of) => ({ sequence: of.createSequence(256) }))) {
            const end = await passOf(sequence, prompt, { allLogits: false });
            // It attends to all that the prompt has put into the cache, and is not divided.
            said.push([end, await passOf(sequence, [1])]);
            sequence.dispose();
          }
          expect(said[0]).toEqual(said[1]);
        } while ((divided.dividedPasses ?? NaN) < DIVIDED * Math.ceil(length / 128));
      }),
    );
  });
});

describe('a model whose passes may be divided', () => {
  it('refuses a token that is not in the vocabulary, in either part, and goes on', async () => {
    await withTinyModel(GROUPED, (file) =>
      withBoth(file, undefined, async (divided, alone) => {
        const [one, other] = [divided.createSequence(CAPACITY), alone.createSequence(CAPACITY)];
        for (const sequence of [one, other]) await sequence.append(PROMPT);
        while ((divided.dividedPasses ?? NaN) < DIVIDED) {
          for (const wrong of [
            [99_999, 1, 2, 3],
            [1, 2, 3, 99_999],
          ])
            await expect(one.append(wrong, { allLogits: true })).rejects.toMatchObject({
              code: 'request/invalid',
            });
          expect(await passOf(one, [4, 9, 1])).toEqual(await passOf(other, [4, 9, 1]));
          for (const sequence of [one, other]) sequence.rewind(PROMPT.length);
        }
      }),
    );
  });

  it('can be unloaded right behind such a pass', async () => {
    await withTinyModel(GROUPED, (file) =>
      withBoth(file, undefined, async (divided) => {
        const sequence = divided.createSequence(CAPACITY);
        await sequence.append(PROMPT);
        await sequence.append([1, 2], { allLogits: true });
        sequence.dispose();
        await divided.dispose();
        expect(() => divided.createSequence(CAPACITY)).toThrow();
      }),
    );
  });

  it("divides nothing where ONNX Runtime attends, which tells one thread nothing of the other's rows", async () => {
    await withTinyModel(LATENT, async ({ spec, weights }) => {
      const backend = createOnnxBackend({ kernels: 'onnxruntime' });
      const model = await backend.load(spec, weights, { threads: 1, hasSpareThread: true });
      expect(model.dividedPasses).toBeUndefined();
      await model.dispose();
    });
  });
});
