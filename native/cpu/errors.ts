/** Why the CPU library could not do something; callers branch on it. */
export type CpuErrorCode =
  /** The library is not there, or could not be opened. */
  | 'unavailable'
  /** Built for another version of this binding. */
  | 'version'
  /** What the library refused; nothing was written. */
  | 'refused';

/** Everything that this room throws. */
export class CpuError extends Error {
  override readonly name = 'CpuError';

  constructor(
    readonly code: CpuErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
