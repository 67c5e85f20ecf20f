import { GlassboxError } from '../../protocol/errors.ts';

export function cancelled(cause?: unknown): GlassboxError {
  return new GlassboxError('request/cancelled', 'Stopped on request.', undefined, { cause });
}

/** @throws GlassboxError `request/cancelled` when `signal` has fired */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled(signal.reason);
}
