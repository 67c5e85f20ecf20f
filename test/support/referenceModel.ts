import { dequantize } from '../../src/models/quantization/dequantize.ts';
import { ropeFrequencies } from '../../src/models/rope.ts';
import type { LayerSpec, ModelSpec, RopeSpec } from '../../src/models/spec.ts';
import type { LayerTensor, TensorRole, WeightSource } from '../../src/models/weights.ts';

/** `[rows, columns]`, row-major. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
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
  logits(tokens: readonly number[]): Float64Array[] {
    const embedding = this.#tensor('embedding');
    let stream = tokens.map((token) => row(embedding, token));
    this.#spec.layers.forEach((layer, index) => {
      stream = this.#layer(layer, index, stream);
    });
    const output = this.#spec.tiedEmbedding ? embedding : this.#tensor('output');
    return stream.map((x) => product(output, this.#norm(x, this.#tensor('output.norm'))));
  }

  #layer({ attention }: LayerSpec, index: number, stream: readonly Float64Array[]): Float64Array[] {
    const tensor = (name: LayerTensor): Matrix => this.#tensor(`layer.${index}.${name}`);
    if (attention.kind !== 'gqa') throw new Error('not written yet');
    const { queryHeads, kvHeads, headDim, rope } = attention;

    const project = (
      part: 'query' | 'key' | 'value',
      heads: number,
      x: Float64Array,
      position: number,
    ): Float64Array[] => {
      const projected = product(tensor(`attention.${part}`), x);
      if (attention.bias) add(projected, row(tensor(`attention.${part}.bias`), 0));
      return Array.from({ length: heads }, (_, head) => {
        const values = projected.slice(head * headDim, (head + 1) * headDim);
        if (part === 'value') return values;
        const normed = attention.queryKeyNorm ? this.#norm(values, tensor(`attention.${part}.norm`)) : values;
        return rotate(normed, position, rope);
      });
    };

    const normed = stream.map((x) => this.#norm(x, tensor('attention.norm')));
    const queries = normed.map((x, position) => project('query', queryHeads, x, position));
    const keys = normed.map((x, position) => project('key', kvHeads, x, position));
    const values = normed.map((x, position) => project('value', kvHeads, x, position));

    return stream.map((x, position) => {
      const attended = new Float64Array(queryHeads * headDim);
      (queries[position] ?? []).forEach((query, head) => {
        const kvHead = Math.floor((head * kvHeads) / queryHeads);
        const past = Array.from({ length: position + 1 }, (_, p) => p);
        const scores = past.map((p) => attention.scale * dot(query, at(keys, p, kvHead)));
        const largest = Math.max(...scores);
        const exponentials = scores.map((score) => Math.exp(score - largest));
        const sum = exponentials.reduce((a, b) => a + b, 0);
        past.forEach((p) => {
          const weight = (exponentials[p] ?? 0) / sum;
          at(values, p, kvHead).forEach((value, i) => {
            attended[head * headDim + i] = (attended[head * headDim + i] ?? 0) + weight * value;
          });
        });
      });
      const afterAttention = add(product(tensor('attention.output'), attended), x);
      const inner = this.#norm(afterAttention, tensor('feedForward.norm'));
      const gate = product(tensor('feedForward.gate'), inner);
      const up = product(tensor('feedForward.up'), inner);
      const activated = gate.map((g, i) => (g / (1 + Math.exp(-g))) * (up[i] ?? 0));
      return add(product(tensor('feedForward.down'), activated), afterAttention);
    });
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

/** Turns pairs of dimensions by `position * frequency`; which two make a pair is the layout's. */
function rotate(head: Float64Array, position: number, rope: RopeSpec): Float64Array {
  const { inverse, magnitude } = ropeFrequencies(rope);
  const rotated = head.slice();
  inverse.forEach((frequency, pair) => {
    const [i, j] = rope.layout === 'interleaved' ? [2 * pair, 2 * pair + 1] : [pair, pair + inverse.length];
    const cos = magnitude * Math.cos(position * frequency);
    const sin = magnitude * Math.sin(position * frequency);
    const [a, b] = [head[i] ?? 0, head[j] ?? 0];
    rotated[i] = a * cos - b * sin;
    rotated[j] = a * sin + b * cos;
  });
  return rotated;
}

function product(matrix: Matrix, x: Float64Array): Float64Array {
  const result = new Float64Array(matrix.rows);
  for (let r = 0; r < matrix.rows; r++) {
    let sum = 0;
    for (let c = 0; c < matrix.columns; c++)
      sum += (matrix.values[r * matrix.columns + c] ?? 0) * (x[c] ?? 0);
    result[r] = sum;
  }
  return result;
}

function row({ columns, values }: Matrix, index: number): Float64Array {
  return Float64Array.from(values.subarray(index * columns, (index + 1) * columns));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Adds `b` to `a` in place. */
function add(a: Float64Array, b: Float64Array): Float64Array {
  a.forEach((value, i) => (a[i] = value + (b[i] ?? 0)));
  return a;
}

function at(heads: readonly (readonly Float64Array[])[], position: number, head: number): Float64Array {
  return heads[position]?.[head] ?? new Float64Array(0);
}
