import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import { bytesPerToken } from '../../bytesPerToken.ts';
import { outputRole } from './shardPlan.ts';

/**
 * Handing a run to another thread and waiting for it takes 12 µs, twice that in an engine whose thread has been put to sleep by
 * then, and more where threads wait for cores. Four megabytes in the file are some 0.2 ms of one core, or a few times that for a few
 * tokens: up to there nobody misses the thread that calls.
 */
const SHORT_BYTES = 4e6;

/** Behind guesses there are no more rows to compute; a piece of a prompt is longer. */
export const SHORT_TOKENS = 16;

/** Which runs over at most `SHORT_TOKENS` are so short that the calling thread computes them itself. */
export interface ShortRuns {
  /** All of a pass. */
  readonly pass: boolean;
  /** From the residual stream to logits. */
  readonly head: boolean;
  /** The draft, its head and all. */
  readonly draft: boolean;
}

/** Of a model whose sessions compute on the CPU. */
export function shortRunsOf(spec: ModelSpec, tensors: WeightSource['tensors']): ShortRuns {
  let [head, draft] = [0, 0];
  for (const { role, byteLength } of tensors.values()) {
    if (role === outputRole(spec)) head += byteLength;
    if (role.startsWith('draft.')) draft += byteLength;
  }
  return {
    pass: bytesPerToken(spec, tensors) < SHORT_BYTES,
    head: head < SHORT_BYTES,
    draft: draft + head < SHORT_BYTES,
  };
}
