import type { Backend } from '../src/engine/backends/backend.ts';
import { appendBest } from '../src/engine/backends/appendBest.ts';
import { Sampler } from '../src/engine/sampling/sampler.ts';
import type { Logits } from '../src/engine/sampling/bestLogits.ts';
import { openModel } from '../src/models/openModel.ts';
import { createTokenizer } from '../src/models/tokenizer/createTokenizer.ts';
import { peakMemory } from './peakMemory.ts';
import { goesOn, type SessionPlan, type SessionResult, type SessionStage, WARM_UP } from './session.ts';

const GREEDY = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0, seed: 0 },
  ...{ repetitionPenalty: 1, repetitionWindow: 0 },
};

/**
 * Measures a backend alone, in this process: what the path above it costs is the difference to the engine.
 * @param hooks called after each decoded token, those of the warm-up among them, and when another stage begins
 */
export async function backendSession(
  backend: Backend,
  plan: SessionPlan,
  code: string,
  {
    onToken,
    onStage,
  }: { readonly onToken?: () => void; readonly onStage?: (stage: SessionStage) => void } = {},
): Promise<SessionResult> {
  onStage?.('loading the model');
  const startedAt = performance.now();
  const file = await openModel(plan.modelPath);
  const tokens = await createTokenizer(file.readTokenizer()).encode(code, { special: false });
  const model = await backend.load(file.spec, file.weights, { threads: plan.threads });
  const loadMs = performance.now() - startedAt;

  const measure = async (
    { promptTokens, decodeTokens }: Pick<SessionPlan, 'promptTokens' | 'decodeTokens'>,
    onReply?: () => void,
  ): Promise<Omit<SessionResult, 'loadMs'>> => {
    const sequence = model.createSequence(plan.contextTokens);
    const prefillStartedAt = performance.now();
    const sampler = new Sampler(file.spec.vocabularySize, GREEDY, model.vocabularyPasses);
    let logits: Logits = await sequence.append(tokens.slice(0, promptTokens));
    onReply?.();
    const decodeStartedAt = performance.now();
    const limits = { ...plan, decodeTokens };
    let decoded = 0;
    for (; goesOn(limits, decoded, performance.now() - decodeStartedAt); decoded++) {
      const [behind] = await appendBest(sequence, [sampler.sample(logits)], { need: sampler.need });
      logits = behind ?? logits;
      onToken?.();
    }
    const endedAt = performance.now();
    sequence.dispose();
    return {
      prefillTokens: promptTokens,
      prefillMs: decodeStartedAt - prefillStartedAt,
      decodeTokens: decoded,
      decodeMs: endedAt - decodeStartedAt,
    };
  };
  onStage?.('warming up');
  await measure(WARM_UP);
  onStage?.('reading the prompt');
  const measured = await measure(plan, () => onStage?.('replying'));
  const peakBytes = await peakMemory(process.pid);
  await model.dispose();
  await file.close();
  return { loadMs, ...measured, ...(peakBytes === undefined ? {} : { peakBytes }) };
}
