import type { GuessSource, SourceCounts, SpeculationCounts } from '../../protocol/generation.ts';

interface Count {
  drafted: number;
  accepted: number;
}

/** Counts guesses that were computed and what became of them, by who made them and how far ahead. */
export class GuessTally {
  readonly #bySource = new Map<GuessSource, Count[]>();

  /** @param sources named in the counts although they may never guess */
  constructor(sources: readonly GuessSource[]) {
    for (const source of sources) this.#bySource.set(source, []);
  }

  /** @param place 0 for the guess behind the token that was computed anyway */
  add(source: GuessSource, place: number, wasRight: boolean): void {
    const places = this.#placesOf(source);
    while (places.length <= place) places.push({ drafted: 0, accepted: 0 });
    const count = places[place];
    if (!count) return;
    count.drafted++;
    if (wasRight) count.accepted++;
  }

  #placesOf(source: GuessSource): Count[] {
    const known = this.#bySource.get(source);
    if (known) return known;
    const places: Count[] = [];
    this.#bySource.set(source, places);
    return places;
  }

  get counts(): SpeculationCounts {
    const bySource = [...this.#bySource].map(([source, places]): SourceCounts => ({
      source,
      ...sum(places),
      byPosition: places.map(copy),
    }));
    const length = Math.max(0, ...bySource.map(({ byPosition }) => byPosition.length));
    const byPosition = Array.from({ length }, (_, place) =>
      sum(bySource.flatMap((counts) => counts.byPosition[place] ?? [])),
    );
    return { ...sum(byPosition), byPosition, bySource };
  }
}

function sum(counts: readonly Readonly<Count>[]): Count {
  return {
    drafted: counts.reduce((total, { drafted }) => total + drafted, 0),
    accepted: counts.reduce((total, { accepted }) => total + accepted, 0),
  };
}

const copy = ({ drafted, accepted }: Readonly<Count>): Count => ({ drafted, accepted });
