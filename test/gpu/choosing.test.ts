import { describe, expect, test } from 'vitest';
import type { ComputeDevice } from '../../native/webgpu/computeDevice.ts';
import type { BackendModel, BackendSequence } from '../../src/engine/backends/backend.ts';
import type { Logits } from '../../src/engine/sampling/bestLogits.ts';
import { PROBE_TOKENS, runProbe, type ProbeRun } from '../../src/engine/backends/choice/probe.ts';
import { needOfSampling } from '../../src/engine/sampling/needOfSampling.ts';
import { Sampler } from '../../src/engine/sampling/sampler.ts';
import { bestDetail, tokenDetail } from '../../src/engine/sampling/tokenDetail.ts';
import type { ResolvedSampling } from '../../src/protocol/generation.ts';
import { TINY_VARIANTS } from '../support/tinyVariants.ts';
import { withGpuModel, withSmallModel } from './support/gpuModels.ts';

const VOCABULARY = 700;
const MODEL = { ...TINY_VARIANTS.qwen3moe, type: 'Q8_0', vocabularySize: VOCABULARY } as const;
/** Layers with experts times experts of a token (tinyModel.ts). */
const CHOICES = 2 * 2;
/** Slices of which the last is shorter, and fewer logits than are asked for. */
const TUNING = { sliceLogits: 160 };
const PROMPT = Array.from({ length: 20 }, (_, i) => (i * 37 + 11) % 60);
const REPLY_TOKENS = 24;

const SAMPLING: ResolvedSampling = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, seed: 3 },
  ...{ repetitionPenalty: 1, repetitionWindow: 64 },
};
/** And what comes back for it. */
const WAYS: readonly [string, ResolvedSampling, readonly ('all' | 'best')[]][] = [
  ['greedily', SAMPLING, ['best']],
  [
    'by top-k, top-p and min-p',
    { ...SAMPLING, temperature: 0.7, topK: 40, topP: 0.95, minP: 0.05 },
    ['best'],
  ],
  ['by top-p', { ...SAMPLING, temperature: 0.6, topP: 0.2 }, ['best']],
  [
    'by top-p, of which the best are often not enough',
    { ...SAMPLING, temperature: 0.6, topP: 0.9 },
    ['all', 'best'],
  ],
  ['of all, with a penalty', { ...SAMPLING, temperature: 1, topK: 20, repetitionPenalty: 1.2 }, ['all']],
];

/** The model, and the bytes that its last submission copied out. */
function withModel(use: (model: BackendModel, copied: () => number) => Promise<void>): Promise<void> {
  let bytes = 0;
  const onDevice = ({ handle }: ComputeDevice): void => {
    const create = handle.createCommandEncoder.bind(handle);
    handle.createCommandEncoder = (descriptor) => {
      bytes = 0;
      const encoder = create(descriptor);
      const copy = encoder.copyBufferToBuffer.bind(encoder) as (...args: unknown[]) => undefined;
      Object.assign(encoder, {
        copyBufferToBuffer: (...args: unknown[]): void => {
          bytes += Number(args[4]);
          copy(...args);
        },
      });
      return encoder;
    };
  };
  return withSmallModel(MODEL, (file) =>
    withGpuModel(file, { onDevice, tuning: TUNING }, (model) => use(model, () => bytes)),
  );
}

/** Of the last token. */
async function behind(
  sequence: BackendSequence,
  tokens: readonly number[],
  sampler: Sampler,
): Promise<Logits> {
  if (!sequence.appendBest) throw new Error('the sequence does not look for the best');
  const [logits] = await sequence.appendBest(tokens, { need: sampler.need });
  if (logits === undefined) throw new Error('there are no logits');
  return logits;
}

describe('On the GPU', () => {
  test('the tokens that are chosen are those that all logits give, in each way to choose', async () => {
    await withModel(async (model) => {
      for (const [way, sampling, expectedKinds] of WAYS) {
        const [one, other] = [model.createSequence(64), model.createSequence(64)];
        const onGpu = new Sampler(VOCABULARY, sampling);
        const onCpu = new Sampler(VOCABULARY, sampling);
        const kinds = new Set<'all' | 'best'>();
        let tokens = PROMPT;
        for (let i = 0; i < REPLY_TOKENS; i++) {
          const found = await behind(one, tokens, onGpu);
          kinds.add(found instanceof Float32Array ? 'all' : 'best');
          const token = onGpu.sample(found);
          const expected = onCpu.sample(await other.append(tokens));
          expect(token, `token ${String(i)} ${way}`).toBe(expected);
          onGpu.accept(token);
          onCpu.accept(token);
          tokens = [token];
        }
        expect([...kinds].sort(), way).toEqual(expectedKinds);
        expect(one.length).toBe(other.length);
        one.dispose();
        other.dispose();
      }
    });
  });

  test('the best come back for each row, with the routing, and nothing else does', async () => {
    await withModel(async (model, copied) => {
      const sequence = model.createSequence(64);
      const need = { count: 5, suffices: () => true };
      const logits = Float32Array.from(await sequence.append(PROMPT, { allLogits: true }));
      sequence.rewind(0);
      let routed = 0;
      const rows = await sequence.appendBest?.(PROMPT, {
        need,
        allLogits: true,
        onRouting: ({ tokens }) => (routed += tokens),
      });
      expect(routed).toBe(PROMPT.length);
      expect(rows).toHaveLength(PROMPT.length);
      rows?.forEach((best, row) => {
        if (best instanceof Float32Array) throw new Error('all logits came back');
        const own = logits.subarray(row * VOCABULARY, (row + 1) * VOCABULARY);
        const token = best.ids[2] ?? 0;
        const [found, expected] = [bestDetail(best, token), tokenDetail(own, token)];
        expect(found.alternatives.map((each) => each.token)).toEqual(
          expected.alternatives.map((each) => each.token),
        );
        // The sums' error is at most 1e-4 (massError) of themselves, and that of an entropy twice as much of it.
        expect(found.logProbability).toBeCloseTo(expected.logProbability, 3);
        expect(found.entropy).toBeCloseTo(expected.entropy, 3);
      });
      await sequence.appendBest?.([7], { need, onRouting: () => undefined });
      // Four words of sums, five ids and logits; choices and weights.
      expect(copied()).toBe(4 * (4 + 2 * 5) + 4 * 2 * CHOICES);
      sequence.dispose();
    });
  });

  test('a backend is measured by what a reply brings back, and compared by all logits', async () => {
    await withModel(async (model, copied) => {
      const probe = Array.from({ length: PROBE_TOKENS }, (_, i) => (i * 37 + 11) % 60);
      const run = async (sampling: ResolvedSampling): Promise<ProbeRun> =>
        runProbe(model, probe, {
          need: needOfSampling(sampling),
          now: () => performance.now(),
          signal: new AbortController().signal,
          onStep: () => undefined,
        });
      const { logits } = await run({ ...SAMPLING, temperature: 0.7, topK: 40 });
      expect(logits).toHaveLength(PROBE_TOKENS * VOCABULARY);
      // Of the last token four words of sums, forty ids and logits.
      expect(copied()).toBe(4 * (4 + 2 * 40));
      await run({ ...SAMPLING, repetitionPenalty: 1.2 });
      expect(copied()).toBe(4 * VOCABULARY);
    });
  });

  test('numbers that cannot be logits are none to choose from', async () => {
    const kernelText = (kernel: string, source: string): string =>
      kernel === 'matVec' ? source.replace('= select(vec4f(0.0), result, isRow)', '= result / 0.0') : source;
    await withSmallModel(MODEL, (file) =>
      withGpuModel(file, { faults: { kernelText } }, async (model) => {
        const sequence = model.createSequence(64);
        const need = { count: 5, suffices: () => true };
        const failed = sequence.appendBest?.([1], { need });
        await expect(failed).rejects.toMatchObject({ code: 'runtime/gpuFailed' });
        expect(sequence.length).toBe(0);
        sequence.dispose();
      }),
    );
  });
});
