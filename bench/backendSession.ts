import type { Backend } from '../src/engine/backends/backend.ts';
import { appendBest } from '../src/engine/backends/appendBest.ts';
import { Sampler } from '../src/engine/sampling/sampler.ts';
import type { Logits } from '../src/engine/sampling/bestLogits.ts';
import { openModel } from '../src/models/openModel.ts';
import { createTokenizer } from '../src/models/tokenizer/createTokenizer.ts';
import { peakMemory } from './peakMemory.ts';
import type { SessionPlan, SessionResult } from './session.ts';
import { WARM_UP } from './session.ts';

const GREEDY = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, seed: 0 },
  ...{ repetitionPenalty: 1, repetitionWindow: 0 },
};

/** Measures a backend alone, in this process: what the path above it costs is the difference to the engine. */
export async function backendSession(
  backend: Backend,
  plan: SessionPlan,
  code: string,
  onDecode?: () => void,
): Promise<SessionResult> {
  const startedAt = performance.now();
  const file = await openModel(plan.modelPath);
  const tokens = await createTokenizer(file.readTokenizer()).encode(code, { special: false });
  const model = await backend.load(file.spec, file.weights, { threads: plan.threads });
  const loadMs = performance.now() - startedAt;

  const measure = async (
    promptTokens: number,
    decodeTokens: number,
  ): Promise<Omit<SessionResult, 'loadMs'>> => {
    const sequence = model.createSequence(plan.contextTokens);
    const prefillStartedAt = performance.now();
    const sampler = new Sampler(file.spec.vocabularySize, GREEDY, model.vocabularyPasses);
    let logits: Logits = await sequence.append(tokens.slice(0, promptTokens));
    onDecode?.();
    const decodeStartedAt = performance.now();
    for (let i = 0; i < decodeTokens - 1; i++) {
      const [behind] = await appendBest(sequence, [sampler.sample(logits)], { need: sampler.need });
      logits = behind ?? logits;
    }
    const endedAt = performance.now();
    sequence.dispose();
    return {
      prefillTokens: promptTokens,
      prefillMs: decodeStartedAt - prefillStartedAt,
      decodeTokens: decodeTokens - 1,
      decodeMs: endedAt - decodeStartedAt,
    };
  };
  await measure(WARM_UP.promptTokens, WARM_UP.decodeTokens);
  const measured = await measure(plan.promptTokens, plan.decodeTokens);
  const peakBytes = await peakMemory(process.pid);
  await model.dispose();
  await file.close();
  return { loadMs, ...measured, ...(peakBytes === undefined ? {} : { peakBytes }) };
}
