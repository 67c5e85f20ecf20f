import type { OnnxRuntimeReport } from './engine.ts';

/** As in `1 thread`, or `1 thread and one more for prompts and guesses`. */
export function describeThreads({
  threads,
  dividesPasses,
}: Pick<OnnxRuntimeReport, 'threads' | 'dividesPasses'>): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}${dividesPasses ? ' and one more for prompts and guesses' : ''}`;
}
