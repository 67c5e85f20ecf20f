/**
 * Every failure a user can meet. The code is what programs branch on; the message is for people and says
 * what happened, to what, and what to do.
 */
export type GlassboxErrorCode =
  | 'model/notFound'
  | 'model/unreadable'
  | 'model/corrupt'
  | 'model/unsupported'
  | 'model/notLoaded'
  | 'memory/insufficient'
  | 'context/overflow'
  | 'template/failed'
  | 'template/limit'
  | 'tokenizer/unsupported'
  | 'runtime/unavailable'
  | 'runtime/version'
  | 'runtime/failed'
  /** The GPU's device is gone with everything on it. */
  | 'runtime/gpuLost'
  /** The GPU's memory, or what it binds at once, does not suffice. */
  | 'runtime/gpuMemory'
  /** The GPU refuses a kernel or a call, or computes what cannot be right; or the experts beside it fail. */
  | 'runtime/gpuFailed'
  | 'trace/unreadable'
  | 'trace/corrupt'
  | 'trace/unsupported'
  | 'engine/stopped'
  | 'engine/busy'
  | 'request/invalid'
  | 'request/cancelled'
  | 'internal';

export class GlassboxError extends Error {
  override readonly name = 'GlassboxError';

  constructor(
    readonly code: GlassboxErrorCode,
    message: string,
    /** Facts the receiver may act on, as plain JSON (for example the memory estimate). */
    readonly details?: unknown,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Anything thrown, as a GlassboxError: an unknown error keeps its message and becomes `internal`. */
  static from(thrown: unknown): GlassboxError {
    if (thrown instanceof GlassboxError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new GlassboxError('internal', message, undefined, { cause: thrown });
  }
}
