import type { RoutedTokens } from '../backend.ts';
import type { RoutingPlan } from './planRegions.ts';

/** What the routers of a pass wrote, on its way to whoever records it. */
export class RoutingRows {
  readonly #plan: RoutingPlan;
  readonly #experts: Uint16Array;
  readonly #weights: Float32Array;

  constructor(plan: RoutingPlan, chunkTokens: number) {
    this.#plan = plan;
    const length = chunkTokens * plan.layers.length * plan.topK;
    this.#experts = new Uint16Array(length);
    this.#weights = new Float32Array(length);
  }

  /** Of the choices of all layers for so many tokens; weights take as many. */
  words(tokens: number): number {
    return this.#plan.layers.length * tokens * this.#plan.slots;
  }

  /**
   * In memory that the next call uses again.
   * @param bytes choices `[layers, tokens, slots]`, then weights; 4-byte aligned
   */
  read(bytes: Uint8Array<ArrayBuffer>, firstPosition: number, tokens: number): RoutedTokens {
    const { layers, topK, slots } = this.#plan;
    const words = this.words(tokens);
    const choices = new Uint32Array(bytes.buffer, bytes.byteOffset, words);
    const weights = new Float32Array(bytes.buffer, bytes.byteOffset + 4 * words, words);
    layers.forEach(({ slots: ownSlots }, layer) => {
      for (let token = 0; token < tokens; token++) {
        const from = layer * tokens * slots + token * ownSlots;
        const to = (token * layers.length + layer) * topK;
        for (let rank = 0; rank < topK; rank++) {
          this.#experts[to + rank] = choices[from + rank] ?? 0;
          this.#weights[to + rank] = weights[from + rank] ?? 0;
        }
      }
    });
    const length = tokens * layers.length * topK;
    return {
      ...{ firstPosition, tokens, topK, layers: layers.length },
      experts: this.#experts.subarray(0, length),
      weights: this.#weights.subarray(0, length),
    };
  }
}
