/** Why the GPU could not do something; callers branch on it. */
export type GpuErrorCode =
  /** Dawn could not be loaded, or there is no adapter as asked for. */
  | 'unavailable'
  /** The adapter or our kernels lack something that is needed. */
  | 'unsupported'
  /** More than the adapter's limits allow. */
  | 'limit'
  | 'out-of-memory'
  /** A kernel does not compile; the message has the compiler's first complaints. */
  | 'shader'
  /** A call that WebGPU refuses: a fault of ours. */
  | 'invalid'
  /** The device is gone, with everything on it: the driver was reset, the adapter unplugged, or it was destroyed. */
  | 'lost';

/** Everything that this room throws. */
export class GpuError extends Error {
  override readonly name = 'GpuError';

  constructor(
    readonly code: GpuErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Enough of Dawn's messages to find the cause; some quote whole shaders. */
const LONGEST_MESSAGE = 1200;

/** A driver's or compiler's text, cut to what a person reads. */
export function bounded(message: string): string {
  const text = message.trim();
  return text.length <= LONGEST_MESSAGE ? text : `${text.slice(0, LONGEST_MESSAGE)} ...`;
}
