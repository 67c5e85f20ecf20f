import type { ValueName } from './graphBuilder.ts';

/** Graph inputs that every attention reads; `onnxModel.ts` says what is bound to them. */
export const SEQUENCE_INPUTS = {
  /** int32 `[1]`: tokens in the cache after this run, less one. */
  lastPosition: 'last_position',
  /** int32 scalar: tokens in the cache after this run. */
  totalTokens: 'total_tokens',
} as const;

export function cosInput(index: number): ValueName {
  return `rope.${index}.cos`;
}

export function sinInput(index: number): ValueName {
  return `rope.${index}.sin`;
}
