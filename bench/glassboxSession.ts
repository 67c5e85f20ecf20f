import { setTimeout } from 'node:timers/promises';
import { EngineClient } from '../src/engineClient/engineClient.ts';
import type { RuntimeReport } from '../src/protocol/engine.ts';
import { describeKernels } from '../src/protocol/describeKernels.ts';
import type { ChatMessage, GenerateResult } from '../src/protocol/generation.ts';
import { peakMemory } from './peakMemory.ts';
import { questionOfLength } from './promptText.ts';
import type { GlassboxResult, SessionPlan } from './session.ts';
import { WARM_UP } from './session.ts';

const SETTLE_LIMIT_MS = 120_000;

export interface GlassboxSessionOptions {
  readonly enginePath: string;
  readonly code: string;
  readonly seed: number;
}

/**
 * Measures Glassbox as it is used: a real engine process, asked through its client. Its own timings are from the request's
 * arrival on, with sampling, text and events included.
 */
export async function glassboxSession(
  plan: SessionPlan,
  { enginePath, code, seed }: GlassboxSessionOptions,
): Promise<GlassboxResult> {
  const engine = await EngineClient.start({ enginePath });
  try {
    const model = await engine.load({
      path: plan.modelPath,
      contextTokens: plan.contextTokens,
      threads: plan.threads,
      force: true,
    });
    const asked = (content: string): ChatMessage[] => [{ role: 'user', content }];
    const questionOf = (tokens: number): Promise<string> =>
      questionOfLength(
        code,
        tokens,
        async (question) => (await engine.count({ messages: asked(question) })).prompt,
      );

    let requests = 0;
    const ask = async (
      conversationId: string,
      messages: ChatMessage[],
      maxTokens: number,
    ): Promise<GenerateResult> => {
      const result = await engine.generate({
        requestId: `request-${++requests}`,
        conversationId,
        messages,
        reasoning: { mode: 'off' },
        sampling: { seed },
        maxTokens,
      });
      await untilSettled(engine, conversationId, result.contextTokens);
      return result;
    };

    await ask('warm-up', asked(await questionOf(WARM_UP.promptTokens)), WARM_UP.decodeTokens);
    await engine.release('warm-up');
    const messages = asked(await questionOf(plan.promptTokens));
    const first = await ask('first', messages, plan.decodeTokens);
    const peakBytes = engine.processId === undefined ? undefined : await peakMemory(engine.processId);
    if (first.timings.decodedTokens < plan.decodeTokens / 2) {
      throw new Error(`the answer ended after ${first.timings.decodedTokens} tokens: try another seed`);
    }

    const next: ChatMessage[] = [
      ...messages,
      { role: 'assistant', content: first.answer },
      { role: 'user', content: 'Which of these lines would you change first, and why?' },
    ];
    const second = await ask('first', next, 1);
    await engine.release('first');
    const reprocessed = await ask('again', next, 1);

    const { timings } = first;
    return {
      loadMs: model.loadMs,
      prefillTokens: timings.promptTokens - timings.reusedTokens,
      prefillMs: timings.prefillMs,
      // The first token comes from the prompt's logits, so there is one forward pass less than tokens.
      decodeTokens: timings.decodedTokens - 1,
      decodeMs: timings.decodeMs,
      ...(peakBytes === undefined ? {} : { peakBytes }),
      aboveBackend: 1 - timings.backendMs / timings.decodeMs,
      secondQuestionMs: second.timings.timeToFirstTokenMs,
      reprocessedMs: reprocessed.timings.timeToFirstTokenMs,
      secondPromptTokens: second.timings.promptTokens,
      secondReusedTokens: second.timings.reusedTokens,
      runtime: describeRuntime(model.runtime),
    };
  } finally {
    await engine.dispose();
  }
}

/**
 * After an answer the engine drops the thought and computes the rest of the history ahead; people need longer than that
 * to ask on.
 */
async function untilSettled(
  engine: EngineClient,
  conversationId: string,
  historyTokens: number,
): Promise<void> {
  const deadline = performance.now() + SETTLE_LIMIT_MS;
  while (performance.now() < deadline) {
    const { conversations } = await engine.state();
    const tokens = conversations.find((each) => each.conversationId === conversationId)?.tokens;
    if (tokens === historyTokens) return;
    await setTimeout(5);
  }
  throw new Error(
    `the history of ${historyTokens} tokens was not computed within ${SETTLE_LIMIT_MS / 1000} s`,
  );
}

function describeRuntime(runtime: RuntimeReport): string {
  if (runtime.binding === 'dawn') return `Glassbox kernels on ${runtime.adapter}`;
  const { version, binding, kernels } = runtime;
  return `ONNX Runtime ${version}, ${binding === 'c-api' ? 'C API' : 'JavaScript binding'}, ${describeKernels(kernels)}`;
}
