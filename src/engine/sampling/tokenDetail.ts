import { logitOf, type BestLogits } from './bestLogits.ts';
import { expNegative } from './exponential.ts';
import { argmax } from './logits.ts';

/** What there was to choose from, in natural logarithms of the distribution before penalties, filters and temperature. */
export interface ChoiceDetail {
  readonly logProbability: number;
  /** In nats. */
  readonly entropy: number;
  /** The five most likely tokens, best first; of equal ones the lower id first. */
  readonly alternatives: readonly { readonly token: number; readonly logProbability: number }[];
}

/** Alternatives that are told of a choice. */
export const ALTERNATIVES = 5;

/**
 * How likely `token` was, and what else was.
 * @param logits `[vocabulary]`, as the model gave them
 * @throws GlassboxError `runtime/failed` when a logit is NaN or infinite
 */
export function tokenDetail(logits: Float32Array, token: number): ChoiceDetail {
  const max = logits[argmax(logits)] ?? 0;
  const best: number[] = [];
  let worstOfBest = -Infinity;
  let mass = 0;
  let weightedDistance = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] ?? 0;
    const distance = max - logit;
    const weight = expNegative(distance);
    mass += weight;
    weightedDistance += weight * distance;
    if (logit > worstOfBest || best.length < ALTERNATIVES) {
      insert(best, id, logits);
      if (best.length === ALTERNATIVES) worstOfBest = logits[best[ALTERNATIVES - 1] ?? 0] ?? 0;
    }
  }
  return choiceDetail(logits, token, { mass, distance: weightedDistance, best });
}

/**
 * The same from the best logits, to what single precision leaves of their sums.
 * @throws RangeError for a token that is not among them
 */
export function bestDetail(best: BestLogits, token: number): ChoiceDetail {
  const { ids, mass, distance } = best;
  if (Number.isNaN(logitOf(best, token)))
    throw new RangeError(`token ${String(token)} is not among the best`);
  const sums = { mass, distance, best: [...ids.subarray(0, ALTERNATIVES)] };
  return detailOf((id) => logitOf(best, id), token, sums);
}

/** What a pass over a vocabulary gives: sums of `exp(logit - max)`, alone and times `max - logit`, and the best tokens. */
export interface VocabularySums {
  readonly mass: number;
  readonly distance: number;
  /** Best first; at least one. */
  readonly best: readonly number[];
}

/** What these sums say of a choice. */
export function choiceDetail(logits: Float32Array, token: number, sums: VocabularySums): ChoiceDetail {
  return detailOf((id) => logits[id] ?? -Infinity, token, sums);
}

function detailOf(
  logitAt: (token: number) => number,
  token: number,
  { mass, distance, best }: VocabularySums,
): ChoiceDetail {
  const max = logitAt(best[0] ?? 0);
  const logMass = Math.log(mass);
  const logProbability = (id: number): number => logitAt(id) - max - logMass;
  return {
    logProbability: logProbability(token),
    entropy: logMass + distance / mass,
    alternatives: best.map((id) => ({ token: id, logProbability: logProbability(id) })),
  };
}

/** Puts `id` behind all that are as good, and drops the one too many. */
function insert(best: number[], id: number, logits: Float32Array): void {
  const logit = logits[id] ?? 0;
  let place = best.length;
  while (place > 0 && (logits[best[place - 1] ?? 0] ?? 0) < logit) place--;
  best.splice(place, 0, id);
  if (best.length > ALTERNATIVES) best.pop();
}
