import path from 'node:path';
import { readSet, selectSamples, type Sample, type Task } from './evaluation/sample.ts';

/** Tasks whose answer is the code of the question, changed. */
export const REFACTOR_TASKS = [
  'rename',
  'const',
  'equality',
  'forOf',
  'guard',
  'template',
  'constant',
  'deadCode',
] as const satisfies readonly Task[];
export type RefactorTask = (typeof REFACTOR_TASKS)[number];

export interface RefactorSample extends Sample {
  readonly task: RefactorTask;
  /** What the question is about: what an editor would have selected. */
  readonly code: string;
}

/** The first `limit` refactorings of each task, from the held-out set. @throws Error where the set is missing */
export async function refactorSamples(root: string, limit: number): Promise<readonly RefactorSample[]> {
  const samples = await readSet(path.join(root, 'training/evaluation'), 'heldout');
  return selectSamples(samples, { tasks: REFACTOR_TASKS, limit }).flatMap((sample) => {
    const task = REFACTOR_TASKS.find((each) => each === sample.task);
    return task ? [{ ...sample, task, code: codeOf(sample.question) }] : [];
  });
}

/** The question's code block; all of it where its code has no fences. */
function codeOf(question: string): string {
  return /```[^\n]*\n([\s\S]*?)\n```/.exec(question)?.[1] ?? question;
}
