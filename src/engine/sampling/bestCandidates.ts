import { massError, type BestLogits, type BestNeed } from './bestLogits.ts';
import { Candidates, type CandidateFilters } from './candidates.ts';
import { expNegative } from './exponential.ts';
import { ALTERNATIVES } from './tokenDetail.ts';

/** The most that whoever finds the best is asked for. */
export const MOST_BEST = 64;

/**
 * What of the logits these filters need. Undefined where only all of them will do: when more of the best than `MOST_BEST` are wanted,
 * or all that there are.
 */
export function needOf(filters: CandidateFilters): BestNeed | undefined {
  const { topK, topP, minP, temperature } = filters;
  if (temperature === 0) return { count: ALTERNATIVES, suffices: () => true };
  if (topK > MOST_BEST) return undefined;
  if (topK > 0) return { count: Math.max(topK, ALTERNATIVES), suffices: () => true };
  if (topP >= 1 && minP <= 0) return undefined;
  return { count: MOST_BEST, suffices: (best) => keptOf(best, filters) !== undefined };
}

/**
 * The token that `Candidates` would have at `fraction`, were it given all logits, bit for bit: what it does with those that it
 * keeps is left to it.
 */
export class BestCandidates {
  readonly #candidates = new Candidates(MOST_BEST);

  /** @throws RangeError where `suffices` of these filters' need was false */
  choose(best: BestLogits, filters: CandidateFilters, fraction: number): number {
    const kept = keptOf(best, filters);
    const largest = best.logits[0];
    if (kept === undefined || largest === undefined)
      throw new RangeError('the best logits are not enough for this choice');
    // By id, as in the vocabulary: sums are then added in the same order.
    const places = Array.from({ length: kept }, (_, place) => place).sort(
      (a, b) => (best.ids[a] ?? 0) - (best.ids[b] ?? 0),
    );
    const logits = Float32Array.from(places, (place) => best.logits[place] ?? 0);
    const topP = filters.topK > 0 ? filters.topP : 1;
    this.#candidates.select(logits, largest, { ...filters, topK: 0, topP });
    return best.ids[places[this.#candidates.at(fraction)] ?? 0] ?? 0;
  }
}

/**
 * How many of the best the first filter keeps: top-k, or of the whole vocabulary top-p or min-p. Undefined where it cannot be told: it
 * keeps more than there are, or the error of the vocabulary's mass hides which is the last.
 */
function keptOf(best: BestLogits, { topK, topP, minP }: CandidateFilters): number | undefined {
  const { ids, logits, mass, vocabularySize } = best;
  if (topK > 0) return Math.min(topK, ids.length);
  const largest = logits[0] ?? 0;
  if (topP < 1) {
    const target = topP * mass;
    const error = massError(best) * target;
    let sum = 0;
    for (let place = 0; place < ids.length; place++) {
      sum += expNegative(largest - (logits[place] ?? 0));
      if (sum >= target + error) return place + 1;
      if (sum > target - error) return undefined;
    }
  } else if (minP > 0 && (logits.at(-1) ?? -Infinity) < largest + Math.log(minP)) return ids.length;
  return ids.length === vocabularySize ? ids.length : undefined;
}
