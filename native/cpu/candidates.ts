/** Tokens above `minLogit`, and those at it up to `lastId`. */
export interface KeptTokens {
  readonly minLogit: number;
  readonly lastId: number;
}

/** Tables that have been made ready for C. */
export interface Exponentials {
  readonly pointers: BigUint64Array<ArrayBuffer>;
  /** What they point to. */
  readonly tables: readonly Float64Array[];
}

/** The functions of glassbox_sampling.h. Arrays are as large as it says; smaller ones are refused with a RangeError. */
export interface CandidateFunctions {
  /** `e^-x` for the 40 whole `x` from 0 on, and for the 256 multiples of 1/256 below 1. */
  exponentials(whole: Float64Array, fraction: Float64Array): Exponentials;
  weigh(
    logits: Float32Array,
    max: number,
    kept: KeptTokens,
    exponentials: Exponentials,
    bins: Float64Array,
  ): number;
  gather(
    logits: Float32Array,
    max: number,
    kept: KeptTokens,
    exponentials: Exponentials,
    temperature: number,
    into: { readonly ids: Int32Array; readonly weights: Float64Array },
  ): { readonly size: number; readonly total: number };
}

type Library = ReturnType<(typeof import('koffi'))['load']>;

/** `GB_BINS` and the lengths of the tables. */
const [BINS, WHOLES, FRACTIONS] = [2561, 40, 256];

/** @param addressOf the address of an array's memory */
export function bindCandidates(
  library: Library,
  addressOf: (array: ArrayBufferView) => bigint,
): CandidateFunctions {
  const [address, long, double] = ['void *', 'int64_t', 'double'];
  const weigh: (...parameters: readonly unknown[]) => number = library.func('gb_weigh_candidates', double, [
    ...[address, long, double, address, address, address],
  ]);
  const gather: (...parameters: readonly unknown[]) => number = library.func('gb_gather_candidates', long, [
    ...[address, long, double, address, double, address, address, address, address],
  ]);
  return {
    exponentials(whole, fraction) {
      atLeast(whole, WHOLES);
      atLeast(fraction, FRACTIONS);
      // Copies in memory that does not move.
      const tables = [whole, fraction].map((table) => doubles(...table));
      const pointers = new BigUint64Array(new ArrayBuffer(16));
      tables.forEach((table, index) => (pointers[index] = addressOf(table)));
      return { pointers, tables };
    },

    weigh(logits, max, { minLogit, lastId }, { pointers }, bins) {
      atLeast(bins, BINS);
      return weigh(logits, logits.length, max, doubles(minLogit, lastId), pointers, bins);
    },

    gather(logits, max, { minLogit, lastId }, { pointers }, temperature, { ids, weights }) {
      atLeast(ids, logits.length);
      atLeast(weights, logits.length);
      const kept = doubles(minLogit, lastId);
      const total = doubles(0);
      const size = gather(logits, logits.length, max, kept, temperature, pointers, ids, weights, total);
      return { size, total: total[0] ?? NaN };
    },
  };
}

/** In a buffer of their own: V8 moves the memory of small typed arrays. */
function doubles(...values: readonly number[]): Float64Array<ArrayBuffer> {
  const array = new Float64Array(new ArrayBuffer(8 * values.length));
  array.set(values);
  return array;
}

function atLeast({ length }: { readonly length: number }, wanted: number): void {
  if (length < wanted)
    throw new RangeError(`An array of ${length} is too small: ${wanted} are written or read.`);
}
