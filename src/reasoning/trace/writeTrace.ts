import { drained } from './drained.ts';
import type { Trace } from './trace.ts';
import { writeTraceSteps } from './writeTraceSteps.ts';

/** A trace as the bytes of a `.gbtrace` file, at once. @throws GlassboxError as `writeTraceSteps` */
export function writeTrace(trace: Trace): Uint8Array {
  return drained(writeTraceSteps(trace));
}
