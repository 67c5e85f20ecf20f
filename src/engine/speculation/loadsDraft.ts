import type { SpeculationMode } from '../../protocol/generation.ts';

/** Whether guessing ahead is known to make decoding clearly faster: docs/benchmarks.md has the figures. */
const PAYS = false;

/** Whether a model's draft is loaded. */
export function loadsDraft(mode: SpeculationMode = 'auto'): boolean {
  return mode === 'on' || (mode === 'auto' && PAYS);
}
