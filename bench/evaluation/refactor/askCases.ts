import type { EngineClient } from '../../../src/engineClient/engineClient.ts';
import type { LoadedModel } from '../../../src/protocol/engine.ts';
import { promptStyleOf } from '../../../src/refactor/promptStyle.ts';
import { refactorPrompt } from '../../../src/refactor/refactorPrompt.ts';
import type { Syntax } from '../../../src/refactor/syntax/syntax.ts';
import type { Mode } from '../grade.ts';
import { caseRequest } from './caseRequest.ts';
import { judgeCase } from './judgeCase.ts';
import type { RefactorCase } from './refactorCase.ts';
import type { CaseResult } from './refactorResults.ts';

export interface AskCasesOptions {
  readonly mode: Mode;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly seed: number;
  /** Thought and answer together. */
  readonly maxTokens: number;
  readonly syntax: Syntax;
  /** After each case. */
  readonly onResult?: (result: CaseResult, done: number) => void;
}

/**
 * Asks a model each case as the editor does, in a conversation of its own, and judges the answers.
 * @throws GlassboxError of the engine; a case that does not fit the model's context is one too
 */
export async function askCases(
  engine: EngineClient,
  model: LoadedModel,
  cases: readonly RefactorCase[],
  { mode, temperature, seed, maxTokens, syntax, onResult }: AskCasesOptions,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const each of cases) {
    const { messages } = await refactorPrompt(caseRequest(each), {
      style: promptStyleOf(model),
      // Half of a small context is left to the reply.
      budgetTokens: model.contextCapacity - Math.min(maxTokens, model.contextCapacity >> 1),
      countTokens: async (some) => (await engine.count({ messages: [...some] })).prompt,
    });
    const result = await engine.generate({
      requestId: each.id,
      conversationId: each.id,
      messages: [...messages],
      reasoning: { mode: mode === 'think' ? 'auto' : 'off' },
      sampling: { temperature, seed },
      maxTokens,
    });
    await engine.release(each.id);
    const { id, language, nanoTask } = each;
    const { thought, answer, finishReason } = result;
    const [verdict] = await judgeCase(each, [result], syntax);
    if (!verdict) throw new RangeError(`there is no verdict of ${id}`);
    const judged: CaseResult = {
      id,
      language,
      verdict,
      thought,
      answer,
      finishReason,
      ...(nanoTask === undefined ? {} : { nanoTask }),
    };
    results.push(judged);
    onResult?.(judged, results.length);
  }
  return results;
}
