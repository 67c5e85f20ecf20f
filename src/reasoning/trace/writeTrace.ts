import type { Trace } from './trace.ts';
import { writeTraceSteps } from './writeTraceSteps.ts';

/** A trace as the bytes of a `.gbtrace` file, at once. @throws GlassboxError as `writeTraceSteps` */
export function writeTrace(trace: Trace): Uint8Array {
  const steps = writeTraceSteps(trace);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
