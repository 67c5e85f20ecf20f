import type { TransportTimes } from '../../src/protocol/transport.ts';

const TRANSPORT_PARTS = ['batching', 'rpc', 'host', 'page', 'drawing'] as const;

/** A part of the way of a text from the engine to the eye. */
export interface TransportPart {
  readonly name: (typeof TRANSPORT_PARTS)[number];
  /** Milliseconds, the mean of a text. */
  readonly ms: number;
}

/** Where the time of a text goes after it was made; the parts that were measured. */
export function transportSplit({
  batchingMs,
  rpcMs,
  hostMs,
  pageMs,
  drawingMs,
}: TransportTimes): TransportPart[] {
  const parts = { batching: batchingMs, rpc: rpcMs, host: hostMs, page: pageMs, drawing: drawingMs };
  return TRANSPORT_PARTS.flatMap((name) => {
    const ms = parts[name];
    return ms === undefined ? [] : [{ name, ms }];
  });
}
