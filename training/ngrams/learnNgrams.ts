import { type ReplyGround, ReplySituation } from '../../src/engine/speculation/replySituation.ts';
import { CONTEXTS, contextKeys } from '../../src/models/ngrams/contexts.ts';
import { GUESS_KINDS, NgramModel } from '../../src/models/ngrams/ngramModel.ts';
import {
  CERTAIN,
  type NgramEntries,
  type NgramEntry,
  NgramTable,
} from '../../src/models/ngrams/ngramTable.ts';
import { NO_TOKEN } from '../../src/models/ngrams/noToken.ts';
import { POINTERS, symbolOf } from '../../src/models/ngrams/pointer.ts';
import type { Situation } from '../../src/models/ngrams/situation.ts';
import type { TokenClasses } from '../../src/models/ngrams/tokenClass.ts';
import { SymbolCounts } from './symbolCounts.ts';

/** A reply, as tokens, and what it stands behind. */
export interface ReplySample extends ReplyGround {
  /** Without the token that ends it. */
  readonly reply: readonly number[];
}

/** Taken for seen in each context beside what was, so that few sights are not taken for certainty. */
const UNSEEN = { right: 0.5, all: 1.2 } as const;
/** The same for each kind of guess. */
const UNSEEN_KIND = { right: 1, all: 2 } as const;

/**
 * What stands most often in each context of the replies. Contexts that never are the surest are left out: they would say nothing.
 * @param least contexts that were seen less often say nothing, either
 */
export function learnNgrams(
  samples: readonly ReplySample[],
  classes: TokenClasses,
  least: number,
): NgramEntries {
  const entries = mostSaid(samples, classes, least);
  const model = new NgramModel(NgramTable.of(entries), classes, []);
  const speaking = new Map<number, NgramEntry>();
  for (const sample of samples) {
    for (const { situation } of placesOf(sample, classes)) {
      const key = model.surest(situation);
      const entry = key === undefined ? undefined : entries.get(key);
      if (key !== undefined && entry) speaking.set(key, entry);
    }
  }
  return speaking;
}

function mostSaid(samples: readonly ReplySample[], classes: TokenClasses, least: number): NgramEntries {
  const sights = sightsOf(samples, classes);
  const counts = new SymbolCounts();
  const keys = new Int32Array(CONTEXTS);
  for (const sample of samples) {
    for (const { situation, token } of placesOf(sample, classes)) {
      contextKeys(situation, classes, keys);
      const symbols = symbolsOf(token, situation);
      // Most contexts are seen once or twice: they would fill the memory.
      for (const key of keys) if ((sights.get(key) ?? 0) >= least) counts.add(key, symbols);
    }
  }
  const entries = new Map<number, NgramEntry>();
  for (const { key, symbol, right } of counts.most()) {
    const chance = (right + UNSEEN.right) / ((sights.get(key) ?? 0) + UNSEEN.all);
    entries.set(key, { symbol, chance: Math.round(CERTAIN * chance) });
  }
  return entries;
}

/** How often each context was seen. */
function sightsOf(samples: readonly ReplySample[], classes: TokenClasses): ReadonlyMap<number, number> {
  const sights = new Map<number, number>();
  const keys = new Int32Array(CONTEXTS);
  for (const sample of samples) {
    for (const { situation } of placesOf(sample, classes)) {
      contextKeys(situation, classes, keys);
      for (const key of keys) sights.set(key, (sights.get(key) ?? 0) + 1);
    }
  }
  return sights;
}

/**
 * How often guesses of each kind are right, `[GUESS_KINDS]`.
 * @param samples others than the entries were learned from
 */
export function guessChances(
  entries: NgramEntries,
  classes: TokenClasses,
  samples: Iterable<ReplySample>,
): readonly number[] {
  const model = new NgramModel(NgramTable.of(entries), classes, []);
  const seen = Array.from({ length: GUESS_KINDS }, (): { right: number; all: number } => ({
    ...UNSEEN_KIND,
  }));
  for (const sample of samples) {
    for (const { situation, token } of placesOf(sample, classes)) {
      const guess = model.guess(situation);
      const kind = guess && seen[guess.kind];
      if (!kind) continue;
      kind.all++;
      if (guess.token === token) kind.right++;
    }
  }
  return seen.map(({ right, all }) => right / all);
}

interface Place {
  readonly situation: Situation;
  /** What the reply says there; `NO_TOKEN` where it ends. */
  readonly token: number;
}

function* placesOf(sample: ReplySample, classes: TokenClasses): Generator<Place, void> {
  const reply = new ReplySituation(sample, classes);
  for (const token of sample.reply) {
    yield { situation: reply.ahead().situation(), token };
    reply.accept(token);
  }
  yield { situation: reply.ahead().situation(), token: NO_TOKEN };
}

/** All that a table can say of a place that is right, the pointers first: they say the same of other names, too. */
function symbolsOf(token: number, situation: Situation): readonly number[] {
  if (token === NO_TOKEN) return [symbolOf('end')];
  const pointers = POINTERS.filter((pointer) => pointer !== 'end' && situation[pointer] === token);
  return [...pointers.map(symbolOf), token];
}
