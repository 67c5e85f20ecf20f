import { ALTERNATIVES, TOKEN_CHANNELS, TOKEN_ORIGINS, type TraceTokens } from './trace.ts';

/** The columns of a trace's tokens without their texts. */
export type TokenColumns = Omit<TraceTokens, 'count' | 'texts'>;

/** Of one token in a file. */
export const BYTES_PER_TOKEN = 4 + 4 * ALTERNATIVES + 4 + 4 + 4 + 4 * ALTERNATIVES + 1 + 1;

/** How far above 0 rounding may lift the logarithm of a probability of 1. */
const LOG_ONE_TOLERANCE = 1e-3;

export function newTokenColumns(count: number): TokenColumns {
  return {
    ids: new Uint32Array(count),
    channels: new Uint8Array(count),
    origins: new Uint8Array(count),
    logProbabilities: new Float32Array(count),
    entropies: new Float32Array(count),
    elapsedMs: new Float32Array(count),
    alternativeIds: new Uint32Array(count * ALTERNATIVES),
    alternativeLogProbabilities: new Float32Array(count * ALTERNATIVES),
  };
}

/** The columns in the order of the file, with how many numbers each has for a token. */
function inFileOrder(columns: TokenColumns): (readonly [Uint32Array | Float32Array | Uint8Array, number])[] {
  return [
    [columns.ids, 1],
    [columns.alternativeIds, ALTERNATIVES],
    [columns.logProbabilities, 1],
    [columns.entropies, 1],
    [columns.elapsedMs, 1],
    [columns.alternativeLogProbabilities, ALTERNATIVES],
    [columns.channels, 1],
    [columns.origins, 1],
  ];
}

/** Writes tokens from `first` up to `end` into `target`, which has `BYTES_PER_TOKEN` bytes for each. */
export function writeTokenColumns(
  columns: TokenColumns,
  first: number,
  end: number,
  target: Uint8Array,
): void {
  let at = 0;
  for (const [column, perToken] of inFileOrder(columns)) {
    const part = column.subarray(first * perToken, end * perToken);
    target.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
}

/**
 * Reads what `writeTokenColumns` wrote into the same places of `columns`. Measures that cannot be (a probability above 1, a
 * negative time) become NaN, or 0 for the time.
 * @returns how many measures could not be; undefined when a channel or an origin does not exist, so these are no tokens
 */
export function readTokenColumns(
  source: Uint8Array,
  first: number,
  end: number,
  columns: TokenColumns,
): number | undefined {
  let at = 0;
  for (const [column, perToken] of inFileOrder(columns)) {
    const part = column.subarray(first * perToken, end * perToken);
    new Uint8Array(part.buffer, part.byteOffset, part.byteLength).set(
      source.subarray(at, at + part.byteLength),
    );
    at += part.byteLength;
  }
  if (columns.channels.subarray(first, end).some((channel) => channel >= TOKEN_CHANNELS.length)) return;
  if (columns.origins.subarray(first, end).some((origin) => origin >= TOKEN_ORIGINS.length)) return;
  const isLogarithm = (value: number): boolean => value <= LOG_ONE_TOLERANCE;
  const isAmount = (value: number): boolean => value >= 0 && value < Infinity;
  const alternatives = [first * ALTERNATIVES, end * ALTERNATIVES] as const;
  return (
    replaceImpossible(columns.logProbabilities.subarray(first, end), isLogarithm, NaN) +
    replaceImpossible(columns.entropies.subarray(first, end), isAmount, NaN) +
    replaceImpossible(columns.elapsedMs.subarray(first, end), isAmount, 0) +
    replaceImpossible(columns.alternativeLogProbabilities.subarray(...alternatives), isLogarithm, NaN)
  );
}

/** Counts what it replaces; NaN where NaN stands for "not measured" is nothing to count. */
function replaceImpossible(
  values: Float32Array,
  isPossible: (value: number) => boolean,
  substitute: number,
): number {
  let replaced = 0;
  for (const [index, value] of values.entries()) {
    if (isPossible(value)) continue;
    if (Number.isNaN(value) && Number.isNaN(substitute)) continue;
    values[index] = substitute;
    replaced++;
  }
  return replaced;
}
