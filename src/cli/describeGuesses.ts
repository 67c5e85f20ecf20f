import type { GuessSource, SpeculationCounts } from '../protocol/generation.ts';

const SOURCES: Record<GuessSource, string> = {
  lookup: 'from the text',
  ngrams: 'from n-grams',
  draft: 'from the draft',
};

/** How often guesses ahead were right, to stand behind a speed; empty where nothing was guessed. */
export function describeGuesses(counts: SpeculationCounts | undefined): string {
  if (!counts || counts.drafted === 0) return '';
  const guessing = counts.bySource.filter(({ drafted }) => drafted > 0);
  const shares = guessing.map(
    ({ source, drafted, accepted }) => `${accepted} of ${drafted} ${SOURCES[source]}`,
  );
  const by = shares.length > 0 ? ` (${shares.join(', ')})` : '';
  return `, ${counts.accepted} of ${counts.drafted} guesses right${by}`;
}
