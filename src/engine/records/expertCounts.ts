import { PHASES, type Phase } from '../../protocol/records.ts';
import type { RoutingShape } from './routingShape.ts';

/** How often each expert was chosen, by phase and layer. */
export class ExpertCounts {
  readonly #shape: RoutingShape;
  /** `[PHASES, layers, experts]` */
  readonly counts: Uint32Array;
  readonly #tokens: Record<Phase, number> = { prompt: 0, thought: 0, answer: 0 };

  constructor(shape: RoutingShape) {
    this.#shape = shape;
    this.counts = new Uint32Array(PHASES.length * shape.layers.length * shape.experts);
  }

  /** Tokens that are counted. */
  get tokens(): Readonly<Record<Phase, number>> {
    return this.#tokens;
  }

  /** Counts a token. @param chosen `[layers, topK]` from `first` on */
  add(phase: Phase, chosen: Uint16Array | Int32Array, first = 0): void {
    this.#count(phase, chosen, first, 1);
  }

  /** Takes a token back that was counted. @param chosen `[layers, topK]` */
  remove(phase: Phase, chosen: Uint16Array): void {
    this.#count(phase, chosen, 0, -1);
  }

  /** Of one layer (counted among those with experts) in some phases together, `[experts]`. */
  of(layer: number, phases: readonly Phase[] = PHASES): Uint32Array {
    const { layers, experts } = this.#shape;
    const sum = new Uint32Array(experts);
    for (const phase of phases) {
      const first = (PHASES.indexOf(phase) * layers.length + layer) * experts;
      for (let expert = 0; expert < experts; expert++) {
        sum[expert] = (sum[expert] ?? 0) + (this.counts[first + expert] ?? 0);
      }
    }
    return sum;
  }

  #count(phase: Phase, chosen: Uint16Array | Int32Array, first: number, step: 1 | -1): void {
    const { layers, experts, topK } = this.#shape;
    this.#tokens[phase] += step;
    let from = first;
    let to = PHASES.indexOf(phase) * layers.length * experts;
    for (let layer = 0; layer < layers.length; layer++, to += experts) {
      for (let rank = 0; rank < topK; rank++) {
        const at = to + (chosen[from++] ?? 0);
        this.counts[at] = (this.counts[at] ?? 0) + step;
      }
    }
  }
}
