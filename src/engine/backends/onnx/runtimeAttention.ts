import type { GroupedQueryAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import type { GroupedAttention } from './groupedAttention.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { addRmsNorm } from './rmsNorm.ts';
import { ropeIndex } from './ropeTable.ts';
import { SEQUENCE_INPUTS, cosInput, sinInput } from './sequenceInputs.ts';

/** A lone token comes twice (`sequenceInputs.ts`), also the last that a cache has room for. */
export const SPARE_ROWS = 1;

/** Grouped attention with ONNX Runtime's own operator. Caches are single precision: half floats were slower there. */
export const runtimeAttention: GroupedAttention = {
  reads: 'rows',
  attend: addRuntimeAttention,
  cache: ({ kvHeads, headDim }, tokens) => {
    const shape = [1, kvHeads, tokens + SPARE_ROWS, headDim];
    return { dataType: 'float32', key: shape, value: shape };
  },
  bytesPerToken: ({ kvHeads, headDim }) => {
    const bytes = kvHeads * headDim * Float32Array.BYTES_PER_ELEMENT;
    return { key: bytes, value: bytes };
  },
  // The scores.
  scratchFloats: ({ queryHeads }, tokens, contextTokens) => tokens * queryHeads * contextTokens,
};

async function addRuntimeAttention(
  layer: LayerLowering,
  attention: GroupedQueryAttention,
  packed: ValueName,
): Promise<ValueName> {
  const { graph, prefix, ropes } = layer;
  const name = `${prefix}/attention`;
  const { queryHeads, kvHeads, headDim, rope } = attention;
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
