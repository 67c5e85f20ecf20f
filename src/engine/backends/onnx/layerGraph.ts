import type { LayerSpec, ModelSpec, RopeSpec } from '../../../models/spec.ts';
import type { LayerTensor, TensorRole } from '../../../models/weights.ts';
import type { ValueName } from './graphBuilder.ts';
import type { Lowering } from './linear.ts';
import { addLinear } from './linear.ts';
import { readVector } from './packMatrix.ts';
import { ropeIndex } from './ropeTable.ts';

/**
 * The residual stream between two parts of the graph. The last product is not added yet, so that the addition can
 * fuse with the norm that follows; at the very beginning there is none.
 */
export interface Residual {
  /** `[1, tokens, width]` */
  readonly stream: ValueName;
  /** `[1, tokens, width]`, still to be added. */
  readonly pending?: ValueName;
}

/** RMSNorm of the residual stream, with the pending product added first. */
export async function addNorm(
  { graph, weights }: Lowering,
  spec: ModelSpec,
  residual: Residual,
  name: ValueName,
  scale: TensorRole,
): Promise<{ readonly normed: ValueName; readonly stream: ValueName }> {
  const weight = graph.weight(`${name}.weight`, await readVector(weights, scale), [spec.embeddingLength]);
  const epsilon = { float: spec.normEpsilon };
  if (residual.pending === undefined) {
    graph.node('SimplifiedLayerNormalization', name, [residual.stream, weight], {
      axis: -1,
      epsilon,
      stash_type: 1,
    });
    return { normed: name, stream: residual.stream };
  }
  const stream = `${name}/stream`;
  // Outputs 1 and 2 are statistics for training.
  graph.nodes(
    'com.microsoft.SkipSimplifiedLayerNormalization',
    [name, '', '', stream],
    [residual.stream, residual.pending, weight],
    { epsilon },
  );
  return { normed: name, stream };
}

/** Graph inputs that every attention reads, and outputs it writes; see `layerSession.ts` for what is bound to them. */
export const SEQUENCE_INPUTS = {
  /** int32 `[1]`: tokens in the cache after this run, less one. */
  lastPosition: 'last_position',
  /** int32 scalar: tokens in the cache after this run. */
  totalTokens: 'total_tokens',
} as const;

export function cosInput(index: number): ValueName {
  return `rope.${index}.cos`;
}

export function sinInput(index: number): ValueName {
  return `rope.${index}.sin`;
}

/** One transformer layer. */
export async function addLayer(
  lowering: Lowering,
  spec: ModelSpec,
  ropes: readonly RopeSpec[],
  index: number,
  layer: LayerSpec,
  residual: Residual,
): Promise<Residual> {
  const role = (tensor: LayerTensor): TensorRole => `layer.${index}.${tensor}`;
  const name = `layer.${index}`;

  const before = await addNorm(lowering, spec, residual, `${name}/attention.norm`, role('attention.norm'));
  const attended = await addAttention(lowering, spec, ropes, index, layer, before.normed);
  const attention = await addLinear(lowering, {
    input: attended,
    name: `${name}/attention.output`,
    matrices: [role('attention.output')],
  });

  const between = await addNorm(
    lowering,
    spec,
    { stream: before.stream, pending: attention },
    `${name}/feedForward.norm`,
    role('feedForward.norm'),
  );
  const pending = await addFeedForward(lowering, index, between.normed);
  return { stream: between.stream, pending };
}

/** `[1, tokens, width]` -> `[1, tokens, queryHeads * headDim]`, and new rows in the KV cache. */
async function addAttention(
  lowering: Lowering,
  spec: ModelSpec,
  ropes: readonly RopeSpec[],
  index: number,
  { attention }: LayerSpec,
  input: ValueName,
): Promise<ValueName> {
  const { graph } = lowering;
  const role = (tensor: LayerTensor): TensorRole => `layer.${index}.${tensor}`;
  const name = `layer.${index}/attention`;
  const { queryHeads, kvHeads, headDim, rope } = attention;

  const packed = await addLinear(lowering, {
    input,
    name: `${name}/query+key+value`,
    matrices: [role('attention.query'), role('attention.key'), role('attention.value')],
    ...(attention.bias && {
      biases: [role('attention.query.bias'), role('attention.key.bias'), role('attention.value.bias')],
    }),
  });
  // Packed, the three come as one input and the places of key and value stay empty.
  const queryKeyValue = attention.queryKeyNorm
    ? await addQueryKeyNorm(lowering, spec, index, attention, packed)
    : [packed, '', ''];

  const cache = [`layer.${index}/past.key`, `layer.${index}/past.value`];
  const present = [`layer.${index}/present.key`, `layer.${index}/present.value`];
  for (const past of cache) graph.input(past, 'float32', [1, kvHeads, 'capacity', headDim]);
  const table = ropeIndex(ropes, rope);
  graph.nodes(
    'com.microsoft.GroupQueryAttention',
    [name, ...present],
    [
      ...queryKeyValue,
      ...cache,
      SEQUENCE_INPUTS.lastPosition,
      SEQUENCE_INPUTS.totalTokens,
      cosInput(table),
      sinInput(table),
    ],
    {
      num_heads: queryHeads,
      kv_num_heads: kvHeads,
      do_rotary: 1,
      rotary_interleaved: rope.layout === 'interleaved' ? 1 : 0,
      scale: { float: attention.scale },
    },
  );
  for (const output of present) graph.output(output, 'float32', [1, kvHeads, 'capacity', headDim]);
  return name;
}

/** RMSNorm over each head of query and key. The CPU's attention does not take these norms as inputs. */
async function addQueryKeyNorm(
  { graph, weights }: Lowering,
  spec: ModelSpec,
  index: number,
  { queryHeads, kvHeads, headDim }: LayerSpec['attention'],
  packed: ValueName,
): Promise<ValueName[]> {
  const name = `layer.${index}/attention`;
  const kvWidth = kvHeads * headDim;
  const parts = [`${name}/query`, `${name}/key`, `${name}/value`];
  graph.nodes('Split', parts, [packed, graph.int64s([queryHeads * headDim, kvWidth, kvWidth])], { axis: -1 });
  const norm = async (part: 'query' | 'key', heads: number): Promise<ValueName> => {
    const scale = await readVector(weights, `layer.${index}.attention.${part}.norm`);
    const weight = graph.weight(`${name}/${part}.norm.weight`, scale, [headDim]);
    const shape = graph.int64s([1, -1, heads, headDim]);
    const split = graph.node('Reshape', `${name}/${part}/heads`, [`${name}/${part}`, shape]);
    const normed = graph.node('SimplifiedLayerNormalization', `${name}/${part}/norm`, [split, weight], {
      axis: -1,
      epsilon: { float: spec.normEpsilon },
      stash_type: 1,
    });
    return graph.node('Reshape', `${name}/${part}/normed`, [normed, graph.int64s([1, -1, heads * headDim])]);
  };
  return [await norm('query', queryHeads), await norm('key', kvHeads), `${name}/value`];
}

/** down(silu(gate(x)) * up(x)), gate and up as one product. */
async function addFeedForward(lowering: Lowering, index: number, input: ValueName): Promise<ValueName> {
  const { graph } = lowering;
  const name = `layer.${index}/feedForward`;
  const both = await addLinear(lowering, {
    input,
    name: `${name}/gate+up`,
    matrices: [`layer.${index}.feedForward.gate`, `layer.${index}.feedForward.up`],
  });
  graph.nodes('Split', [`${name}/gate`, `${name}/up`], [both], { axis: -1, num_outputs: 2 });
  // QuickGelu is x * sigmoid(alpha * x): SiLU for alpha 1, in one node.
  const activated = graph.node('com.microsoft.QuickGelu', `${name}/silu`, [`${name}/gate`], {
    alpha: { float: 1 },
  });
  const inner = graph.node('Mul', `${name}/inner`, [activated, `${name}/up`]);
  return addLinear(lowering, {
    input: inner,
    name: `${name}/down`,
    matrices: [`layer.${index}.feedForward.down`],
  });
}
