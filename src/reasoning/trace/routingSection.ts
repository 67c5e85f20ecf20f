import { toHalf } from '../../protocol/toHalf.ts';
import { halfToFloat } from '../../protocol/unpackRouting.ts';
import type { TraceRouting } from './trace.ts';

/** What the sizes of routing follow from. */
export type RoutingShape = Pick<TraceRouting, 'layers' | 'experts' | 'topK'>;

/** What the largest weight of a token and layer is stored as. */
const LEVELS = 255;
/** The largest finite half float. */
const MAX_HALF = 65504;

const bytesPerExpert = ({ experts }: RoutingShape): number => (experts <= 256 ? 1 : 2);

/** Of one token: for each layer the largest weight, then for each choice the expert and its weight. */
export function routingBytesPerToken(shape: RoutingShape): number {
  return shape.layers.length * (2 + shape.topK * (bytesPerExpert(shape) + 1));
}

/** Writes the routing of tokens from `first` up to `end` into `target`, which is as long as that takes. */
export function writeRouting(routing: TraceRouting, first: number, end: number, target: Uint8Array): void {
  const { topK } = routing;
  const groups = (end - first) * routing.layers.length;
  const firstGroup = first * routing.layers.length;
  const scales = new Uint16Array(groups);
  const weights = target.subarray(target.length - groups * topK);
  for (let group = 0; group < groups; group++) {
    const from = (firstGroup + group) * topK;
    let largest = 0;
    for (let i = from; i < from + topK; i++) {
      const weight = routing.weights[i] ?? 0;
      if (weight > largest) largest = weight;
    }
    const scale = toHalf(Math.min(largest, MAX_HALF));
    scales[group] = scale;
    const step = halfToFloat(scale) / LEVELS;
    for (let rank = 0; rank < topK; rank++) {
      const weight = routing.weights[from + rank] ?? 0;
      // A negative weight or none at all is stored as 0: no gate gives one.
      weights[group * topK + rank] = weight > 0 && step > 0 ? Math.min(LEVELS, Math.round(weight / step)) : 0;
    }
  }
  target.set(new Uint8Array(scales.buffer), 0);
  const chosen = routing.chosen.subarray(firstGroup * topK, (firstGroup + groups) * topK);
  const narrow = bytesPerExpert(routing) === 1;
  target.set(
    narrow ? chosen : new Uint8Array(chosen.buffer, chosen.byteOffset, chosen.byteLength),
    scales.byteLength,
  );
}

/**
 * Reads what `writeRouting` wrote into the same places of `routing`.
 * @returns false when an expert does not exist or a weight is no number, so this is no routing
 */
export function readRouting(source: Uint8Array, first: number, end: number, routing: TraceRouting): boolean {
  const { topK, experts } = routing;
  const groups = (end - first) * routing.layers.length;
  const scales = new Uint16Array(source.slice(0, 2 * groups).buffer);
  const weights = source.subarray(source.length - groups * topK);
  const choices = source.slice(2 * groups, source.length - groups * topK);
  const chosen = bytesPerExpert(routing) === 1 ? choices : new Uint16Array(choices.buffer);
  const target = first * routing.layers.length * topK;
  for (let group = 0; group < groups; group++) {
    const scale = halfToFloat(scales[group] ?? 0);
    if (!(scale >= 0 && scale <= MAX_HALF)) return false;
    for (let i = group * topK; i < (group + 1) * topK; i++) {
      const expert = chosen[i] ?? 0;
      if (expert >= experts) return false;
      routing.chosen[target + i] = expert;
      routing.weights[target + i] = ((weights[i] ?? 0) * scale) / LEVELS;
    }
  }
  return true;
}
