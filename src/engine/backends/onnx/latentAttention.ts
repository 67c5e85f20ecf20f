import { dequantize } from '../../../models/quantization/dequantize.ts';
import type { LatentAttention } from '../../../models/spec.ts';
import type { TensorRole } from '../../../models/weights.ts';
import type { ValueName } from './graphBuilder.ts';
import { latentRowWidth } from './kvLayout.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { requireTensor } from './requireTensor.ts';
import { addRmsNorm } from './rmsNorm.ts';
import { ropeIndex } from './ropeTable.ts';
import { SEQUENCE_INPUTS, cosInput, sinInput } from './sequenceInputs.ts';

/**
 * Multi-head latent attention in its absorbed form (DeepSeek-V2, arXiv 2405.04434, section 2.1.2).
 * `[1, tokens, width]` -> `[1, tokens, queryHeads * valueDim]`, and new rows in the latent cache.
 *
 * A key is `keyUp · latent` beside the shared rotated key, so query·key is `(keyUpᵀ · query) · latent` plus a product of
 * rotated parts: queries go into the latent space once, where all heads look at the same rows `[latent | rotated key]`.
 * The scores of all heads and tokens are one product with the cache, and so are the weighted sums of latents; only those
 * are turned into values. Keys and values of earlier tokens never exist.
 */
export async function addLatentAttention(
  layer: LayerLowering,
  attention: LatentAttention,
  input: ValueName,
): Promise<ValueName> {
  const { graph, prefix } = layer;
  const name = `${prefix}/attention`;
  const { queryHeads, valueDim } = attention;
  const width = latentRowWidth(attention);
  const { queries, rows } = await addQueriesAndRows(layer, attention, input);

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
  return graph.node('Reshape', name, [byToken, graph.int64s([1, -1, queryHeads * valueDim])]);
}

/** Queries in the latent space, `[heads, tokens, latentRank + rotaryDim]`, and the cache's new rows, `[1, tokens, ..]`. */
async function addQueriesAndRows(
  layer: LayerLowering,
  attention: LatentAttention,
  input: ValueName,
): Promise<{ readonly queries: ValueName; readonly rows: ValueName }> {
  const { graph, prefix, spec } = layer;
  const name = `${prefix}/attention`;
  const { queryHeads, queryRank, latentRank, plainDim, rotaryDim } = attention;
  const headDim = plainDim + rotaryDim;
  const role = (tensor: Parameters<typeof layerRole>[1]): TensorRole => layerRole(layer, tensor);

  const projected = await layer.products.linear(layer, {
    input,
    name: `${name}/query+latent`,
    matrices: [
      role(queryRank === undefined ? 'attention.query' : 'attention.query.down'),
      role('attention.latent'),
    ],
  });
  const parts = [`${name}/query.in`, `${name}/latent`, `${name}/key`];
  const sizes = [queryRank ?? queryHeads * headDim, latentRank, rotaryDim];
  graph.nodes('Split', parts, [projected, graph.int64s(sizes)], { axis: -1 });
  const query =
    queryRank === undefined
      ? `${name}/query.in`
      : await layer.products.linear(layer, {
          input: await addRmsNorm(layer, `${name}/query.in`, {
            name: `${name}/query.norm`,
            scale: role('attention.query.down.norm'),
            epsilon: spec.normEpsilon,
          }),
          name: `${name}/query`,
          matrices: [role('attention.query.up')],
        });

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
    scale: role('attention.latent.norm'),
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
async function addKeyUp(
  layer: LayerLowering,
  { queryHeads, latentRank, plainDim, valueDim }: LatentAttention,
): Promise<ValueName> {
  const { graph, prefix, scratch, weights } = layer;
  const size = latentRank * plainDim;
  const values = scratch.floats(queryHeads * size);
  const split = layerRole(layer, 'attention.key.up');
  for (let head = 0; head < queryHeads; head++) {
    const target = values.subarray(head * size, (head + 1) * size);
    if (weights.tensors.has(split)) {
      target.set(await readFloats(layer, split, head * latentRank, latentRank));
      continue;
    }
    // Of both in one, a head's first rows, which lie the other way round.
    const both = layerRole(layer, 'attention.keyValue.up');
    const rows = await readFloats(layer, both, head * (plainDim + valueDim), plainDim);
    for (let row = 0; row < plainDim; row++) {
      for (let column = 0; column < latentRank; column++) {
        target[column * plainDim + row] = rows[row * latentRank + column] ?? NaN;
      }
    }
  }
  return graph.weight(`${prefix}/attention/key.up`, values, [queryHeads, latentRank, plainDim]);
}

/** `[heads, valueDim, latentRank + rotaryDim]`: zeros for the rotated keys, which the weighted sums contain as well. */
async function addValueUp(layer: LayerLowering, attention: LatentAttention): Promise<ValueName> {
  const { graph, prefix, scratch, weights } = layer;
  const { queryHeads, latentRank, plainDim, valueDim } = attention;
  const width = latentRowWidth(attention);
  const values = scratch.floats(queryHeads * valueDim * width).fill(0);
  const split = layerRole(layer, 'attention.value.up');
  const isSplit = weights.tensors.has(split);
  for (let head = 0; head < queryHeads; head++) {
    const rows = isSplit
      ? await readFloats(layer, split, head * valueDim, valueDim)
      : await readFloats(
          layer,
          layerRole(layer, 'attention.keyValue.up'),
          head * (plainDim + valueDim) + plainDim,
          valueDim,
        );
    for (let row = 0; row < valueDim; row++) {
      values.set(rows.subarray(row * latentRank, (row + 1) * latentRank), (head * valueDim + row) * width);
    }
  }
  return graph.weight(`${prefix}/attention/value.up`, values, [queryHeads, valueDim, width]);
}

/**
 * The matrices of each head are halved and their products doubled, both of which are exact: a product with a factor never
 * runs in the kernel for single rows, which rounds differently. So a token gives the same logits alone and among others
 * (speculative decoding checks several at once).
 */
const HALF = 0.5;

/** Halved. */
async function readFloats(
  { weights }: LayerLowering,
  role: TensorRole,
  firstRow: number,
  rows: number,
): Promise<Float32Array> {
  const { type } = requireTensor(weights, role);
  return dequantize(type, await weights.readRows(role, firstRow, rows)).map((value) => HALF * value);
}
