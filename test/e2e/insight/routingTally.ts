import type { Phase, RoutingResult } from '../../../src/protocol/records.ts';
import { type Routing, unpackRouting } from '../../../src/protocol/unpackRouting.ts';

export type PhaseFilter = Phase | 'all';

/** A token's choice of an expert. */
export interface Choice {
  readonly entry: number;
  readonly position: number;
  readonly phase: Phase;
  readonly evicted: boolean;
  /** From 1 on. */
  readonly choice: number;
  readonly weight: number;
}

/** The figures of the experts panel, counted from the routing of each single token. Layers are counted among those with experts. */
export class RoutingTally {
  readonly routing: Routing;

  constructor(result: RoutingResult) {
    if (result.dropped > 0) throw new Error('The chat is too long to be counted: routing was dropped.');
    this.routing = unpackRouting(result);
  }

  tokens(phase: PhaseFilter): number {
    return this.#entries(phase).length;
  }

  /** `[experts]` */
  counts(layer: number, phase: PhaseFilter): readonly number[] {
    const counts = Array.from({ length: this.routing.experts }, () => 0);
    for (const entry of this.#entries(phase)) {
      for (const expert of this.#chosen(entry, layer)) counts[expert] = (counts[expert] ?? 0) + 1;
    }
    return counts;
  }

  /** Who chose an expert, the latest first. */
  choicesOf(layer: number, expert: number, phase: PhaseFilter): readonly Choice[] {
    const { routing } = this;
    return this.#entries(phase)
      .flatMap((entry) => {
        const rank = this.#chosen(entry, layer).indexOf(expert);
        if (rank < 0) return [];
        return [
          {
            entry,
            position: routing.positions[entry] ?? NaN,
            phase: routing.phases[entry] ?? 'prompt',
            evicted: routing.evicted[entry] ?? false,
            choice: rank + 1,
            weight: routing.weights[this.#at(entry, layer) + rank] ?? NaN,
          },
        ];
      })
      .toReversed();
  }

  /** How many tokens chose an expert of one layer and one of another. */
  together(
    one: { readonly layer: number; readonly expert: number },
    other: { readonly layer: number; readonly expert: number },
  ): number {
    return this.#entries('all').filter(
      (entry) =>
        this.#chosen(entry, one.layer).includes(one.expert) &&
        this.#chosen(entry, other.layer).includes(other.expert),
    ).length;
  }

  #entries(phase: PhaseFilter): readonly number[] {
    const entries = Array.from({ length: this.routing.entries }, (_, entry) => entry);
    return entries.filter((entry) => phase === 'all' || this.routing.phases[entry] === phase);
  }

  #chosen(entry: number, layer: number): readonly number[] {
    const at = this.#at(entry, layer);
    return [...this.routing.chosen.subarray(at, at + this.routing.topK)];
  }

  #at(entry: number, layer: number): number {
    return (entry * this.routing.layers.length + layer) * this.routing.topK;
  }
}
