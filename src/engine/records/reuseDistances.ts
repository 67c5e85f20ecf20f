import { PHASES, type Phase } from '../../protocol/records.ts';
import type { RoutingShape } from './routingShape.ts';

/**
 * How long ago each chosen expert was used last, by layer: the number of other experts of the layer used since (LRU stack
 * distance; Mattson et al., "Evaluation techniques for storage hierarchies", 1970). With it one pass tells the hit rate of
 * every size of a cache that keeps the experts used last: a choice finds its expert among n when its distance is below n.
 * The experts of a token count one after the other, as ranked.
 */
export class ReuseDistances {
  readonly #shape: RoutingShape;
  /** `[layers, experts]`: experts used so far, the last one first. */
  readonly #stacks: Uint16Array;
  /** `[layers]`: how many of them. */
  readonly #used: Uint32Array;
  /** `[PHASES, layers, experts + 1]`: choices by distance; last those of an expert never used before. */
  readonly #histogram: Uint32Array;

  constructor(shape: RoutingShape) {
    this.#shape = shape;
    const { layers, experts } = shape;
    this.#stacks = new Uint16Array(layers.length * experts);
    this.#used = new Uint32Array(layers.length);
    this.#histogram = new Uint32Array(PHASES.length * layers.length * (experts + 1));
  }

  /** @param chosen `[layers, topK]` of one forward pass, from `first` on */
  add(phase: Phase, chosen: Uint16Array | Int32Array, first = 0): void {
    const { layers, experts, topK } = this.#shape;
    let from = first;
    let to = PHASES.indexOf(phase) * layers.length * (experts + 1);
    for (let layer = 0; layer < layers.length; layer++, to += experts + 1) {
      for (let rank = 0; rank < topK; rank++) {
        const at = to + this.#use(layer, chosen[from++] ?? 0);
        this.#histogram[at] = (this.#histogram[at] ?? 0) + 1;
      }
    }
  }

  /** Choices of a layer by distance, `[experts + 1]`; the last number counts first uses. */
  histogram(layer: number, phases: readonly Phase[] = PHASES): Uint32Array {
    const { layers, experts } = this.#shape;
    const sum = new Uint32Array(experts + 1);
    for (const phase of phases) {
      const first = (PHASES.indexOf(phase) * layers.length + layer) * (experts + 1);
      for (let i = 0; i <= experts; i++) sum[i] = (sum[i] ?? 0) + (this.#histogram[first + i] ?? 0);
    }
    return sum;
  }

  /** Moves an expert to the front. @returns its distance, or the number of experts when it was not used before */
  #use(layer: number, expert: number): number {
    const { experts } = this.#shape;
    const first = layer * experts;
    const used = this.#used[layer] ?? 0;
    // Those in front of it step back by one while it is looked for.
    let moved = expert;
    for (let distance = 0; distance < used; distance++) {
      const next = this.#stacks[first + distance] ?? 0;
      this.#stacks[first + distance] = moved;
      if (next === expert) return distance;
      moved = next;
    }
    this.#stacks[first + used] = moved;
    this.#used[layer] = used + 1;
    return experts;
  }
}

/**
 * The share of choices that find their expert among the n used last, for n = 0 to all experts, `[experts + 1]`. All 0
 * when there were no choices.
 * @param histogram `[experts + 1]` as ReuseDistances gives it
 */
export function hitRates(histogram: Uint32Array): Float32Array {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let hits = 0;
  return Float32Array.from(histogram, (_, kept) => {
    hits += kept === 0 ? 0 : (histogram[kept - 1] ?? 0);
    return total === 0 ? 0 : hits / total;
  });
}
