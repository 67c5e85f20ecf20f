import * as v from 'valibot';

/** On the machine's steady clock (`machineMs`): when a batch of events left the engine, and how long its texts had waited. */
export interface BatchSent {
  readonly atMs: number;
  /** Pieces of text in it; each is of one token, or of a few that make one character. */
  readonly texts: number;
  /** All of them together. */
  readonly waitedMs: number;
  /** What sending the batches before this one took of the engine's own thread. */
  readonly sendingMs: number;
}

/** A batch as it came. */
export interface BatchReceived extends BatchSent {
  readonly receivedAtMs: number;
}

const ms = v.pipe(v.number(), v.finite(), v.minValue(0));

/**
 * What it took the texts of one answer to come from the engine to the eye, all measured. Milliseconds, the mean of a piece of
 * text. This is delay: it does not make the time between two tokens longer.
 */
export const TransportTimes = v.object({
  texts: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** In the engine, for others to be sent with: at most one batch in 16 ms leaves it. */
  batchingMs: ms,
  /** From engine to extension host. */
  rpcMs: ms,
  /** In the host, for the page's next frame. Absent where no page showed the answer. */
  hostMs: v.exactOptional(ms),
  /** From host to page: half of the way there and back, since a page has no clock in common with its host. */
  pageMs: v.exactOptional(ms),
  /** In the page, until it was drawn. */
  drawingMs: v.exactOptional(ms),
  /** Of the whole answer: what sending took of the engine's own thread, while the backend computed on others. */
  sendingMs: ms,
});
export type TransportTimes = v.InferOutput<typeof TransportTimes>;
