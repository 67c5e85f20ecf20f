import type { GroupedQueryAttention, LatentAttention, RopeSpec } from '../../../models/spec.ts';
import { cacheBytesPerNumber } from '../../../../native/kernels/cacheType.ts';
import type { LayerTensor, TensorRole } from '../../../models/weights.ts';
import type { PlannedDispatch, Step } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { matMat, matrixBytes, matVec, matVecPair, placeOf, rmsNorm, tokensOf } from './planProducts.ts';
import { projectedLength } from './planRegions.ts';
import type { PlannedLayer } from './planWeights.ts';

/** Dimensions of a head that attention's kernel for many tokens keeps in an invocation's registers at most. */
const MOST_TILED_DIM = 128;
/** Fours of rows that share the work of joining the splits that they read. */
const VALUE_QUADS = 4;

/** From the residual stream to the residual stream. */
export function planAttention(planning: Planning, layer: number, weights: PlannedLayer): PlannedDispatch[] {
  const { attention } = planning.spec.layers[layer] ?? {};
  if (attention === undefined) throw new RangeError(`there is no layer ${String(layer)}`);
  return attention.kind === 'gqa'
    ? planGroupedQuery(planning, layer, attention, weights)
    : planLatent(planning, layer, attention, weights);
}

function planGroupedQuery(
  planning: Planning,
  layer: number,
  attention: GroupedQueryAttention,
  weights: PlannedLayer,
): PlannedDispatch[] {
  const { kind, arena, capacity, spec, tuning, vectors, ropeAt } = planning;
  const { queryHeads, kvHeads, headDim, rope, queryKeyNorm, scale } = attention;
  const headDim4 = headDim / 4;
  const stride = (queryHeads + 2 * kvHeads) * headDim4;
  const place = placeOfLayer(planning, layer);
  const [keys, values] = place.offsets4;
  const role = (tensor: LayerTensor): TensorRole => `layer.${layer}.${tensor}`;
  const rowBytes = 2 * kvHeads * headDim * place.bytesPerNumber;
  const heads = queryHeads + 2 * kvHeads;
  const rotate: PlannedDispatch = {
    name: name(layer, 'rotate+store'),
    layer,
    kernel: 'rotateAndStore',
    workgroupSize: smallest(tuning.workgroupSize, headDim4),
    constants: {
      ...{ queryHeads, kvHeads, headDim4, rotary4: rope.dimensions / 4 },
      interleaved: isInterleaved(rope),
      hasHeadNorm: queryKeyNorm,
    },
    cacheBuffer: place.buffer,
    parameters: {
      heads: arena.projected,
      position: positionOf,
      ...{ capacity, keys, values, rope: ropeAt(layer) },
      queryNorm: queryKeyNorm ? vectors.at(role('attention.query.norm')) : 0,
      keyNorm: queryKeyNorm ? vectors.at(role('attention.key.norm')) : 0,
      epsilon: spec.normEpsilon,
    },
    workgroups: [heads, tokensOf, 1],
    traffic: {
      weights: 0,
      kvRead: 0,
      kvWritten: ({ tokens }) => tokens * rowBytes,
      read: ({ tokens }) => 4 * tokens * (heads * headDim + rope.dimensions),
      written: ({ tokens }) => 4 * tokens * queryHeads * headDim,
    },
  };
  const group = queryHeads / kvHeads;
  const tiled = (): PlannedDispatch => ({
    name: name(layer, 'attention'),
    layer,
    kernel: 'attentionPrefill',
    workgroupSize: tuning.attentionSize,
    constants: {
      ...{ groupHeads: group, keyDim4: headDim4, valueDim4: headDim4 },
      tilePositions: tuning.tilePositions,
    },
    cacheBuffer: place.buffer,
    parameters: {
      ...{ queries: arena.projected, queryTokenStride: stride, output: arena.attended },
      ...{ keys, values, capacity, position: positionOf, tokens: tokensOf, scale },
    },
    workgroups: [({ tokens }) => Math.ceil((tokens * group) / tuning.attentionSize), kvHeads, 1],
    traffic: attentionTraffic(queryHeads, headDim, headDim, rowBytes),
  });
  const split = attendInSplits(planning, layer, {
    ...{ queryHeads, kvHeads, keyDim: headDim, valueDim: headDim, scale, rowBytes },
    ...{ queries: arena.projected, queryTokenStride: stride, buffer: place.buffer },
    keys: { offset: keys, stride: headDim4, headStride: capacity * headDim4 },
    values: { offset: values, stride: headDim4, headStride: capacity * headDim4 },
  });
  const shape = { queryHeads, valueDim: headDim };
  const few = [split.attend, joinSplits(planning, layer, shape, split)];
  const many = [headDim <= MOST_TILED_DIM ? tiled() : split.attend];
  return [
    ...project(planning, layer, weights),
    rotate,
    ...(kind === 'few' ? few : many),
    ...toStream(planning, layer, weights, arena.attended, queryHeads * headDim4),
  ];
}

function planLatent(
  planning: Planning,
  layer: number,
  attention: LatentAttention,
  weights: PlannedLayer,
): PlannedDispatch[] {
  const { arena, spec, tuning, vectors, piecesOf, ropeAt } = planning;
  const { queryHeads, queryRank, latentRank, plainDim, rotaryDim, valueDim, rope, scale } = attention;
  const { queryUp, keyUp, valueUp } = weights;
  if (keyUp === undefined || valueUp === undefined)
    throw new RangeError(`layer ${String(layer)} lacks its head matrices`);
  const [plainDim4, rotary4, latentDim4] = [plainDim / 4, rotaryDim / 4, latentRank / 4];
  const headDim4 = plainDim4 + rotary4;
  const rowDim4 = latentDim4 + rotary4;
  const place = placeOfLayer(planning, layer);
  const [latents] = place.offsets4;
  const role = (tensor: LayerTensor): TensorRole => `layer.${layer}.${tensor}`;
  const projectedStride = projectedLength({ attention, feedForward: { kind: 'dense', innerLength: 0 } }) / 4;
  const rowBytes = (latentRank + rotaryDim) * place.bytesPerNumber;
  const compressed = arena.projected + (queryRank ?? queryHeads * (plainDim + rotaryDim)) / 4;

  const isCompressed = queryUp !== undefined && queryRank !== undefined;
  const queries = isCompressed
    ? { at: arena.query, stride: queryHeads * headDim4 }
    : { at: arena.projected, stride: projectedStride };
  const normOfQuery = isCompressed ? vectors.at(role('attention.query.down.norm')) : 0;
  const decompress = !isCompressed
    ? []
    : planning.kind === 'few'
      ? matVec(planning, {
          ...{ layer, matrix: queryUp, input: arena.projected, inputStride: projectedStride },
          ...{ output: queries.at, outputStride: queries.stride, norm: normOfQuery },
        })
      : [
          rmsNorm(planning, {
            ...{ name: name(layer, 'query.norm'), layer, input: arena.projected, norm: normOfQuery },
            ...{ inputStride: projectedStride, output: arena.normed, length: queryRank },
          }),
          ...matMat(planning, {
            ...{ layer, matrix: queryUp, input: arena.normed, inputStride: queryRank / 4 },
            ...{ output: queries.at, outputStride: queries.stride },
          }),
        ];
  const absorb = piecesOf(keyUp).map((piece): PlannedDispatch => ({
    name: name(layer, 'absorb+store'),
    layer,
    kernel: 'absorbAndStore',
    workgroupSize: tuning.workgroupSize,
    blocks: keyUp.type,
    constants: {
      ...{ queryHeads, plainDim4, latentDim4, rotary4, headDim4: rotary4 },
      ...{ interleaved: isInterleaved(rope), unitsPerLane: tuning.unitsPerLane },
    },
    shard: piece.shard,
    cacheBuffer: place.buffer,
    parameters: {
      ...{ queries: queries.at, queryTokenStride: queries.stride },
      ...{ compressed, compressedStride: projectedStride, absorbed: arena.absorbed },
      ...placeOf(piece),
      ...{ position: positionOf, latents, rope: ropeAt(layer) },
      ...{ norm: vectors.at(role('attention.latent.norm')), epsilon: spec.normEpsilon },
    },
    workgroups: [queryHeads * (latentDim4 + 1) + 1, tokensOf, 1],
    traffic: {
      weights: matrixBytes(keyUp, keyUp.rows),
      kvRead: 0,
      kvWritten: ({ tokens }) => tokens * rowBytes,
      read: ({ tokens }) =>
        4 * (tokens * (queryHeads * (plainDim + rotaryDim) + 2 * rotaryDim + latentRank) + latentRank),
      written: ({ tokens }) => 4 * tokens * queryHeads * (latentRank + rotaryDim),
    },
  }));
  const rows = { offset: latents, stride: rowDim4, headStride: 0 };
  const split = attendInSplits(planning, layer, {
    ...{ queryHeads, kvHeads: 1, keyDim: latentRank + rotaryDim, valueDim: latentRank, scale, rowBytes },
    ...{ queries: arena.absorbed, queryTokenStride: queryHeads * rowDim4, buffer: place.buffer },
    ...{ keys: rows, values: rows },
  });
  return [
    ...project(planning, layer, weights),
    ...decompress,
    ...absorb,
    split.attend,
    ...(planning.kind === 'few'
      ? valuesOfSplits(planning, layer, attention, valueUp, split)
      : matVec(planning, {
          ...{ layer, matrix: valueUp, input: arena.attended, inputStride: queryHeads * latentDim4 },
          ...{ output: arena.values, outputStride: (queryHeads * valueDim) / 4 },
          heads: { count: queryHeads, inputStride: latentDim4, outputStride: valueDim / 4 },
        })),
    ...toStream(planning, layer, weights, arena.values, (queryHeads * valueDim) / 4),
  ];
}

/** What the splits found, joined, through each head's matrix: values out of the latent space. */
function valuesOfSplits(
  { arena, tuning, piecesOf }: Planning,
  layer: number,
  { queryHeads, latentRank, valueDim }: LatentAttention,
  valueUp: PlannedMatrix,
  { splits, partBytes }: SplitPasses,
): PlannedDispatch[] {
  const valueDim4 = valueDim / 4;
  const quads = Math.min(VALUE_QUADS, valueDim4);
  return piecesOf(valueUp).map((piece) => ({
    name: name(layer, 'attention.values'),
    layer,
    kernel: 'attentionValues',
    workgroupSize: tuning.workgroupSize,
    blocks: valueUp.type,
    constants: { latentDim4: latentRank / 4, valueDim4, quads, unitsPerLane: tuning.unitsPerLane },
    shard: piece.shard,
    parameters: { parts: arena.parts, sums: arena.sums, output: arena.values, splits, ...placeOf(piece) },
    workgroups: [Math.ceil(valueDim4 / quads), queryHeads, tokensOf],
    traffic: {
      weights: matrixBytes(valueUp, valueUp.rows),
      kvRead: 0,
      kvWritten: 0,
      read: partBytes,
      written: ({ tokens }) => 4 * tokens * queryHeads * valueDim,
    },
  }));
}

/** The stream, normed, through query, key and value, or through the compressions of latent attention. */
function project(planning: Planning, layer: number, { projection }: PlannedLayer): PlannedDispatch[] {
  const { kind, arena, spec, vectors } = planning;
  const stride = projection.reduce((sum, { rows }) => sum + rows, 0) / 4;
  const norm = vectors.at(`layer.${layer}.attention.norm`);
  const width4 = spec.embeddingLength / 4;
  const hasBias = biasOfLayer(planning, layer);
  const dispatches: PlannedDispatch[] = [];
  if (kind === 'chunk')
    dispatches.push(
      rmsNorm(planning, {
        ...{ name: name(layer, 'attention.norm'), layer, input: arena.stream, inputStride: width4 },
        ...{ output: arena.normed, norm, length: spec.embeddingLength },
      }),
    );
  let row4 = 0;
  for (let index = 0; index < projection.length; index++) {
    const [matrix, next] = [projection[index], projection[index + 1]];
    if (matrix === undefined) break;
    const product = {
      ...{ layer, inputStride: width4, output: arena.projected + row4, outputStride: stride },
      ...(hasBias ? { bias: vectors.at(`layer.${layer}.attention.query.bias`) + row4 } : {}),
    };
    row4 += matrix.rows / 4;
    if (kind === 'chunk') {
      dispatches.push(...matMat(planning, { ...product, matrix, input: arena.normed }));
      continue;
    }
    const few = { ...product, input: arena.stream, norm };
    const pair = next && matVecPair(planning, [matrix, next], few);
    dispatches.push(...(pair ? [pair] : matVec(planning, { ...few, matrix })));
    if (!pair || !next) continue;
    row4 += next.rows / 4;
    index++;
  }
  return dispatches;
}

/** What attention found, through the output matrix, added to the stream. */
function toStream(
  planning: Planning,
  layer: number,
  { attentionOutput }: PlannedLayer,
  input: number,
  inputStride: number,
): PlannedDispatch[] {
  const { kind, arena, spec } = planning;
  const product = {
    ...{ layer, matrix: attentionOutput, input, inputStride, isAdded: true },
    ...{ output: arena.stream, outputStride: spec.embeddingLength / 4 },
  };
  return kind === 'chunk' ? matMat(planning, product) : matVec(planning, product);
}

interface SplitAttention {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly scale: number;
  /** Of a token's rows in the cache. */
  readonly rowBytes: number;
  readonly queries: number;
  readonly queryTokenStride: number;
  readonly buffer: number;
  readonly keys: CacheRows;
  readonly values: CacheRows;
}

/** In fours. */
interface CacheRows {
  readonly offset: number;
  readonly stride: number;
  readonly headStride: number;
}

/** Attention token by token, and what is needed to join its splits. */
interface SplitPasses {
  readonly attend: PlannedDispatch;
  readonly splits: (step: Step) => number;
  /** Of what the splits leave. */
  readonly partBytes: (step: Step) => number;
}

/**
 * Attention token by token. A few tokens share the cache out among many workgroups, in splits whose places depend on the
 * capacity alone: a token's sums are then the same alone and among others, to the last bit. There are two splits at least,
 * for the same reason: one alone is not joined. Many tokens fill a GPU by themselves: their outputs are whole.
 */
function attendInSplits(planning: Planning, layer: number, attention: SplitAttention): SplitPasses {
  const { kind, arena, capacity, tuning } = planning;
  const { queryHeads, kvHeads, keyDim, valueDim, rowBytes, keys, values } = attention;
  const groupHeads = headsOfGroup(queryHeads / kvHeads, tuning.groupHeads);
  const isSplit = kind === 'few';
  const splitLength = isSplit
    ? Math.max(tuning.splitPositions, Math.ceil(capacity / tuning.splits))
    : capacity;
  const splits = ({ position, tokens }: Step): number =>
    isSplit ? Math.max(2, Math.ceil((position + tokens) / splitLength)) : 1;
  const traffic = attentionTraffic(queryHeads, keyDim, valueDim, rowBytes);
  const partBytes = (step: Step): number => 4 * step.tokens * queryHeads * splits(step) * (valueDim + 4);
  const attend: PlannedDispatch = {
    name: name(layer, 'attention'),
    layer,
    kernel: 'attentionDecode',
    workgroupSize: tuning.attentionSize,
    constants: {
      ...{ groupHeads, tiles: queryHeads / kvHeads / groupHeads },
      ...{ keyDim4: keyDim / 4, valueDim4: valueDim / 4 },
    },
    cacheBuffer: attention.buffer,
    parameters: {
      ...{ queries: attention.queries, queryTokenStride: attention.queryTokenStride },
      ...{ output: isSplit ? arena.parts : arena.attended, sums: arena.sums },
      ...{ keys: keys.offset, keyStride: keys.stride, keyHeadStride: keys.headStride },
      ...{ values: values.offset, valueStride: values.stride, valueHeadStride: values.headStride },
      ...{ position: positionOf, splitLength, scale: attention.scale },
    },
    workgroups: [queryHeads / groupHeads, splits, tokensOf],
    traffic: isSplit ? { ...traffic, written: partBytes } : traffic,
  };
  return { attend, splits, partBytes };
}

/** What the splits found, joined, as `attended`. */
function joinSplits(
  { arena, tuning }: Planning,
  layer: number,
  { queryHeads, valueDim }: Pick<SplitAttention, 'queryHeads' | 'valueDim'>,
  { splits, partBytes }: SplitPasses,
): PlannedDispatch {
  return {
    name: name(layer, 'attention.reduce'),
    layer,
    kernel: 'attentionReduce',
    workgroupSize: tuning.attentionSize,
    constants: { valueDim4: valueDim / 4 },
    parameters: { parts: arena.parts, sums: arena.sums, output: arena.attended, splits },
    workgroups: [({ tokens }) => tokens * queryHeads, 1, 1],
    traffic: {
      weights: 0,
      kvRead: 0,
      kvWritten: 0,
      read: partBytes,
      written: ({ tokens }) => 4 * tokens * queryHeads * valueDim,
    },
  };
}

function attentionTraffic(
  queryHeads: number,
  keyDim: number,
  valueDim: number,
  rowBytes: number,
): PlannedDispatch['traffic'] {
  return {
    weights: 0,
    kvRead: ({ position, tokens }) => (position + tokens) * rowBytes,
    kvWritten: 0,
    read: ({ tokens }) => 4 * tokens * queryHeads * keyDim,
    written: ({ tokens }) => 4 * tokens * queryHeads * valueDim,
  };
}

/** The largest divisor of a group that a workgroup takes: 7 heads are one each rather than 7 at once. */
function headsOfGroup(group: number, most: number): number {
  for (let heads = Math.min(group, most); heads > 1; heads--) if (group % heads === 0) return heads;
  return 1;
}

function placeOfLayer(
  { kv, cache }: Pick<Planning, 'kv' | 'cache'>,
  layer: number,
): {
  readonly buffer: number;
  readonly offsets4: readonly [number, number];
  readonly bytesPerNumber: number;
} {
  const place = kv[layer];
  if (place === undefined) throw new RangeError(`layer ${String(layer)} has no place in the cache`);
  const [first = 0, second = 0] = place.offsets;
  return {
    buffer: place.buffer,
    offsets4: [first / 4, second / 4],
    bytesPerNumber: cacheBytesPerNumber(cache),
  };
}

function biasOfLayer({ spec }: Planning, layer: number): boolean {
  const attention = spec.layers[layer]?.attention;
  return attention?.kind === 'gqa' && attention.bias;
}

function isInterleaved({ layout }: RopeSpec): boolean {
  return layout === 'interleaved';
}

function positionOf({ position }: Step): number {
  return position;
}

/** A power of two: no more invocations than there is work for. */
function smallest(workgroupSize: number, items: number): number {
  return Math.min(workgroupSize, 2 ** Math.ceil(Math.log2(items)));
}

function name(layer: number, part: string): string {
  return `layer.${String(layer)}.${part}`;
}
