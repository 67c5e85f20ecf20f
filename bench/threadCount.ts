import type { RuntimeReport } from '../src/protocol/engine.ts';

/** What computed. */
export interface MeasuredThreads {
  readonly threads: number;
  /** See `OnnxRuntimeReport`. */
  readonly dividesPasses?: true;
}

/** As in `1 thread`, or `1 thread and one more for guesses`. */
export function threadCount({ threads, dividesPasses }: MeasuredThreads): string {
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}${dividesPasses ? ' and one more for guesses' : ''}`;
}

/** Those of the CPU that run ONNX Runtime. */
export function threadsOf(runtime: RuntimeReport): MeasuredThreads {
  return runtime.binding === 'dawn' ? { threads: 1 } : runtime;
}
