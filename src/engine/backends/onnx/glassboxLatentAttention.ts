import type { LatentAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { addLastRow } from './lastRow.ts';
import { addQueries } from './latentAttention.ts';
import type { LatentForm } from './latentForm.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { readVector } from './packMatrix.ts';
import { readKeyUp, readValueUp } from './readHeadMatrix.ts';
import { ropeIndex } from './ropeTable.ts';
import { SEQUENCE_INPUTS, cosInput, sinInput } from './sequenceInputs.ts';

/** Positions or columns of a panel: `GB_PANEL_KEYS` of native/cpu/attention/attention.h. */
const PANEL = 16;
/** `GB_BLOCK_KEYS` there, and the floats of a state beside its values. */
const [BLOCK, STATE] = [128, 16];
/** `GB_MAX_VALUE_DIM` and `GB_MAX_ROTARY_DIM` there. */
const MAX_DIM = 512;

/**
 * Latent attention with our own operator, on half floats. All heads share one key head, `[latent | rotated key]`, and one value
 * head, a part of it: the cache holds the keys, and the operator turns them into values on its way.
 */
export const glassboxLatentAttention: LatentForm = {
  hasScores: false,
  attend,
  cache: (attention, tokens) => ({
    kind: 'panels',
    shape: [Math.ceil(tokens / PANEL), keyDim(attention), PANEL],
  }),
  dataType: 'float16',
  bytesPerToken: (attention) => keyDim(attention) * Uint16Array.BYTES_PER_ELEMENT,
  scratchFloats,
  refuses: ({ latentRank, rotaryDim }) => {
    const dim = Math.max(latentRank, rotaryDim);
    return dim > MAX_DIM
      ? `latents and rotated keys of at most ${MAX_DIM} dimensions, not ${dim}`
      : undefined;
  },
};

/**
 * Queries in the latent space and what they see; where few rows share the blocks out, a state for each block; and all latents as
 * values, half floats.
 */
function scratchFloats(attention: LatentAttention, tokens: number, contextTokens: number): number {
  const width = inPanels(attention.latentRank);
  const queries = attention.queryHeads * (keyDim(attention) + attention.latentRank);
  const states = Math.ceil(contextTokens / BLOCK) * (STATE + width);
  return tokens * (queries + states) + (inPanels(contextTokens) * width) / 2;
}

function keyDim({ latentRank, rotaryDim }: LatentAttention): number {
  return latentRank + rotaryDim;
}

/** @param length of columns or positions */
function inPanels(length: number): number {
  return Math.ceil(length / PANEL) * PANEL;
}

async function attend(
  layer: LayerLowering,
  attention: LatentAttention,
  projected: ValueName,
): Promise<ValueName> {
  const { graph, prefix, ropes, spec } = layer;
  const name = `${prefix}/attention`;
  const { queryRank, valueDim, rope, scale } = attention;
  // Their norm reads the first columns of what is projected (`GlassboxProducts.norm`), the operator the last ones.
  const wanted = (): ValueName => (layer.lastRowOnly ? addLastRow(graph, projected) : projected);
  const queries = queryRank === undefined ? [] : [await addQueries(layer, wanted())];

  const shape = ['panels', keyDim(attention), PANEL];
  const past = graph.input(`${prefix}/past.latent`, 'float16', shape);
  const present = `${prefix}/present.latent`;
  const table = ropeIndex(ropes, rope);
  const norm = await readVector(layer.weights, layerRole(layer, 'attention.latent.norm'));
  graph.nodes(
    'glassbox.LatentAttention',
    [name, present],
    [
      projected,
      past,
      SEQUENCE_INPUTS.firstPosition,
      cosInput(table),
      sinInput(table),
      graph.weight(`${name}/latent.norm.weight`, norm, [norm.length]),
      await addKeyUp(layer, attention),
      await addValueUp(layer, attention),
      ...queries,
    ],
    {
      value_dim: valueDim,
      interleaved: rope.layout === 'interleaved' ? 1 : 0,
      scale: { float: scale },
      epsilon: { float: spec.normEpsilon },
    },
  );
  graph.output(present, 'float16', shape);
  return layer.lastRowOnly && queryRank === undefined ? addLastRow(graph, name) : name;
}

/** `[heads, panels of the latent, plainDim, 16]` */
async function addKeyUp(layer: LayerLowering, attention: LatentAttention): Promise<ValueName> {
  const { queryHeads, latentRank, plainDim } = attention;
  const values = layer.scratch.floats(queryHeads * inPanels(latentRank) * plainDim);
  for (let head = 0; head < queryHeads; head++)
    putPanels(values, head, await readKeyUp(layer, attention, head), plainDim);
  const shape = [queryHeads, inPanels(latentRank) / PANEL, plainDim, PANEL];
  return layer.graph.weight(`${layer.prefix}/attention/key.up`, values, shape);
}

/** `[heads, panels of the values, latentRank, 16]` */
async function addValueUp(layer: LayerLowering, attention: LatentAttention): Promise<ValueName> {
  const { queryHeads, latentRank, valueDim } = attention;
  const values = layer.scratch.floats(queryHeads * inPanels(valueDim) * latentRank);
  for (let head = 0; head < queryHeads; head++)
    putPanels(values, head, await readValueUp(layer, attention, head), latentRank);
  const shape = [queryHeads, inPanels(valueDim) / PANEL, latentRank, PANEL];
  return layer.graph.weight(`${layer.prefix}/attention/value.up`, values, shape);
}

/** Puts a matrix `[rows, columns]` into its head's place: `[rows / 16, columns, 16]`, zeros in what a last panel has beyond it. */
function putPanels(target: Float32Array, head: number, matrix: Float32Array, columns: number): void {
  const rows = matrix.length / columns;
  const base = head * inPanels(rows) * columns;
  for (let row = 0; row < inPanels(rows); row++) {
    const start = base + (Math.floor(row / PANEL) * columns * PANEL + (row % PANEL));
    for (let column = 0; column < columns; column++) {
      target[start + column * PANEL] = row < rows ? (matrix[row * columns + column] ?? NaN) : 0;
    }
  }
}
