import { Random } from './random.ts';

/** How far the experts of a token stand out of its embedding, and the second behind the first. */
const PULL = 2;
const SECOND = 0.75;
/** Logit of an expert whose direction the normed stream is. */
const GAIN = 4;

/**
 * Makes the routing of a random model certain, as that of a trained one is: each token's embedding leans towards the
 * directions of two experts by much more than layers and rounding add, so that no engine chooses others. Every token
 * has its own two, every block numbers them differently, and all experts are used.
 */
export class DecisiveRouting {
  readonly #experts: number;
  readonly #width: number;
  /** `[experts, width]` */
  readonly #directions: Float32Array;
  readonly #random: Random;

  constructor(experts: number, width: number, seed: number) {
    this.#experts = experts;
    this.#width = width;
    this.#random = new Random(seed ^ 0x5eed);
    this.#directions = this.#random.normals(experts * width, 1);
  }

  /** Adds to `embedding`, `[vocabulary, width]`. */
  lean(embedding: Float32Array): void {
    for (let row = 0; row * this.#width < embedding.length; row++) {
      const first = this.#random.below(this.#experts);
      const second = (first + 1 + this.#random.below(this.#experts - 1)) % this.#experts;
      for (let i = 0; i < this.#width; i++) {
        const at = row * this.#width + i;
        embedding[at] =
          (embedding[at] ?? 0) + PULL * (this.#direction(first, i) + SECOND * this.#direction(second, i));
      }
    }
  }

  /** The router of a block, `[experts, width]`. */
  router(block: number): Float32Array {
    return Float32Array.from({ length: this.#experts * this.#width }, (_, at) => {
      const expert = Math.floor(at / this.#width);
      const direction = this.#direction((expert + block) % this.#experts, at % this.#width);
      return (GAIN / this.#width) * direction;
    });
  }

  /** Adds the embedding itself to what a draft layer makes of embedding and hidden state, `[width, 2 * width]`. */
  pass(projection: Float32Array): void {
    for (let i = 0; i < this.#width; i++) {
      const at = i * 2 * this.#width + i;
      projection[at] = (projection[at] ?? 0) + 2;
    }
  }

  #direction(expert: number, dimension: number): number {
    return this.#directions[expert * this.#width + dimension] ?? 0;
  }
}
