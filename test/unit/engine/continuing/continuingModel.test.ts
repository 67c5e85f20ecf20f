import { expect, it } from 'vitest';
import type { BackendModel, BackendSequence } from '../../../../src/engine/backends/backend.ts';
import { ContinuingModel } from '../../../../src/engine/backends/continuing/continuingModel.ts';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import { TINY_VARIANTS } from '../../../support/tinyVariants.ts';
import { withTinyModel } from '../onnx/tinyBackend.ts';

const TOKENS = [3, 1, 4, 1, 5];
const BROKEN = new GlassboxError('runtime/gpuFailed', 'The GPU is broken.');

/** A real model on the CPU; those that stand for a GPU's break when they are told to. */
class Home {
  isBroken = false;
  isFull = false;
  readonly events: string[];

  constructor(events: string[]) {
    this.events = events;
  }

  async load({ spec, weights }: ModelFile): Promise<BackendModel> {
    const model = await createOnnxBackend({ accuracyLevel: 0 }).load(spec, weights, {
      threads: 1,
      draft: true,
    });
    const { createSequence, dispose } = model;
    model.createSequence = (capacity): BackendSequence => {
      if (this.isFull) throw BROKEN;
      return this.#breakable(createSequence.call(model, capacity));
    };
    model.dispose = async () => {
      this.events.push('released');
      await dispose.call(model);
    };
    return model;
  }

  #breakable(sequence: BackendSequence): BackendSequence {
    const { append, draft } = sequence;
    sequence.append = async (tokens, options) => {
      if (this.isBroken) throw BROKEN;
      return append.call(sequence, tokens, options);
    };
    const propose = draft?.propose.bind(draft);
    if (draft && propose)
      draft.propose = async (next, options) => {
        if (this.isBroken) throw BROKEN;
        return propose(next, options);
      };
    return sequence;
  }
}

/** A model at home on such a GPU, which can go to the CPU. */
async function withContinuing(
  use: (parts: {
    readonly gpu: Home;
    readonly model: ContinuingModel;
    readonly events: string[];
    /** Of the CPU alone. */
    readonly expected: (tokens: readonly number[]) => Promise<Float32Array>;
  }) => Promise<void>,
  mayLoad: () => boolean = () => true,
): Promise<void> {
  await withTinyModel({ ...TINY_VARIANTS.V3 }, async (file) => {
    const events: string[] = [];
    const gpu = new Home(events);
    const onCpu = (draft: boolean): Promise<BackendModel> =>
      createOnnxBackend({ accuracyLevel: 0 }).load(file.spec, file.weights, { threads: 1, draft });
    const model = new ContinuingModel(await gpu.load(file), {
      loadOther: async () => {
        events.push('loading');
        if (!mayLoad()) throw new GlassboxError('model/unreadable', 'The file is away.');
        return onCpu(false);
      },
      onContinued: (message) => events.push(message),
    });
    const expected = async (tokens: readonly number[]): Promise<Float32Array> => {
      const plain = await onCpu(false);
      const sequence = plain.createSequence(16);
      const logits = Float32Array.from(await sequence.append(tokens));
      sequence.dispose();
      await plain.dispose();
      return logits;
    };
    await use({ gpu, model, events, expected });
    await model.dispose();
  });
}

it('A model that continues drafts as long as its GPU works, and then guesses nothing', () =>
  withContinuing(async ({ gpu, model, expected }) => {
    const sequence = model.createSequence(16);
    await sequence.append(TOKENS);
    const { draft } = sequence;
    expect(await draft?.propose(9)).toBeInstanceOf(Float32Array);
    await sequence.append([9]);
    gpu.isBroken = true;
    expect(await draft?.propose(2)).toBeUndefined();
    expect(await sequence.append([2])).toEqual(await expected([...TOKENS, 9, 2]));
    expect(sequence.draft).toBeUndefined();
    expect(await draft?.propose(7)).toBeUndefined();
    sequence.dispose();
  }));

it('What failed is released before the other is loaded, for all sequences at once', () =>
  withContinuing(async ({ gpu, model, events, expected }) => {
    const [one, other, idle] = [16, 16, 16].map((capacity) => model.createSequence(capacity));
    await one?.append(TOKENS);
    await other?.append([7]);
    gpu.isBroken = true;
    const [first, second] = await Promise.all([one?.append([2]), other?.append([8])]);
    expect(events).toEqual(['released', 'loading', 'The GPU is broken. The answer goes on on the CPU.']);
    expect(first).toEqual(await expected([...TOKENS, 2]));
    expect(second).toEqual(await expected([7, 8]));
    expect(await idle?.append([6])).toEqual(await expected([6]));
    for (const sequence of [one, other, idle]) sequence?.dispose();
  }));

it('A conversation for which the GPU has no room is one for the CPU', () =>
  withContinuing(async ({ gpu, model, events, expected }) => {
    gpu.isFull = true;
    const sequence = model.createSequence(16);
    expect(sequence.kvBytes).toBe(0);
    expect(await sequence.append(TOKENS)).toEqual(await expected(TOKENS));
    expect(events.at(-1)).toBe('The GPU is broken. The answer goes on on the CPU.');
    expect(sequence.kvBytes).toBeGreaterThan(0);
    sequence.dispose();
  }));

it('Where the CPU cannot load it either, the asker is told, and the next one tries again with nothing lost', () => {
  let mayLoad = false;
  return withContinuing(
    async ({ gpu, model, events, expected }) => {
      const sequence = model.createSequence(16);
      await sequence.append(TOKENS);
      gpu.isBroken = true;
      await expect(sequence.append([2])).rejects.toMatchObject({ code: 'model/unreadable' });
      expect(sequence.length).toBe(TOKENS.length);
      const late = model.createSequence(16);
      await expect(late.append([2])).rejects.toMatchObject({ code: 'model/unreadable' });
      mayLoad = true;
      expect(await sequence.append([2])).toEqual(await expected([...TOKENS, 2]));
      expect(await late.append([4])).toEqual(await expected([4]));
      expect(events.filter((event) => event.startsWith('The GPU'))).toHaveLength(1);
      sequence.dispose();
      late.dispose();
    },
    () => mayLoad,
  );
});
