import { drained } from './drained.ts';
import { type OpenedTrace, readTraceSteps } from './readTraceSteps.ts';

/** Reads a `.gbtrace` file at once. @throws GlassboxError as `readTraceSteps` */
export function readTrace(file: Uint8Array, name?: string): OpenedTrace {
  return drained(readTraceSteps(file, name));
}
