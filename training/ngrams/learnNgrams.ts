import { TextLookup } from '../../src/engine/speculation/textLookup.ts';
import { askedBy, contextKeys, endingOf, type Situation } from '../../src/models/ngrams/contexts.ts';
import {
  COPY,
  GUESS_KINDS,
  type NgramEntries,
  type NgramEntry,
  NgramModel,
} from '../../src/models/ngrams/ngramModel.ts';

/** A reply, as tokens. */
export interface ReplySample {
  /** Its last few tokens are enough (`askedBy`). */
  readonly prompt: readonly number[];
  /** What is looked up beside it (`lookupTokens`). */
  readonly text: readonly number[];
  readonly reply: readonly number[];
}

/** Taken for seen in each context beside what was, so that few sights are not taken for certainty. */
const UNSEEN = { right: 0.5, all: 2 } as const;
/** The same for each kind of guess. */
const UNSEEN_KIND = { right: 1, all: 2 } as const;

/**
 * What stands most often in each context of the replies.
 * @param least contexts that were seen less often say nothing
 */
export function learnNgrams(samples: Iterable<ReplySample>, least: number): NgramEntries {
  const counts = new Map<number, Map<number, number>>();
  for (const sample of samples) {
    for (const { situation, token } of placesOf(sample)) {
      const said = situation.copied?.token === token ? COPY : token;
      for (const key of contextKeys(situation)) {
        const tokens = counts.get(key) ?? new Map<number, number>();
        counts.set(key, tokens.set(said, (tokens.get(said) ?? 0) + 1));
      }
    }
  }
  const entries = new Map<number, NgramEntry>();
  for (const [key, tokens] of counts) {
    const all = [...tokens.values()].reduce((sum, count) => sum + count, 0);
    const [token, right] = [...tokens].reduce((most, each) => (each[1] > most[1] ? each : most));
    if (all >= least) entries.set(key, { token, chance: (right + UNSEEN.right) / (all + UNSEEN.all) });
  }
  return entries;
}

/**
 * How often guesses of each kind are right, `[GUESS_KINDS]`.
 * @param samples others than the entries were learned from
 */
export function guessChances(entries: NgramEntries, samples: Iterable<ReplySample>): readonly number[] {
  const model = new NgramModel(entries, []);
  const seen = Array.from({ length: GUESS_KINDS }, (): { right: number; all: number } => ({
    ...UNSEEN_KIND,
  }));
  for (const sample of samples) {
    for (const { situation, token } of placesOf(sample)) {
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
  /** What the reply says there. */
  readonly token: number;
}

function* placesOf({ prompt, text, reply }: ReplySample): Generator<Place, void> {
  const lookup = new TextLookup(text);
  const asked = askedBy(prompt);
  const said = prompt.slice(-3);
  for (const token of reply) {
    yield { situation: { asked, ending: endingOf(said), copied: lookup.ahead().next() }, token };
    lookup.accept(token);
    said.push(token);
  }
}
