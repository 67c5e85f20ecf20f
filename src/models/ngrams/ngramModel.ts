import { contextKeys, type Situation } from './contexts.ts';
import { MATCH_CLASSES, matchClass } from './matchClass.ts';

/** Stands for the token that is copied, whichever it is. */
export const COPY = 0xffff_ffff;

/** How sure an entry is, of `CHANCE_CLASSES`: those that are nearly sure are told apart. */
const CHANCE_BOUNDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98] as const;
const CHANCE_CLASSES = CHANCE_BOUNDS.length + 1;
/** Whether the text says the same: how well it was followed then, that it says something else, or nothing. */
const AGREEMENTS = MATCH_CLASSES + 2;
/** As many kinds of guesses there are. */
export const GUESS_KINDS = CHANCE_CLASSES * AGREEMENTS;
/** Of what is copied where no context is known. */
const UNKNOWN_CHANCE = 0.5;

/** What stood in a context most often. */
export interface NgramEntry {
  /** Or `COPY`. */
  readonly token: number;
  /** How often it was that: 0 to 1. */
  readonly chance: number;
}

/** Entries by the keys of their contexts (`contextKeys`). */
export type NgramEntries = ReadonlyMap<number, NgramEntry>;

export interface NgramGuess {
  readonly token: number;
  /** Guesses of one kind are about equally often right: 0 to `GUESS_KINDS` - 1. */
  readonly kind: number;
  readonly isCopied: boolean;
}

/** A table of what replies say next, by what they have said and what they copy; learned from replies of one model. */
export class NgramModel {
  /** `[GUESS_KINDS]`: how often guesses of each kind were right in replies that nothing was learned from. */
  readonly chances: readonly number[];
  readonly #entries: NgramEntries;

  constructor(entries: NgramEntries, chances: readonly number[]) {
    this.#entries = entries;
    this.chances = chances;
  }

  /** The likeliest next token; undefined where nothing is known and nothing copied. */
  guess(situation: Situation): NgramGuess | undefined {
    const { copied } = situation;
    let best: NgramEntry | undefined;
    for (const key of contextKeys(situation)) {
      const entry = this.#entries.get(key);
      if (!entry || (best && entry.chance <= best.chance)) continue;
      if (copied || entry.token !== COPY) best = entry;
    }
    if (!best && !copied) return undefined;
    const { token: named, chance } = best ?? { token: COPY, chance: UNKNOWN_CHANCE };
    const token = named === COPY && copied ? copied.token : named;
    const isCopied = token === copied?.token;
    const agreement = isCopied ? matchClass(copied.matched) : MATCH_CLASSES + (copied ? 0 : 1);
    return { token, kind: chanceClass(chance) * AGREEMENTS + agreement, isCopied };
  }
}

function chanceClass(chance: number): number {
  const above = CHANCE_BOUNDS.findIndex((bound) => chance < bound);
  return above < 0 ? CHANCE_CLASSES - 1 : above;
}
