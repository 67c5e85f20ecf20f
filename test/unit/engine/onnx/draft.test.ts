import { describe, expect, it, vi } from 'vitest';
import type { BackendSequence } from '../../../../src/engine/backends/backend.ts';
import type { OnnxBackendOptions } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import { OnnxModel } from '../../../../src/engine/backends/onnx/onnxModel.ts';
import type { BackendModel } from '../../../../src/engine/backends/backend.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { relativeError, withTinyModel } from './tinyBackend.ts';

/** Latent attention, experts and a layer that drafts. */
const MODEL: TinyModelOptions = { family: 'deepseek2', type: 'Q8_0', layers: 2 };
/** Two chunks that wait and one more. */
const TOKENS = Array.from({ length: 300 }, (_, i) => (i * 37 + 11) % 60);

/** Derived in lowering.test.ts; the draft is one layer more, and two norms. */
const FLOAT_TOLERANCE = 5e-5;

async function withDraftingModel(
  options: OnnxBackendOptions,
  use: (model: BackendModel, file: ModelFile) => Promise<void>,
): Promise<void> {
  await withTinyModel(MODEL, async (file) => {
    const model = await createOnnxBackend(options).load(file.spec, file.weights, { threads: 1, draft: true });
    try {
      await use(model, file);
    } finally {
      await model.dispose();
    }
  });
}

async function proposal(sequence: BackendSequence, next: number): Promise<Float32Array> {
  const logits = await sequence.draft?.propose(next);
  if (logits === undefined) throw new Error('nothing was proposed');
  return Float32Array.from(logits);
}

describe('a draft', () => {
  it('proposes what the reference computes for it, at the prompt and while tokens come and go', async () => {
    await withDraftingModel({ accuracyLevel: 0 }, async (model, { spec, weights }) => {
      const reference = await ReferenceModel.load(spec, weights);
      const tokens = TOKENS.slice(0, 24);
      const expected = reference.draft(tokens, reference.run(tokens)).logits;
      const sequence = model.createSequence(64);
      const check = async (): Promise<void> => {
        const found = await proposal(sequence, tokens[sequence.length] ?? NaN);
        // The row of the last token in the cache: it knows the next one and looks for the one behind.
        expect(relativeError(found, expected[sequence.length - 1] ?? [])).toBeLessThan(FLOAT_TOLERANCE);
      };
      await sequence.append(tokens.slice(0, 12));
      await check();
      // Both accepted.
      await sequence.append(tokens.slice(12, 14));
      await check();
      // A wrong guess goes again.
      await sequence.append([tokens[14] ?? NaN, 59]);
      sequence.rewind(15);
      await check();
      // Nobody asked for a while.
      await sequence.append(tokens.slice(15, 16));
      await sequence.append(tokens.slice(16, 20));
      await check();
      sequence.dispose();
    });
  });

  it('reads a long prompt in the pieces in which it comes, as in one', async () => {
    await withDraftingModel({ accuracyLevel: 0 }, async (model) => {
      const proposals: Float32Array[] = [];
      for (const sizes of [[299], [128, 128, 43], [1, 200, 98], new Array<number>(299).fill(1)]) {
        const sequence = model.createSequence(300);
        for (const size of sizes) {
          await sequence.append(TOKENS.slice(sequence.length, sequence.length + size));
        }
        proposals.push(await proposal(sequence, TOKENS[299] ?? NaN));
        sequence.dispose();
      }
      const [whole = [], ...others] = proposals;
      for (const other of others) expect(relativeError(other, whole)).toBeLessThan(FLOAT_TOLERANCE);
    });
  });

  it('reads a prompt while that is computed, and what a reply adds when it is asked', async () => {
    await withDraftingModel({}, async (model) => {
      if (!(model instanceof OnnxModel)) throw new Error('not the model that drafts');
      const forward = vi.spyOn(model, 'forwardDraft');
      const read = (): number[] => forward.mock.calls.splice(0).map(([{ tokens }]) => tokens.length);
      const sequence = model.createSequence(64);
      await sequence.append(TOKENS.slice(0, 20));
      // The token behind the last is not known yet.
      expect(read()).toEqual([19]);
      await proposal(sequence, 20);
      expect(read()).toEqual([1]);
      await sequence.append(TOKENS.slice(20, 23));
      await sequence.append(TOKENS.slice(23, 24));
      expect(read()).toEqual([]);
      await proposal(sequence, 24);
      expect(read()).toEqual([4]);
      sequence.dispose();
    });
  });

  it('changes nothing of what the model says', async () => {
    await withDraftingModel({}, async (model) => {
      const logits: number[][] = [];
      for (const asks of [true, false]) {
        const sequence = model.createSequence(64);
        await sequence.append(TOKENS.slice(0, 20));
        const collected: number[] = [];
        for (let position = 20; position < 26; position += 2) {
          if (asks) await proposal(sequence, TOKENS[position] ?? NaN);
          collected.push(...(await sequence.append(TOKENS.slice(position, position + 2))));
        }
        logits.push(collected);
        sequence.dispose();
      }
      expect(logits[0]).toEqual(logits[1]);
    });
  });

  it('has nothing to say when no token came since it was asked, and goes on when one does', async () => {
    await withDraftingModel({}, async (model) => {
      const sequence = model.createSequence(64);
      expect(await sequence.draft?.propose(1)).toBeUndefined();
      await sequence.append(TOKENS.slice(0, 20));
      await proposal(sequence, 1);
      expect(await sequence.draft?.propose(2)).toBeUndefined();
      sequence.rewind(7);
      expect(await sequence.draft?.propose(2)).toBeUndefined();
      await sequence.append([1, 2]);
      await proposal(sequence, 3);
      sequence.dispose();
    });
  });

  it('is stopped with its sequence unharmed', async () => {
    await withDraftingModel({}, async (model) => {
      const [stopped, other] = [model.createSequence(64), model.createSequence(64)];
      for (const sequence of [stopped, other]) await sequence.append(TOKENS.slice(0, 20));
      await expect(stopped.draft?.propose(3, { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'request/cancelled',
      });
      await expect(stopped.append([3], { signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'request/cancelled',
      });
      expect(await proposal(stopped, 3)).toEqual(await proposal(other, 3));
      stopped.dispose();
      other.dispose();
    });
  });

  it('proposes the same, bit for bit, through both bindings', async () => {
    const proposals: Float32Array[] = [];
    for (const binding of ['c-api', 'javascript'] as const) {
      await withDraftingModel({ binding, kernels: 'onnxruntime', shardBytes: 1 }, async (model) => {
        const sequence = model.createSequence(64);
        await sequence.append(TOKENS.slice(0, 20));
        proposals.push(await proposal(sequence, 3));
        sequence.dispose();
      });
    }
    expect(proposals[0]).toEqual(proposals[1]);
  });

  it('is not there unless it was loaded, and is paid for where it is', async () => {
    await withTinyModel(MODEL, async ({ spec, weights }) => {
      const backend = createOnnxBackend();
      const plain = await backend.estimate(spec, weights, { contextTokens: 100 });
      const drafting = await backend.estimate(spec, weights, { contextTokens: 100, draft: true });
      expect(drafting.weightBytes).toBeGreaterThan(plain.weightBytes);
      const rows = 100 * (64 + 16) * 2;
      expect(drafting.kvBytes - plain.kvBytes).toBe(rows);

      const model = await backend.load(spec, weights, { threads: 1 });
      const sequence = model.createSequence(100);
      expect(sequence.draft).toBeUndefined();
      expect(sequence.kvBytes).toBe(2 * rows);
      sequence.dispose();
      await model.dispose();
    });
  });
});
