import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackendModel } from '../../../../src/engine/backends/backend.ts';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import type { TinyModelOptions } from '../../../support/tinyModel.ts';
import { allLogits, relativeError, withBackend, withTinyModel } from './tinyBackend.ts';

const MODEL: TinyModelOptions = { type: 'Q4_1', layers: 3 };
/** Each layer a shard of its own, so that the hand-over between sessions is part of every test. */
const SHARD_BYTES = 1;
/** More than one chunk. */
const PROMPT = Array.from({ length: 150 }, (_, i) => (i * 37 + 11) % 60);

/**
 * Kernels may add in another order for another number of tokens; at level 0 that moves the last bits of a single
 * precision sum. The bound is derived in lowering.test.ts.
 */
const FLOAT_TOLERANCE = 5e-5;

describe('a sequence', () => {
  let model: BackendModel;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const released = deferred<undefined>();
    const opened = deferred<BackendModel>();
    const lifetime = withTinyModel(MODEL, (file) =>
      withBackend(file, { accuracyLevel: 0, shardBytes: SHARD_BYTES }, async (backend) => {
        opened.resolve(backend);
        await released.promise;
      }),
    );
    model = await Promise.race([
      opened.promise,
      lifetime.then(() => Promise.reject(new Error('not loaded'))),
    ]);
    close = () => {
      released.resolve(undefined);
      return lifetime;
    };
  });
  afterAll(() => close());

  it('gives the same logits token by token as in one piece', async () => {
    const sequence = model.createSequence(PROMPT.length);
    const single: number[] = [];
    for (const token of PROMPT.slice(0, 20)) single.push(...(await sequence.append([token])));
    const whole = await allLogits(model, PROMPT.slice(0, 20));
    expect(relativeError(single, whole)).toBeLessThan(FLOAT_TOLERANCE);
    sequence.dispose();
  });

  it('gives the same logits in pieces of any size as in one', async () => {
    const whole = await allLogits(model, PROMPT);
    const sequence = model.createSequence(PROMPT.length);
    let start = 0;
    let last = new Float32Array();
    for (const size of [1, 7, 64, 3, 75]) {
      last = Float32Array.from(await sequence.append(PROMPT.slice(start, start + size)));
      start += size;
    }
    expect(sequence.length).toBe(PROMPT.length);
    expect(relativeError(last, whole.subarray(-last.length))).toBeLessThan(FLOAT_TOLERANCE);
    sequence.dispose();
  });

  it('answers after a rewind as if the rest had never been there', async () => {
    const sequence = model.createSequence(40);
    const fresh = Float32Array.from(await sequence.append(PROMPT.slice(0, 30)));
    sequence.rewind(12);
    await sequence.append([1, 2, 3, 4, 5, 6]);
    sequence.rewind(12);
    expect(sequence.length).toBe(12);
    const again = await sequence.append(PROMPT.slice(12, 30));
    expect(relativeError(again, fresh)).toBeLessThan(FLOAT_TOLERANCE);
    sequence.dispose();
  });

  it('does not depend on how much room it has', async () => {
    const roomy = model.createSequence(1000);
    const found = await roomy.append(PROMPT.slice(0, 30), { allLogits: true });
    expect(relativeError(found, await allLogits(model, PROMPT.slice(0, 30)))).toBeLessThan(FLOAT_TOLERANCE);
    roomy.dispose();
  });

  it('stays apart from another one that is fed in turn', async () => {
    const one = model.createSequence(32);
    const other = model.createSequence(32);
    await Promise.all([one.append(PROMPT.slice(0, 10)), other.append(PROMPT.slice(50, 60))]);
    const foundOne = Float32Array.from(await one.append(PROMPT.slice(10, 20)));
    const foundOther = Float32Array.from(await other.append(PROMPT.slice(60, 70)));
    const vocabulary = (await allLogits(model, [1])).length;
    const alone = await allLogits(model, PROMPT.slice(0, 20));
    const otherAlone = await allLogits(model, PROMPT.slice(50, 70));
    expect(relativeError(foundOne, alone.subarray(-vocabulary))).toBeLessThan(FLOAT_TOLERANCE);
    expect(relativeError(foundOther, otherAlone.subarray(-vocabulary))).toBeLessThan(FLOAT_TOLERANCE);
    one.dispose();
    other.dispose();
  });

  it('refuses more tokens than fit, and keeps what it has', async () => {
    const sequence = model.createSequence(8);
    await sequence.append([1, 2, 3]);
    await expect(sequence.append([1, 2, 3, 4, 5, 6])).rejects.toMatchObject({ code: 'context/overflow' });
    expect(sequence.length).toBe(3);
    await sequence.append([1, 2, 3, 4, 5]);
    expect(sequence.length).toBe(8);
    sequence.dispose();
  });

  it('refuses a token that is not in the vocabulary', async () => {
    const sequence = model.createSequence(8);
    for (const token of [-1, 1e9, 0.5, NaN]) {
      await expect(sequence.append([token])).rejects.toMatchObject({ code: 'request/invalid' });
    }
    expect(sequence.length).toBe(0);
    sequence.dispose();
  });

  it('refuses to rewind to where it never was', async () => {
    const sequence = model.createSequence(8);
    await sequence.append([1, 2, 3]);
    for (const length of [-1, 4, 1.5, NaN]) expect(() => sequence.rewind(length)).toThrow(RangeError);
    sequence.dispose();
  });

  it('refuses a second append before the first has ended', async () => {
    const sequence = model.createSequence(8);
    const first = sequence.append([1, 2, 3]);
    await expect(sequence.append([4])).rejects.toBeInstanceOf(GlassboxError);
    await first;
    expect(sequence.length).toBe(3);
    sequence.dispose();
  });

  it.each(['c-api', 'javascript'] as const)(
    'leaves the logits alone while its caller does not wait, through the %s binding',
    async (binding) => {
      await withTinyModel(MODEL, (file) =>
        withBackend(file, { binding }, async (backend) => {
          const sequence = backend.createSequence(2);
          const logits = await sequence.append([3]);
          const before = Float32Array.from(logits);
          const appending = sequence.append([5]);
          // Time for the layers, and for a head that did not wait, to compute on other threads; this one never waits for them.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
          expect(logits).toEqual(before);
          await appending;
          expect(logits).not.toEqual(before);
          sequence.dispose();
        }),
      );
    },
  );

  it('leaves others a turn of the event loop for every token, however short its passes are', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    const sequence = model.createSequence(20);
    for (const token of PROMPT.slice(0, 20)) await sequence.append([token]);
    clearImmediate(counting);
    expect(turns).toBeGreaterThanOrEqual(20);
    sequence.dispose();
  });

  it('may be disposed while it is appended to', async () => {
    const sequence = model.createSequence(200);
    const appended = sequence.append(PROMPT);
    sequence.dispose();
    expect(await appended).toHaveLength((await allLogits(model, [1])).length);
    await expect(sequence.append([1])).rejects.toBeInstanceOf(GlassboxError);
  });
});

describe.each([
  ['biases (Qwen2)', { family: 'qwen2' }],
  ['norms of queries and keys (Qwen3)', { family: 'qwen3' }],
  ['experts', { family: 'qwen3moe', experts: { count: 8, topK: 2, innerLength: 64 } }],
  ['rotation of neighbours (Llama)', { family: 'llama' }],
] as const)('with kernels of our own, a model with %s', (_, family) => {
  it('gives the same bits in pieces of any size, rewound and among other rows, with one thread and two', async () => {
    await withTinyModel({ ...MODEL, ...family }, async ({ spec, weights }) => {
      let expected: Float32Array | undefined;
      for (const threads of [1, 2]) {
        const model = await createOnnxBackend({ kernels: 'glassbox' }).load(spec, weights, { threads });
        const whole = await allLogits(model, PROMPT);
        expected ??= whole;
        expect(whole).toEqual(expected);
        const sequence = model.createSequence(PROMPT.length);
        for (const sizes of [
          [127, 1, 1, 1, 20],
          [1, 7, 64, 3, 75],
        ]) {
          await sequence.append(PROMPT.slice(90));
          sequence.rewind(0);
          const found: number[] = [];
          for (const size of sizes) {
            const piece = PROMPT.slice(sequence.length, sequence.length + size);
            found.push(...(await sequence.append(piece, { allLogits: true })));
          }
          expect(Float32Array.from(found)).toEqual(expected);
          sequence.rewind(0);
        }
        await sequence.append(PROMPT);
        sequence.rewind(126);
        const vocabulary = spec.vocabularySize;
        const row = await sequence.append(PROMPT.slice(126, 127));
        expect(row).toEqual(expected.slice(126 * vocabulary, 127 * vocabulary));
        sequence.dispose();
        await model.dispose();
      }
    });
  });
});

describe('stopping', () => {
  // Large enough that a chunk takes many times longer than a timer needs to fire.
  const model: TinyModelOptions = {
    type: 'Q8_0',
    layers: 4,
    embeddingLength: 1024,
    innerLength: 4096,
    seed: 2,
  };
  const prompt = Array.from({ length: 512 }, (_, i) => (i * 37 + 11) % 60);

  it('ends a run in its middle and leaves the sequence as it was', async () => {
    await withTinyModel(model, async (file) => {
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
        // The same pieces run the same kernels on the same numbers.
        expect(after).toEqual(Float32Array.from(await fresh.append(prompt.slice(10, 30))));
        sequence.dispose();
        fresh.dispose();
      });
    });
  });

  it('ends a pass that is too short for another thread before it begins', async () => {
    await withTinyModel(MODEL, async (file) => {
      await withBackend(file, {}, async (backend) => {
        const sequence = backend.createSequence(8);
        const stop = new AbortController();
        const stopped = sequence.append([1], { signal: stop.signal });
        stop.abort();
        await expect(stopped).rejects.toMatchObject({ code: 'request/cancelled' });
        expect(sequence.length).toBe(0);
        sequence.dispose();
      });
    });
  });

  it('refuses a run whose signal has fired already', async () => {
    await withTinyModel(MODEL, async (file) => {
      await withBackend(file, {}, async (backend) => {
        const sequence = backend.createSequence(8);
        await expect(sequence.append([1], { signal: AbortSignal.abort() })).rejects.toMatchObject({
          code: 'request/cancelled',
        });
        expect(sequence.length).toBe(0);
        await sequence.append([1]);
        sequence.dispose();
      });
    });
  });

  it('ends loading between two shards', async () => {
    await withTinyModel(MODEL, async ({ spec, weights }) => {
      const stop = new AbortController();
      const loading = createOnnxBackend({ shardBytes: SHARD_BYTES }).load(spec, weights, {
        threads: 1,
        signal: stop.signal,
        onProgress: () => stop.abort(),
      });
      await expect(loading).rejects.toMatchObject({ code: 'request/cancelled' });
    });
  });
});

describe('the two bindings', () => {
  it('give the same logits, bit for bit', async () => {
    await withTinyModel(MODEL, async (file) => {
      const logits: number[][] = [];
      for (const binding of ['c-api', 'javascript', 'c-api'] as const) {
        await withBackend(
          file,
          { binding, kernels: 'onnxruntime', shardBytes: SHARD_BYTES },
          async (backend) => {
            expect(backend.runtime).toMatchObject({ binding, version: '1.30.0', threads: 1 });
            expect(backend.runtime.reason).not.toBe('');
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
      expect(logits[2]).toEqual(logits[0]);
    });
  });
});

describe('an unloaded model', () => {
  it('finishes what it was asked before and refuses everything after', async () => {
    await withTinyModel(MODEL, async ({ spec, weights }) => {
      const model = await createOnnxBackend().load(spec, weights, { threads: 1 });
      const sequence = model.createSequence(8);
      const appended = sequence.append([1, 2, 3]);
      const disposed = model.dispose();
      expect(await appended).toHaveLength(spec.vocabularySize);
      await disposed;
      await expect(sequence.append([4])).rejects.toMatchObject({ code: 'model/notLoaded' });
      expect(() => model.createSequence(8)).toThrow(
        expect.objectContaining({ code: 'model/notLoaded' }) as Error,
      );
      sequence.dispose();
      await model.dispose();
    });
  });
});

describe('a load', () => {
  it('reports progress that grows to one', async () => {
    await withTinyModel(MODEL, async ({ spec, weights }) => {
      const reported: number[] = [];
      const model = await createOnnxBackend({ shardBytes: SHARD_BYTES }).load(spec, weights, {
        threads: 1,
        onProgress: (fraction) => reported.push(fraction),
      });
      await model.dispose();
      expect(reported.length).toBeGreaterThan(2);
      expect(reported).toEqual([...reported].sort((a, b) => a - b));
      expect(reported.at(-1)).toBe(1);
    });
  });

  it('gives the same logits in one session as in several', async () => {
    await withTinyModel(MODEL, async (file) => {
      const logits: Float32Array[] = [];
      for (const shardBytes of [SHARD_BYTES, 1 << 30]) {
        await withBackend(file, { accuracyLevel: 0, shardBytes }, async (backend) => {
          logits.push(await allLogits(backend, PROMPT.slice(0, 30)));
        });
      }
      expect(relativeError(logits[0] ?? [], logits[1] ?? [])).toBeLessThan(FLOAT_TOLERANCE);
    });
  });

  it('passes on what is wrong with the file', async () => {
    await withTinyModel(MODEL, async ({ spec, weights }) => {
      const broken = {
        ...weights,
        tensors: weights.tensors,
        read: weights.read.bind(weights),
        readRows: () => Promise.reject(new GlassboxError('model/corrupt', 'The file ends early.')),
        close: () => Promise.resolve(),
      };
      await expect(createOnnxBackend().load(spec, broken, { threads: 1 })).rejects.toMatchObject({
        code: 'model/corrupt',
      });
    });
  });
});

/** Promise.withResolvers, which Node 20 lacks. */
function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}
