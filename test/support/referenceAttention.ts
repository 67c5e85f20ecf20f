import type { AttentionSpec, GroupedQueryAttention, LatentAttention } from '../../src/models/spec.ts';
import type { LayerTensor } from '../../src/models/weights.ts';
import type { Matrix } from './matrix.ts';
import { add, dot, product, row, rowsOf, softmax } from './matrix.ts';
import { rotate } from './referenceRope.ts';

/** A layer's tensors and the model's norm. */
export interface ReferenceLayer {
  readonly tensor: (name: LayerTensor) => Matrix;
  readonly has: (name: LayerTensor) => boolean;
  readonly norm: (x: Float64Array, scale: Matrix) => Float64Array;
}

/** What a token brings to attention, by head. Query heads share the keys and values of a group. */
interface Heads {
  readonly queries: readonly Float64Array[];
  readonly keys: readonly Float64Array[];
  readonly values: readonly Float64Array[];
}

/** What attention adds to each position of the stream. `stream` is normed. */
export function attend(
  attention: AttentionSpec,
  layer: ReferenceLayer,
  stream: readonly Float64Array[],
): Float64Array[] {
  const tokens = stream.map((x, position) =>
    attention.kind === 'mla'
      ? latentHeads(attention, layer, x, position)
      : groupedHeads(attention, layer, x, position),
  );
  return tokens.map(({ queries }, position) => {
    const past = tokens.slice(0, position + 1);
    const attended = queries.map((query, head) => {
      const kvHead = (heads: readonly Float64Array[]): Float64Array =>
        heads[Math.floor((head * heads.length) / queries.length)] ?? new Float64Array();
      const weights = softmax(past.map(({ keys }) => attention.scale * dot(query, kvHead(keys))));
      const sum = new Float64Array(kvHead(tokens[0]?.values ?? []).length);
      past.forEach(({ values }, p) => add(sum, kvHead(values), weights[p]));
      return sum;
    });
    return product(layer.tensor('attention.output'), join(attended));
  });
}

function groupedHeads(
  { queryHeads, kvHeads, bias, queryKeyNorm, rope }: GroupedQueryAttention,
  { tensor, norm }: ReferenceLayer,
  x: Float64Array,
  position: number,
): Heads {
  const project = (part: 'query' | 'key' | 'value', heads: number): Float64Array[] => {
    const projected = product(tensor(`attention.${part}`), x);
    if (bias) add(projected, row(tensor(`attention.${part}.bias`), 0));
    return split(projected, heads).map((values) => {
      if (part === 'value') return values;
      return rotate(queryKeyNorm ? norm(values, tensor(`attention.${part}.norm`)) : values, position, rope);
    });
  };
  return {
    queries: project('query', queryHeads),
    keys: project('key', kvHeads),
    values: project('value', kvHeads),
  };
}

/** The materialised form: each head gets keys and values of its own out of the latent vector. */
function latentHeads(
  attention: LatentAttention,
  layer: ReferenceLayer,
  x: Float64Array,
  position: number,
): Heads {
  const { queryHeads, queryRank, latentRank, plainDim, rope } = attention;
  const { tensor, norm } = layer;
  const query =
    queryRank === undefined
      ? product(tensor('attention.query'), x)
      : product(
          tensor('attention.query.up'),
          norm(product(tensor('attention.query.down'), x), tensor('attention.query.down.norm')),
        );
  const compressed = product(tensor('attention.latent'), x);
  const latent = norm(compressed.slice(0, latentRank), tensor('attention.latent.norm'));
  const sharedKey = rotate(compressed.slice(latentRank), position, rope);
  const up = Array.from({ length: queryHeads }, (_, head) => materialise(attention, layer, latent, head));
  return {
    queries: split(query, queryHeads).map((head) =>
      join([head.slice(0, plainDim), rotate(head.slice(plainDim), position, rope)]),
    ),
    keys: up.map(({ key }) => join([key, sharedKey])),
    values: up.map(({ value }) => value),
  };
}

function materialise(
  { latentRank, plainDim, valueDim }: LatentAttention,
  { tensor, has }: ReferenceLayer,
  latent: Float64Array,
  head: number,
): { key: Float64Array; value: Float64Array } {
  if (has('attention.keyValue.up')) {
    const dimensions = plainDim + valueDim;
    const both = product(rowsOf(tensor('attention.keyValue.up'), head * dimensions, dimensions), latent);
    return { key: both.slice(0, plainDim), value: both.slice(plainDim) };
  }
  // Stored the other way round: a row for each dimension of the latent vector.
  const key = new Float64Array(plainDim);
  latent.forEach((value, i) => add(key, row(tensor('attention.key.up'), head * latentRank + i), value));
  return {
    key,
    value: product(rowsOf(tensor('attention.value.up'), head * valueDim, valueDim), latent),
  };
}

function split(values: Float64Array, heads: number): Float64Array[] {
  const length = values.length / heads;
  return Array.from({ length: heads }, (_, head) => values.slice(head * length, (head + 1) * length));
}

function join(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
