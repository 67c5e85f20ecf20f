import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import { outputRole } from './shardPlan.ts';

/**
 * Handing a run to another thread and waiting for it takes 12 µs, and more where threads wait for cores; the draft is two runs. Four
 * megabytes in the file are some 0.2 ms of one core: up to there nobody misses the thread that calls.
 */
const SHORT_BYTES = 4e6;

/** Whether the pass of the draft over a few tokens, head and all, is so short that the calling thread computes it itself. */
export function isDraftShort(spec: ModelSpec, tensors: WeightSource['tensors']): boolean {
  let bytes = 0;
  for (const { role, byteLength } of tensors.values())
    if (role.startsWith('draft.') || role === outputRole(spec)) bytes += byteLength;
  return bytes < SHORT_BYTES;
}
