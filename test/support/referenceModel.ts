import { dequantize } from '../../src/models/quantization/dequantize.ts';
import type { LayerSpec, ModelSpec } from '../../src/models/spec.ts';
import type { TensorRole, WeightSource } from '../../src/models/weights.ts';
import type { Matrix } from './matrix.ts';
import { add, dot, product, row } from './matrix.ts';
import { attend, type ReferenceLayer } from './referenceAttention.ts';
import { feedForward } from './referenceFeedForward.ts';
import type { Routing } from './referenceRouting.ts';

/** What the model computes for some tokens. */
export interface ReferenceRun {
  /** `[vocabulary]` for each position. */
  readonly logits: readonly Float64Array[];
  /** For each position, one for each layer that has experts, in their order. */
  readonly routing: readonly (readonly Routing[])[];
  /** `[width]` for each position: normed, as the output matrix and the draft layer read it. */
  readonly hidden: readonly Float64Array[];
}

/**
 * The numeric twin of every backend: a ModelSpec computed the plain way, in double precision, on the dequantized
 * weights. Slow, without a cache, and meant to be read.
 */
export class ReferenceModel {
  readonly #spec: ModelSpec;
  readonly #tensors: ReadonlyMap<TensorRole, Matrix>;

  private constructor(spec: ModelSpec, tensors: ReadonlyMap<TensorRole, Matrix>) {
    this.#spec = spec;
    this.#tensors = tensors;
  }

  static async load(spec: ModelSpec, weights: WeightSource): Promise<ReferenceModel> {
    const tensors = new Map<TensorRole, Matrix>();
    for (const [role, { type, shape }] of weights.tensors) {
      const columns = shape.at(-1) ?? 0;
      const values = dequantize(type, await weights.read(role));
      tensors.set(role, { rows: values.length / columns, columns, values });
    }
    return new ReferenceModel(spec, tensors);
  }

  /** Logits `[vocabulary]` of every position of `tokens`. */
  logits(tokens: readonly number[]): readonly Float64Array[] {
    return this.run(tokens).logits;
  }

  run(tokens: readonly number[]): ReferenceRun {
    const embedding = this.#tensor('embedding');
    let stream = tokens.map((token) => row(embedding, token));
    const routing = tokens.map((): Routing[] => []);
    this.#spec.layers.forEach((layer, index) => {
      stream = this.#layer(layer, `layer.${index}`, stream, routing);
    });
    return this.#output(stream, 'output.norm', routing);
  }

  /**
   * What the draft layer makes of `tokens` and what `run` gave for them: at position t, from its hidden state and token
   * t + 1, the logits of token t + 2. One position fewer than tokens.
   */
  draft(tokens: readonly number[], { hidden }: ReferenceRun): ReferenceRun {
    const layer = this.#spec.draft?.layers[0];
    if (layer === undefined) throw new Error('the model has no draft layer');
    const embedding = this.#tensor('embedding');
    const stream = tokens.slice(1).map((token, position) => {
      const both = [
        ...this.#norm(row(embedding, token), this.#tensor('draft.0.embedding.norm')),
        ...this.#norm(hidden[position] ?? new Float64Array(), this.#tensor('draft.0.hidden.norm')),
      ];
      return product(this.#tensor('draft.0.projection'), Float64Array.from(both));
    });
    const routing = stream.map((): Routing[] => []);
    return this.#output(this.#layer(layer, 'draft.0', stream, routing), 'draft.0.output.norm', routing);
  }

  #layer(
    spec: LayerSpec,
    prefix: `layer.${number}` | `draft.${number}`,
    stream: readonly Float64Array[],
    routing: readonly Routing[][],
  ): Float64Array[] {
    const layer: ReferenceLayer = {
      tensor: (name) => this.#tensor(`${prefix}.${name}`),
      has: (name) => this.#tensors.has(`${prefix}.${name}`),
      norm: (x, scale) => this.#norm(x, scale),
    };
    const normed = stream.map((x) => this.#norm(x, layer.tensor('attention.norm')));
    return attend(spec.attention, layer, normed).map((attended, position) => {
      const x = add(attended, stream[position] ?? new Float64Array());
      const inner = this.#norm(x, layer.tensor('feedForward.norm'));
      return add(
        feedForward(spec.feedForward, layer, inner, (choice) => routing[position]?.push(choice)),
        x,
      );
    });
  }

  #output(
    stream: readonly Float64Array[],
    norm: 'output.norm' | 'draft.0.output.norm',
    routing: readonly Routing[][],
  ): ReferenceRun {
    const output = this.#tensor(this.#spec.tiedEmbedding ? 'embedding' : 'output');
    const hidden = stream.map((x) => this.#norm(x, this.#tensor(norm)));
    return { logits: hidden.map((x) => product(output, x)), routing, hidden };
  }

  /** RMSNorm (arXiv 1910.07467). */
  #norm(x: Float64Array, scale: Matrix): Float64Array {
    const factor = 1 / Math.sqrt(dot(x, x) / x.length + this.#spec.normEpsilon);
    return x.map((value, i) => value * factor * (scale.values[i] ?? 0));
  }

  #tensor(role: TensorRole): Matrix {
    const tensor = this.#tensors.get(role);
    if (tensor === undefined) throw new Error(`no tensor ${role}`);
    return tensor;
  }
}
