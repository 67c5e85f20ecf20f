/** Why ONNX Runtime could not do something; callers branch on it. */
export type OrtErrorCode =
  /** The shared library or its JavaScript binding could not be opened. */
  | 'unavailable'
  /** Another version than the pinned one: the layout of its function table is not known. */
  | 'version'
  /** The run was stopped through its `signal`. */
  | 'terminated'
  | 'failed';

/** Everything that this room throws. The message is ONNX Runtime's own where it has one. */
export class OrtError extends Error {
  override readonly name = 'OrtError';

  constructor(
    readonly code: OrtErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
