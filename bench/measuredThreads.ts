import type { OnnxRuntimeReport, RuntimeReport } from '../src/protocol/engine.ts';

/** What computed. */
export type MeasuredThreads = Pick<OnnxRuntimeReport, 'threads' | 'dividesPasses'>;

/** Those of the CPU that run ONNX Runtime. */
export function threadsOf(runtime: RuntimeReport): MeasuredThreads {
  return runtime.binding === 'dawn' ? { threads: 1 } : runtime;
}
