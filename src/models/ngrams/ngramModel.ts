import { CONTEXTS, contextKeys } from './contexts.ts';
import { MATCH_CLASSES, matchClass } from './matchClass.ts';
import { CERTAIN, type NgramTable, packed, packedChance, packedSymbol } from './ngramTable.ts';
import { NO_TOKEN } from './noToken.ts';
import { symbolOf, tokenOf } from './pointer.ts';
import type { Situation } from './situation.ts';
import type { TokenClasses } from './tokenClass.ts';

/** How sure an entry is, of `CHANCE_CLASSES`: those that are nearly sure are told apart. */
const CHANCE_BOUNDS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99] as const;
const CHANCE_CLASSES = CHANCE_BOUNDS.length + 1;
/** `[CERTAIN + 1]`, by an entry's chance. */
const CLASS_OF_CHANCE = Uint8Array.from({ length: CERTAIN + 1 }, (_, chance) => {
  const above = CHANCE_BOUNDS.findIndex((bound) => chance / CERTAIN < bound);
  return above < 0 ? CHANCE_CLASSES - 1 : above;
});
/** Whether the text says the same: how well it was followed then, that it says something else, or nothing. */
const AGREEMENTS = MATCH_CLASSES + 2;
/** As many kinds of guesses there are. */
export const GUESS_KINDS = CHANCE_CLASSES * AGREEMENTS;

/** From this chance on no other context is asked: each is somewhere else in a memory that a pass of the model has taken. */
const SURE = 248;

const END = symbolOf('end');
/** Where no context is known. */
const UNKNOWN = packed({ symbol: symbolOf('copied'), chance: Math.floor(CERTAIN / 2) });

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
  readonly classes: TokenClasses;
  readonly #table: NgramTable;
  /** Of the last situation. */
  readonly #keys = new Int32Array(CONTEXTS);

  constructor(table: NgramTable, classes: TokenClasses, chances: readonly number[]) {
    this.#table = table;
    this.classes = classes;
    this.chances = chances;
  }

  /** The likeliest next token; undefined where nothing is known and nothing copied, and where the reply is likelier to end. */
  guess(situation: Situation): NgramGuess | undefined {
    const surest = this.surest(situation);
    const value = surest === undefined ? UNKNOWN : this.#table.get(surest);
    const token = tokenOf(packedSymbol(value), situation);
    if (token === NO_TOKEN) return undefined;
    const { copied, matched } = situation;
    const isCopied = token === copied;
    const agreement = isCopied ? matchClass(matched) : MATCH_CLASSES + (copied === NO_TOKEN ? 1 : 0);
    const sureness = CLASS_OF_CHANCE[packedChance(value)] ?? 0;
    return { token, kind: sureness * AGREEMENTS + agreement, isCopied };
  }

  /** The key of the context that `guess` goes by; undefined where none is known. */
  surest(situation: Situation): number | undefined {
    contextKeys(situation, this.classes, this.#keys);
    let surest: number | undefined;
    let most = 0;
    for (const key of this.#keys) {
      const value = this.#table.get(key);
      const chance = packedChance(value);
      if (chance <= most) continue;
      const symbol = packedSymbol(value);
      // It points to nothing here.
      if (symbol !== END && tokenOf(symbol, situation) === NO_TOKEN) continue;
      most = chance;
      surest = key;
      if (most >= SURE) break;
    }
    return surest;
  }
}
