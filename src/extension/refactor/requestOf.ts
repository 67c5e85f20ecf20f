import { GlassboxError } from '../../protocol/errors.ts';
import { compactInstruction } from '../../refactor/compactInstruction.ts';
import type { EditTarget } from '../../refactor/editTarget.ts';
import type { PromptStyle } from '../../refactor/promptStyle.ts';
import type { RefactorRequest, RetryNote } from '../../refactor/refactorRequest.ts';
import type { RefactorTask } from './refactorTask.ts';

export interface RequestOptions {
  readonly style: PromptStyle;
  /** What is around the selection; asked for only where the model can use it. */
  readonly gather: () => Promise<Pick<RefactorRequest, 'imports' | 'definitions' | 'lines'>>;
  readonly retry: RetryNote | undefined;
}

/**
 * What a model is asked for a task.
 * @throws GlassboxError `request/invalid` when the embedded model was not trained on that
 */
export async function requestOf(
  task: RefactorTask,
  { document, start, end }: EditTarget,
  { style, gather, retry }: RequestOptions,
): Promise<RefactorRequest> {
  const selection = document.slice(start, end);
  const asked = style === 'compact' ? compact(task, selection) : task;
  return {
    languageId: task.languageId,
    path: task.path,
    selection,
    before: document.slice(0, start),
    after: document.slice(end),
    problems: task.problems,
    instruction: asked.instruction,
    answer: asked.answer,
    ...(style === 'compact' ? { imports: '', definitions: [] } : await gather()),
    ...(retry === undefined ? {} : { retry }),
  };
}

/** In the words that the embedded model was trained on. */
function compact(
  { refactoring, languageId, instruction, answer }: RefactorTask,
  selection: string,
): Pick<RefactorRequest, 'instruction' | 'answer'> {
  if (refactoring === undefined) return { instruction, answer };
  const found = compactInstruction(refactoring, languageId, selection);
  if (found.kind === 'unsupported') throw new GlassboxError('request/invalid', found.hint);
  return { instruction: found.text, answer: found.answer };
}
