import { ropeFrequencies } from '../../../models/rope.ts';
import type { ModelSpec, RopeFrequencies, RopeSpec } from '../../../models/spec.ts';

/** cos and sin of every position, `[positions, dimensions / 2]` each, as `GroupQueryAttention` and `RotaryEmbedding` read them. */
export class RopeTable {
  readonly width: number;
  readonly #frequencies: RopeFrequencies;
  #positions = 0;
  #cos = new Float32Array(0);
  #sin = new Float32Array(0);

  constructor(rope: RopeSpec) {
    this.#frequencies = ropeFrequencies(rope);
    this.width = this.#frequencies.inverse.length;
  }

  get positions(): number {
    return this.#positions;
  }

  get cos(): Float32Array<ArrayBuffer> {
    return this.#cos;
  }

  get sin(): Float32Array<ArrayBuffer> {
    return this.#sin;
  }

  /** Covers positions 0 to `positions - 1`. Earlier arrays stay valid for whoever holds them. */
  grow(positions: number): void {
    if (positions <= this.#positions) return;
    const { inverse, magnitude } = this.#frequencies;
    const cos = new Float32Array(positions * this.width);
    const sin = new Float32Array(positions * this.width);
    cos.set(this.#cos);
    sin.set(this.#sin);
    for (let position = this.#positions; position < positions; position++) {
      inverse.forEach((frequency, pair) => {
        const angle = position * frequency;
        cos[position * this.width + pair] = magnitude * Math.cos(angle);
        sin[position * this.width + pair] = magnitude * Math.sin(angle);
      });
    }
    this.#cos = cos;
    this.#sin = sin;
    this.#positions = positions;
  }
}

/** Bytes of the tables of a model for `positions`. */
export function ropeTableBytes(spec: ModelSpec, positions: number): number {
  return distinctRopes(spec).reduce((sum, rope) => sum + positions * rope.dimensions * 4, 0);
}

/** The rotary embeddings that occur in a model; layers mostly share one. */
export function distinctRopes(spec: ModelSpec): RopeSpec[] {
  const layers = [...spec.layers, ...(spec.draft?.layers ?? [])];
  const ropes = new Map(layers.map(({ attention: { rope } }) => [ropeKey(rope), rope]));
  return [...ropes.values()];
}

/** Which of `distinctRopes` a layer uses. */
export function ropeIndex(ropes: readonly RopeSpec[], rope: RopeSpec): number {
  return ropes.findIndex((candidate) => ropeKey(candidate) === ropeKey(rope));
}

/** Layout and base values alike: tables differ only where these do. */
function ropeKey({ dimensions, base, scaling }: RopeSpec): string {
  return JSON.stringify([dimensions, base, scaling]);
}
