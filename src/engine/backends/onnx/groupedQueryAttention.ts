import type { GroupedQueryAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { addRmsNorm } from './rmsNorm.ts';
import { ropeIndex } from './ropeTable.ts';
import { SEQUENCE_INPUTS, cosInput, sinInput } from './sequenceInputs.ts';

/** `[1, tokens, width]` -> `[1, tokens, queryHeads * headDim]`, and new rows in the KV cache. */
export async function addGroupedQueryAttention(
  layer: LayerLowering,
  attention: GroupedQueryAttention,
  input: ValueName,
): Promise<ValueName> {
  const { graph, prefix, ropes } = layer;
  const name = `${prefix}/attention`;
  const { queryHeads, kvHeads, headDim, rope } = attention;

  const packed = await layer.products.linear(layer, {
    input,
    name: `${name}/query+key+value`,
    matrices: [
      layerRole(layer, 'attention.query'),
      layerRole(layer, 'attention.key'),
      layerRole(layer, 'attention.value'),
    ],
    ...(attention.bias && {
      biases: [
        layerRole(layer, 'attention.query.bias'),
        layerRole(layer, 'attention.key.bias'),
        layerRole(layer, 'attention.value.bias'),
      ],
    }),
  });
  const seen = [packed, SEQUENCE_INPUTS.attentionRows];
  const rows = graph.node('Gather', `${name}/rows`, seen, { axis: 1 });
  // Packed, the three come as one input and the places of key and value stay empty.
  const queryKeyValue = attention.queryKeyNorm
    ? await addQueryKeyNorm(layer, attention, rows)
    : [rows, '', ''];

  const cache = [`${prefix}/past.key`, `${prefix}/past.value`];
  const present = [`${prefix}/present.key`, `${prefix}/present.value`];
  for (const past of cache) graph.input(past, 'float32', [1, kvHeads, 'capacity', headDim]);
  const table = ropeIndex(ropes, rope);
  graph.nodes(
    'com.microsoft.GroupQueryAttention',
    [`${name}/all rows`, ...present],
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
  const [first, axis] = [graph.int64s([0]), graph.int64s([1])];
  return graph.node('Slice', name, [`${name}/all rows`, first, SEQUENCE_INPUTS.tokens, axis]);
}

/** RMSNorm over each head of query and key. The CPU's attention does not take these norms as inputs. */
async function addQueryKeyNorm(
  layer: LayerLowering,
  { queryHeads, kvHeads, headDim }: GroupedQueryAttention,
  packed: ValueName,
): Promise<ValueName[]> {
  const { graph, prefix, spec } = layer;
  const name = `${prefix}/attention`;
  const kvWidth = kvHeads * headDim;
  const parts = [`${name}/query`, `${name}/key`, `${name}/value`];
  graph.nodes('Split', parts, [packed, graph.int64s([queryHeads * headDim, kvWidth, kvWidth])], { axis: -1 });
  const norm = async (part: 'query' | 'key', heads: number): Promise<ValueName> => {
    const shape = graph.int64s([1, -1, heads, headDim]);
    const split = graph.node('Reshape', `${name}/${part}/heads`, [`${name}/${part}`, shape]);
    const normed = await addRmsNorm(layer, split, {
      name: `${name}/${part}/norm`,
      scale: layerRole(layer, `attention.${part}.norm`),
      epsilon: spec.normEpsilon,
    });
    return graph.node('Reshape', `${name}/${part}/normed`, [normed, graph.int64s([1, -1, heads * headDim])]);
  };
  return [await norm('query', queryHeads), await norm('key', kvHeads), `${name}/value`];
}
