import type { GroupedQueryAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import type { GroupedAttention } from './groupedAttention.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { readVector } from './packMatrix.ts';
import { ropeIndex } from './ropeTable.ts';
import { SEQUENCE_INPUTS, cosInput, sinInput } from './sequenceInputs.ts';

/** Positions of a panel, and what the width of a value is filled up to: `GB_PANEL_KEYS` of native/cpu/attention/attention.h. */
const PANEL = 16;
/** `GB_BLOCK_KEYS` there, and the floats of a state beside its values. */
const [BLOCK, STATE] = [128, 16];
/** `GB_MAX_VALUE_DIM` there. */
const MAX_HEAD_DIM = 512;

/** Grouped attention with our own operator, on half floats. */
export const glassboxAttention: GroupedAttention = {
  reads: 'position',
  attend: addGlassboxAttention,
  cache: ({ kvHeads, headDim }, tokens) => {
    const panels = Math.ceil(tokens / PANEL);
    return {
      dataType: 'float16',
      key: [kvHeads, panels, headDim, PANEL],
      value: [kvHeads, panels * PANEL, valueWidth(headDim)],
    };
  },
  bytesPerToken: ({ kvHeads, headDim }) => ({
    key: kvHeads * headDim * Uint16Array.BYTES_PER_ELEMENT,
    value: kvHeads * valueWidth(headDim) * Uint16Array.BYTES_PER_ELEMENT,
  }),
  // The queries; and where few rows share the blocks out, at most as many as a chunk has tokens, a state for each block.
  scratchFloats: ({ queryHeads, headDim }, tokens, contextTokens) =>
    tokens * (queryHeads * headDim + Math.ceil(contextTokens / BLOCK) * (STATE + valueWidth(headDim))),
  refuses: ({ headDim }) =>
    headDim > MAX_HEAD_DIM ? `heads of at most ${MAX_HEAD_DIM} dimensions, not ${headDim}` : undefined,
};

function valueWidth(headDim: number): number {
  return Math.ceil(headDim / PANEL) * PANEL;
}

async function addGlassboxAttention(
  layer: LayerLowering,
  { kvHeads, queryHeads, queryKeyNorm, headDim, rope, scale }: GroupedQueryAttention,
  packed: ValueName,
): Promise<ValueName> {
  const { graph, prefix, ropes, spec } = layer;
  const name = `${prefix}/attention`;
  const shapes = {
    key: [kvHeads, 'panels', headDim, PANEL],
    value: [kvHeads, 'positions', valueWidth(headDim)],
  };
  const past = [`${prefix}/past.key`, `${prefix}/past.value`] as const;
  const present = [`${prefix}/present.key`, `${prefix}/present.value`] as const;
  graph.input(past[0], 'float16', shapes.key);
  graph.input(past[1], 'float16', shapes.value);
  const table = ropeIndex(ropes, rope);
  const norms = queryKeyNorm ? [await addNorm(layer, 'query'), await addNorm(layer, 'key')] : [];
  graph.nodes(
    'glassbox.Attention',
    [name, ...present],
    [packed, ...past, SEQUENCE_INPUTS.firstPosition, cosInput(table), sinInput(table), ...norms],
    {
      query_heads: queryHeads,
      interleaved: rope.layout === 'interleaved' ? 1 : 0,
      scale: { float: scale },
      epsilon: { float: spec.normEpsilon },
    },
  );
  graph.output(present[0], 'float16', shapes.key);
  graph.output(present[1], 'float16', shapes.value);
  return name;
}

/** `[headDim]`: what the norm of query or key heads multiplies. */
async function addNorm(layer: LayerLowering, part: 'query' | 'key'): Promise<ValueName> {
  const role = layerRole(layer, `attention.${part}.norm`);
  const values = await readVector(layer.weights, role);
  return layer.graph.weight(`${layer.prefix}/attention/${part}.norm`, values, [values.length]);
}
