/** What stood in a context most often. */
export interface NgramEntry {
  /** A token, or what stands for one (`symbolOf`). */
  readonly symbol: number;
  /** How often it was that, of `CERTAIN`. */
  readonly chance: number;
}

/** Entries by the keys of their contexts (`contextKeys`). */
export type NgramEntries = ReadonlyMap<number, NgramEntry>;

/** A chance of 1. */
export const CERTAIN = 255;

const CHANCE_BITS = 8;

/** An entry as one integer; 0 for none. */
export function packed({ symbol, chance }: NgramEntry): number {
  return (symbol << CHANCE_BITS) | chance;
}

export function packedSymbol(value: number): number {
  return value >>> CHANCE_BITS;
}

export function packedChance(value: number): number {
  return value & CERTAIN;
}

/** Spreads keys, which are hashes themselves, over the table. */
const SLOT_SHIFT = 7;

/** As many slots for each entry, at least: fewer are slower to search, more need more of the processor's cache. */
const LEAST_SLOTS = 1.5;

/** Entries for quick reading: keys and values beside each other, each where its key says or behind. */
export class NgramTable {
  /** Pairs of a key and its entry (`packed`). */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** An empty one. @param size as many entries as it will have, at most */
  constructor(size: number) {
    let capacity = 2;
    while (capacity < LEAST_SLOTS * size) capacity *= 2;
    this.#slots = new Int32Array(2 * capacity);
    this.#mask = capacity - 1;
  }

  static of(entries: NgramEntries): NgramTable {
    const table = new NgramTable(entries.size);
    for (const [key, entry] of entries) table.set(key, packed(entry));
    return table;
  }

  /** @param value an entry (`packed`) */
  set(key: number, value: number): void {
    // It would say nothing, and look as if there were none.
    if (packedChance(value) === 0) return;
    const slots = this.#slots;
    let slot = this.#first(key);
    while (slots[2 * slot + 1] !== 0 && slots[2 * slot] !== key) slot = (slot + 1) & this.#mask;
    slots[2 * slot] = key;
    slots[2 * slot + 1] = value;
  }

  /** The entry (`packed`); 0 where the context is not known. */
  get(key: number): number {
    const slots = this.#slots;
    for (let slot = this.#first(key); ; slot = (slot + 1) & this.#mask) {
      const value = slots[2 * slot + 1] ?? 0;
      if (value === 0 || slots[2 * slot] === key) return value;
    }
  }

  #first(key: number): number {
    return (key >>> SLOT_SHIFT) & this.#mask;
  }
}
