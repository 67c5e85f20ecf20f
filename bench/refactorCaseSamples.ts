import path from 'node:path';
import type { PromptStyle } from '../src/refactor/promptStyle.ts';
import { fenceTag } from '../src/reasoning/prompts/fence.ts';
import { refactorPrompt } from '../src/refactor/refactorPrompt.ts';
import { caseRequest } from './evaluation/refactor/caseRequest.ts';
import { CASE_LANGUAGES, readCases } from './evaluation/refactor/refactorCase.ts';
import type { RefactorSample } from './refactorSamples.ts';

/**
 * The refactor suite (docs/refactor.md), asked as the editor asks and answered with its solutions, without a thought: the first `limit`
 * of each language, or with `compact` prompts of each task of the embedded model, those that it was trained on.
 */
export async function refactorCaseSamples(
  root: string,
  { limit, style }: { readonly limit: number; readonly style: PromptStyle },
): Promise<readonly RefactorSample[]> {
  const cases = await readCases(path.join(root, 'test/fixtures/refactor/cases'));
  const samples: RefactorSample[] = [];
  for (const each of cases) {
    const { id, language, nanoTask, target, solution } = each;
    const { title } = CASE_LANGUAGES[language];
    const task = style === 'full' ? title : nanoTask;
    if (task === undefined || samples.filter((sample) => sample.task === task).length >= limit) continue;
    // The cases are far smaller than any context: nothing has to be left out.
    const { messages } = await refactorPrompt(caseRequest(each), {
      style,
      budgetTokens: Infinity,
      countTokens: () => Promise.resolve(0),
    });
    samples.push({
      id,
      task,
      question: messages.map(({ content }) => content).join('\n\n'),
      code: target.document.slice(target.start, target.end),
      // Opened as the prompt opens its own, which is what models do.
      answer: `\`\`\`${fenceTag(target.languageId)}\n${solution}\n\`\`\``,
    });
  }
  return samples;
}
