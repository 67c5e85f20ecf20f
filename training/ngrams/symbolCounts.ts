/** What stood in a context most often. */
export interface MostCounted {
  readonly key: number;
  readonly symbol: number;
  readonly right: number;
}

/** More than there are symbols. */
const SYMBOLS = 2 ** 24;

/** Counts symbols by context. */
export class SymbolCounts {
  /** Numbers of the contexts, by their keys. */
  readonly #contexts = new Map<number, number>();
  /** By context and symbol, in the order in which they were first seen. */
  readonly #counts = new Map<number, number>();

  /** The context was seen, with `symbols` that were all right. */
  add(key: number, symbols: readonly number[]): void {
    const context = this.#contexts.get(key) ?? this.#contexts.size;
    this.#contexts.set(key, context);
    for (const symbol of symbols) {
      const place = context * SYMBOLS + symbol;
      this.#counts.set(place, (this.#counts.get(place) ?? 0) + 1);
    }
  }

  /** Of each context the symbol that was right most often; of equals the first that was seen. */
  *most(): Generator<MostCounted, void> {
    const symbols = new Int32Array(this.#contexts.size);
    const rights = new Int32Array(this.#contexts.size);
    for (const [place, count] of this.#counts) {
      const context = Math.floor(place / SYMBOLS);
      if (count <= (rights[context] ?? 0)) continue;
      rights[context] = count;
      symbols[context] = place % SYMBOLS;
    }
    for (const [key, context] of this.#contexts)
      yield { key, symbol: symbols[context] ?? 0, right: rights[context] ?? 0 };
  }
}
