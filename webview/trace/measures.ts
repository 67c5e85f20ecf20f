import { TOKEN_ORIGINS, type Trace } from '../../src/reasoning/trace/trace.ts';

/** By what tokens are coloured. */
export type MeasureKind = 'probability' | 'entropy' | 'time' | 'origin' | 'expert' | 'none';

/** A trace's tokens in a few levels; `undefined` where nothing was measured. Levels have colours and underlines. */
export interface Measure {
  /** What the levels mean, from 0 on. */
  readonly labels: readonly string[];
  /** Whether levels are steps of one scale, or kinds beside each other. */
  readonly scale: 'ordered' | 'kinds';
  readonly levelOf: (token: number) => number | undefined;
}

/** Upper limits of levels 0 to 4, in nats; what is above is level 5. */
const ENTROPY_LIMITS = [0.1, 0.5, 1, 1.5, 2.5];
/** Lower limits of levels 0 to 4; what is below is level 5. */
const PROBABILITY_LIMITS = [0.9, 0.7, 0.5, 0.25, 0.1];
/** Upper limits as multiples of the median. */
const TIME_LIMITS = [0.5, 1, 1.5, 2, 4];
/** Experts with a colour of their own; all others share one. */
const NAMED_EXPERTS = 6;

/** @param layer index of the routing's layers, for `expert` */
export function measureOf(trace: Trace, kind: MeasureKind, layer = 0): Measure {
  const { tokens } = trace;
  switch (kind) {
    case 'probability':
      return {
        labels: PROBABILITY_LIMITS.map((limit) => `≥ ${percent(limit)}`).concat(`< ${percent(0.1)}`),
        scale: 'ordered',
        levelOf: (token) => {
          const probability = Math.exp(tokens.logProbabilities[token] ?? NaN);
          return Number.isNaN(probability) ? undefined : levelBelow(PROBABILITY_LIMITS, probability);
        },
      };
    case 'entropy':
      return {
        labels: upTo(ENTROPY_LIMITS, (limit) => `${limit} nats`),
        scale: 'ordered',
        levelOf: (token) => {
          const entropy = tokens.entropies[token] ?? NaN;
          return Number.isNaN(entropy) ? undefined : levelAbove(ENTROPY_LIMITS, entropy);
        },
      };
    case 'time': {
      const median = medianOf(tokens.elapsedMs);
      const limits = TIME_LIMITS.map((factor) => factor * median);
      return {
        labels: upTo(limits, (limit) => `${limit.toFixed(limit < 10 ? 1 : 0)} ms`),
        scale: 'ordered',
        levelOf: (token) => {
          const elapsed = tokens.elapsedMs[token] ?? 0;
          return elapsed > 0 ? levelAbove(limits, elapsed) : undefined;
        },
      };
    }
    case 'origin':
      return {
        labels: ['sampled', 'guessed ahead, then chosen', 'written for the model'],
        scale: 'kinds',
        levelOf: (token) => Math.min(tokens.origins[token] ?? 0, TOKEN_ORIGINS.length - 1),
      };
    case 'expert':
      return expertMeasure(trace, layer);
    case 'none':
      return { labels: [], scale: 'kinds', levelOf: () => undefined };
    default:
      return kind satisfies never;
  }
}

/** The first-ranked expert of each token in one layer: the most frequent ones by name. */
function expertMeasure({ routing }: Trace, layer: number): Measure {
  if (!routing) return { labels: [], scale: 'kinds', levelOf: () => undefined };
  const { layers, topK, chosen, weights, count } = routing;
  const at = (token: number): number => (token * layers.length + layer) * topK;
  const isKnown = (token: number): boolean => token < count && (weights[at(token)] ?? 0) > 0;
  const counts = new Map<number, number>();
  for (let token = 0; token < count; token++) {
    if (!isKnown(token)) continue;
    const expert = chosen[at(token)] ?? 0;
    counts.set(expert, (counts.get(expert) ?? 0) + 1);
  }
  const named = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, NAMED_EXPERTS);
  const levels = new Map(named.map(([expert], level) => [expert, level]));
  const labels = named.map(([expert, tokens]) => `expert ${expert} (${tokens} tokens)`);
  return {
    labels: counts.size > named.length ? [...labels, 'other experts'] : labels,
    scale: 'kinds',
    levelOf: (token) => (isKnown(token) ? (levels.get(chosen[at(token)] ?? 0) ?? named.length) : undefined),
  };
}

/** Index of the first limit that `value` does not exceed. */
function levelAbove(limits: readonly number[], value: number): number {
  const level = limits.findIndex((limit) => value <= limit);
  return level < 0 ? limits.length : level;
}

/** Index of the first limit that `value` reaches. */
function levelBelow(limits: readonly number[], value: number): number {
  const level = limits.findIndex((limit) => value >= limit);
  return level < 0 ? limits.length : level;
}

function upTo(limits: readonly number[], text: (limit: number) => string): string[] {
  const last = limits.at(-1);
  return [...limits.map((limit) => `≤ ${text(limit)}`), ...(last === undefined ? [] : [`> ${text(last)}`])];
}

function medianOf(values: Float32Array): number {
  const sorted = values.filter((value) => value > 0).sort();
  return sorted[sorted.length >> 1] ?? 0;
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}
