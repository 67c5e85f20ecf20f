import { hrtime } from 'node:process';

/**
 * Milliseconds on the machine's steady clock. Node takes it from CLOCK_MONOTONIC (Linux), mach_absolute_time (macOS) or
 * QueryPerformanceCounter (Windows), each of which counts for the whole machine from one moment: unlike `performance.now()`,
 * which begins with its process, it can be compared between processes. It is never set, as the wall clock is.
 */
export function machineMs(): number {
  return Number(hrtime.bigint()) / 1e6;
}
