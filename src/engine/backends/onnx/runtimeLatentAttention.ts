import type { LatentAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { addQueries } from './latentAttention.ts';
import { addLastRow } from './lastRow.ts';
import type { LatentForm } from './latentForm.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { readKeyUp, readValueUp } from './readHeadMatrix.ts';
import { addRmsNorm } from './rmsNorm.ts';
import { ropeIndex } from './ropeTable.ts';
import { SEQUENCE_INPUTS, cosInput, sinInput } from './sequenceInputs.ts';

/** Latent attention with operators of ONNX Runtime. Rows of the cache are single precision. */
export const runtimeLatentAttention: LatentForm = {
  hasScores: true,
  attend,
  cache: (attention) => ({ kind: 'rows', width: rowWidth(attention) }),
  dataType: 'float32',
  bytesPerToken: (attention) => rowWidth(attention) * Float32Array.BYTES_PER_ELEMENT,
  // Queries as made and in the latent space, and the sums of latents; scores before and after the softmax, and the mask.
  scratchFloats: (attention, tokens, contextTokens) => {
    const { queryHeads, plainDim, rotaryDim } = attention;
    const query = plainDim + rotaryDim + 2 * rowWidth(attention);
    return tokens * (queryHeads * (query + 2 * contextTokens) + contextTokens);
  },
};

/** Floats of a row of the cache: the normed latent vector, then the rotated key that all heads share. */
function rowWidth({ latentRank, rotaryDim }: LatentAttention): number {
  return latentRank + rotaryDim;
}

async function attend(
  layer: LayerLowering,
  attention: LatentAttention,
  projected: ValueName,
): Promise<ValueName> {
  const { graph, prefix } = layer;
  const name = `${prefix}/attention`;
  const { queryHeads, valueDim } = attention;
  const width = rowWidth(attention);
  const { queries, rows } = await addQueriesAndRows(layer, attention, projected);

  // Input and output are one memory, in which the operator writes the new rows only.
  const past = graph.input(`${prefix}/past.latent`, 'float32', [1, 'total', width]);
  const cache = `${prefix}/present.latent`;
  graph.node('TensorScatter', cache, [past, rows, SEQUENCE_INPUTS.firstPosition], { axis: 1 });
  graph.output(cache, 'float32', [1, 'total', width]);

  // [heads, tokens, width] · [1, total, width]ᵀ: heads and tokens together are the rows of one product.
  const products = graph.node('com.microsoft.FusedMatMul', `${name}/scores`, [queries, cache], {
    transB: 1,
    alpha: { float: attention.scale },
  });
  const scores = graph.node('Add', `${name}/scores/masked`, [products, SEQUENCE_INPUTS.causalMask]);
  const weights = graph.node('Softmax', `${name}/weights`, [scores], { axis: -1 });
  const latents = graph.node('MatMul', `${name}/latents`, [weights, cache]);
  const valueUp = await addValueUp(layer, attention);
  const values = graph.node('com.microsoft.FusedMatMul', `${name}/values`, [latents, valueUp], {
    transB: 1,
    alpha: { float: 1 / HALF },
  });
  const byToken = graph.node('Transpose', `${name}/values/byToken`, [values], { perm: [1, 0, 2] });
  const attended = graph.node('Reshape', name, [byToken, graph.int64s([1, -1, queryHeads * valueDim])]);
  return layer.lastRowOnly ? addLastRow(graph, attended) : attended;
}

/** Queries in the latent space, `[heads, tokens, latentRank + rotaryDim]`, and the cache's new rows, `[1, tokens, ..]`. */
async function addQueriesAndRows(
  layer: LayerLowering,
  attention: LatentAttention,
  projected: ValueName,
): Promise<{ readonly queries: ValueName; readonly rows: ValueName }> {
  const { graph, prefix, spec } = layer;
  const name = `${prefix}/attention`;
  const { queryHeads, queryRank, latentRank, plainDim, rotaryDim } = attention;
  const headDim = plainDim + rotaryDim;

  const parts = [`${name}/query.in`, `${name}/latent`, `${name}/key`];
  const sizes = [queryRank ?? queryHeads * headDim, latentRank, rotaryDim];
  graph.nodes('Split', parts, [projected, graph.int64s(sizes)], { axis: -1 });
  const query = queryRank === undefined ? `${name}/query.in` : await addQueries(layer, `${name}/query.in`);

  const heads = graph.node('Reshape', `${name}/query/heads`, [
    query,
    graph.int64s([-1, queryHeads, headDim]),
  ]);
  const [plain, rotary] = [`${name}/query/plain`, `${name}/query/rotary`];
  graph.nodes('Split', [plain, rotary], [heads, graph.int64s([plainDim, rotaryDim])], { axis: -1 });
  // [tokens, heads, plain] read as [heads, tokens, plain] · [heads, rank, plain]ᵀ
  const keyUp = await addKeyUp(layer, attention);
  const absorbed = graph.node('com.microsoft.FusedMatMul', `${name}/query/absorbed`, [plain, keyUp], {
    transBatchA: 1,
    transB: 1,
    alpha: { float: 1 / HALF },
  });
  const byHead = graph.node('Transpose', `${name}/query/rotary/byHead`, [rotary], { perm: [1, 0, 2] });
  const queries = graph.node('Concat', `${name}/queries`, [absorbed, addRotation(layer, attention, byHead)], {
    axis: -1,
  });

  const latent = await addRmsNorm(layer, `${name}/latent`, {
    name: `${name}/latent.norm`,
    scale: layerRole(layer, 'attention.latent.norm'),
    epsilon: spec.normEpsilon,
  });
  const rows = graph.node('Concat', `${name}/rows`, [latent, addRotation(layer, attention, `${name}/key`)], {
    axis: -1,
  });
  return { queries, rows };
}

/** `[batch, tokens, rotaryDim]`, each rotated by its token's position. */
function addRotation(
  { graph, ropes }: LayerLowering,
  { rope }: LatentAttention,
  input: ValueName,
): ValueName {
  const table = ropeIndex(ropes, rope);
  return graph.node(
    'com.microsoft.RotaryEmbedding',
    `${input}/rotated`,
    [input, SEQUENCE_INPUTS.firstPosition, cosInput(table), sinInput(table)],
    { interleaved: rope.layout === 'interleaved' ? 1 : 0 },
  );
}

/** `[heads, latentRank, plainDim]` */
async function addKeyUp(layer: LayerLowering, attention: LatentAttention): Promise<ValueName> {
  const { queryHeads, latentRank, plainDim } = attention;
  const size = latentRank * plainDim;
  const values = layer.scratch.floats(queryHeads * size);
  for (let head = 0; head < queryHeads; head++)
    values.set(halved(await readKeyUp(layer, attention, head)), head * size);
  return layer.graph.weight(`${layer.prefix}/attention/key.up`, values, [queryHeads, latentRank, plainDim]);
}

/** `[heads, valueDim, latentRank + rotaryDim]`: zeros for the rotated keys, which the weighted sums contain as well. */
async function addValueUp(layer: LayerLowering, attention: LatentAttention): Promise<ValueName> {
  const { queryHeads, latentRank, valueDim } = attention;
  const width = rowWidth(attention);
  const values = layer.scratch.floats(queryHeads * valueDim * width).fill(0);
  for (let head = 0; head < queryHeads; head++) {
    const rows = halved(await readValueUp(layer, attention, head));
    for (let row = 0; row < valueDim; row++) {
      values.set(rows.subarray(row * latentRank, (row + 1) * latentRank), (head * valueDim + row) * width);
    }
  }
  return layer.graph.weight(`${layer.prefix}/attention/value.up`, values, [queryHeads, valueDim, width]);
}

/**
 * The matrices of each head are halved and their products doubled, both of which are exact: a product with a factor never
 * runs in the kernel for single rows, which rounds differently. So a token gives the same logits alone and among others
 * (speculative decoding checks several at once).
 */
const HALF = 0.5;

function halved(matrix: Float32Array): Float32Array {
  return matrix.map((value) => HALF * value);
}
