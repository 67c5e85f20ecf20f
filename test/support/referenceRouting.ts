import type { ExpertFeedForward } from '../../src/models/spec.ts';
import { softmax } from './matrix.ts';

/** Where a layer sent a token. */
export interface Routing {
  /** Best first. */
  readonly experts: readonly number[];
  /** What multiplies each one's output. */
  readonly weights: readonly number[];
}

/** llama.cpp keeps the sum that it divides by from 0: the least normal number of F16. */
const LEAST_SUM = 2 ** -14;

/**
 * The experts of a token (arXiv 2412.19437, section 2.1.2).
 * @param logits of the router, `[experts]`
 * @param bias for the choice alone, `[experts]`
 */
export function route(
  spec: ExpertFeedForward,
  logits: readonly number[],
  bias: readonly number[] | undefined,
): Routing {
  const scores =
    spec.gate === 'softmax' ? softmax(logits) : logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const ranks = scores.map((score, expert) => score + (bias?.[expert] ?? 0));
  const allowed = new Set(bestGroups(spec, ranks));
  const groupSize = spec.experts / (spec.groups?.count ?? 1);
  const experts = ranking(ranks)
    .filter((expert) => allowed.has(Math.floor(expert / groupSize)))
    .slice(0, spec.topK);
  const chosen = experts.map((expert) => scores[expert] ?? 0);
  const sum = spec.normalizeWeights ? Math.max(LEAST_SUM, total(chosen)) : 1;
  return { experts, weights: chosen.map((score) => (score / sum) * spec.weightScale) };
}

/** Groups are worth their two best experts where a bias helps to choose, else their best one. */
function bestGroups(
  { experts, groups, selectionBias }: ExpertFeedForward,
  ranks: readonly number[],
): number[] {
  if (groups === undefined) return [0];
  const size = experts / groups.count;
  const worth = Array.from({ length: groups.count }, (_, group) => {
    const members = ranks.slice(group * size, (group + 1) * size).sort((a, b) => b - a);
    return total(members.slice(0, selectionBias ? 2 : 1));
  });
  return ranking(worth).slice(0, groups.chosen);
}

/** Places by value, largest first. */
function ranking(values: readonly number[]): number[] {
  return values.map((_, place) => place).sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0));
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
