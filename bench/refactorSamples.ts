import path from 'node:path';
import { answerParts } from '../src/reasoning/answers/codeBlocks.ts';
import { readSet, selectSamples, type Task } from './evaluation/sample.ts';

/** Tasks whose answer is the code of the question, changed. */
const REFACTOR_TASKS = [
  'rename',
  'const',
  'equality',
  'forOf',
  'guard',
  'template',
  'constant',
  'deadCode',
] as const satisfies readonly Task[];

/** A question that a refactored text answers. */
export interface RefactorSample {
  readonly id: string;
  /** What the tables group by. */
  readonly task: string;
  readonly question: string;
  /** What the question is about: what an editor would have selected. */
  readonly code: string;
  /** Absent: the reply has none. */
  readonly thought?: string;
  readonly answer: string;
}

/** The first `limit` refactorings of each task, from the held-out set. @throws Error where the set is missing */
export async function refactorSamples(root: string, limit: number): Promise<readonly RefactorSample[]> {
  const samples = await readSet(path.join(root, 'training/evaluation'), 'heldout');
  return selectSamples(samples, { tasks: REFACTOR_TASKS, limit }).map(
    ({ id, task, question, thought, answer }) => ({
      id,
      task,
      question,
      code: codeOf(question),
      thought,
      answer,
    }),
  );
}

/** The question's code block; all of it where its code has no fences. */
function codeOf(question: string): string {
  const [block] = answerParts(question).blocks;
  return block?.lines.join('\n') ?? question;
}
