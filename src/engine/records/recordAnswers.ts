import {
  type ExpertLoad,
  type ExpertsParams,
  type ExpertsResult,
  type Phase,
  PHASES,
  type RoutingParams,
  type RoutingResult,
} from '../../protocol/records.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { coactivation } from './coactivation.ts';
import { expertLoad } from '../../reasoning/expertLoad.ts';
import { questionCounts } from './questionCounts.ts';
import { hitRates } from './reuseDistances.ts';
import type { RoutingRecord } from './routingRecord.ts';

/** As base64 this takes a third more. */
const MAX_PAGE_BYTES = 4 << 20;

/**
 * The routing of some positions.
 * @param requestIds by question
 * @param pageBytes at most so many bytes of experts and weights, and those of one position at least
 */
export function routingResult(
  { ring, shape }: RoutingRecord,
  { firstPosition = 0, endPosition = Infinity }: Pick<RoutingParams, 'firstPosition' | 'endPosition'>,
  requestIds: readonly string[],
  pageBytes = MAX_PAGE_BYTES,
): RoutingResult {
  const choices = shape.layers.length * shape.topK;
  const maxEntries = Math.max(1, Math.floor(pageBytes / (4 * choices)));
  const within = (end: number): number[] =>
    Array.from({ length: ring.length }, (_, index) => index).filter(
      (index) => ring.position(index) >= firstPosition && ring.position(index) < end,
    );
  const all = within(endPosition);
  const end =
    all.length <= maxEntries
      ? undefined
      : endOfPage(
          all.map((index) => ring.position(index)),
          maxEntries,
        );
  const entries = end === undefined ? all : within(end);

  const chosen = new Uint16Array(entries.length * choices);
  const weights = new Uint16Array(entries.length * choices);
  entries.forEach((index, row) => {
    chosen.set(ring.experts(index), row * choices);
    weights.set(ring.weights(index), row * choices);
  });
  const column = (valueOf: (index: number) => number): number[] => entries.map(valueOf);
  return {
    ...shape,
    entries: entries.length,
    dropped: ring.dropped,
    endPosition: end ?? Math.max(firstPosition, 1 + column((index) => ring.position(index)).reduce(max, -1)),
    requestIds,
    packed: {
      positions: base64(Uint32Array.from(column((index) => ring.position(index)))),
      tokens: base64(Uint32Array.from(column((index) => ring.token(index)))),
      questions: base64(Uint32Array.from(column((index) => ring.question(index)))),
      phases: base64(Uint8Array.from(column((index) => PHASES.indexOf(ring.phase(index))))),
      evicted: base64(Uint8Array.from(column((index) => (ring.isEvicted(index) ? 1 : 0)))),
      chosen: base64(chosen),
      weights: base64(weights),
    },
  };
}

/**
 * @param of the question whose tokens alone are counted (absent: all), and the gates' biases as far as they are told
 * @throws GlassboxError `request/invalid` for co-activation of a layer without experts
 */
export function expertsResult(
  record: RoutingRecord,
  params: Pick<ExpertsParams, 'hitRates' | 'coactivation'>,
  of: { readonly question?: number; readonly gateBiases?: Float32Array } = {},
): ExpertsResult {
  const { shape, ring, distances } = record;
  const counts = of.question === undefined ? record.counts : questionCounts(ring, shape, of.question);
  const layers = shape.layers.map((_, layer) => layer);
  const loadIn = (phases: readonly Phase[]): (ExpertLoad | null)[] =>
    layers.map((layer) => expertLoad(counts.of(layer, phases)));
  const ratesIn = (phases: readonly Phase[]): string => {
    const curves = layers.flatMap((layer) => [...hitRates(distances.histogram(layer, phases))]);
    return base64(Float32Array.from(curves));
  };
  return {
    ...shape,
    tokens: { ...counts.tokens },
    dropped: ring.dropped,
    counts: base64(counts.counts),
    load: byPhases(loadIn),
    ...(params.hitRates === true ? { hitRates: byPhases(ratesIn) } : {}),
    ...(params.coactivation === undefined
      ? {}
      : { coactivation: base64(coactivationOf(record, params.coactivation)) }),
    ...(of.gateBiases ? { gateBias: base64(of.gateBiases) } : {}),
  };
}

function coactivationOf(
  { ring, shape }: RoutingRecord,
  { layers, phase }: NonNullable<ExpertsParams['coactivation']>,
): Uint32Array {
  const [row, column] = layers.map((layer) => shape.layers.indexOf(layer));
  if (row === undefined || column === undefined || row < 0 || column < 0) {
    throw new GlassboxError(
      'request/invalid',
      `Layers ${layers.join(' and ')} were asked for; those with experts are ${shape.layers.join(', ')}.`,
    );
  }
  return coactivation(ring, shape, [row, column], phase);
}

function byPhases<T>(of: (phases: readonly Phase[]) => T): Record<Phase | 'all', T> {
  return { prompt: of(['prompt']), thought: of(['thought']), answer: of(['answer']), all: of(PHASES) };
}

/** The first position that does not fit into a page; a page holds one position at least. */
function endOfPage(positions: readonly number[], maxEntries: number): number {
  const sorted = positions.toSorted((a, b) => a - b);
  return Math.max(sorted[maxEntries] ?? 0, 1 + (sorted[0] ?? 0));
}

function max(a: number, b: number): number {
  return Math.max(a, b);
}

function base64(numbers: Uint8Array | Uint16Array | Uint32Array | Float32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}
