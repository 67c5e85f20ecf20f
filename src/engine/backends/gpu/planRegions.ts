import { placeRegions, type Regions } from '../../../../native/webgpu/placeRegions.ts';
import type { LayerSpec, ModelSpec } from '../../../models/spec.ts';
import { MOST_BEST } from '../../sampling/bestCandidates.ts';
import type { GpuTuning } from './gpuTuning.ts';
import type { OffloadPlan } from './offloadPlan.ts';

/** Words that groupTokens writes of a tile. */
const TILE_WORDS = 3;

export function expertTileTokens({
  tileSide,
  expertTokensPerLane,
}: Pick<GpuTuning, 'tileSide' | 'expertTokensPerLane'>): number {
  return tileSide * expertTokensPerLane;
}

/** Tiles that so many choices of these experts can need: each expert's last one may have a single token. */
export function mostTiles(choices: number, experts: number, tileTokens: number): number {
  return Math.floor((choices + Math.min(experts, choices) * (tileTokens - 1)) / tileTokens);
}

/** Words that bestOfSlices leaves of a slice besides its best. */
const SLICE_SUMS = 5;
/** Words of sums and checks in front of a row's best. */
export const BEST_HEADER = 4;

/** Of a row's `count` best: ids and logits behind the sums. */
export function bestWords(count: number): number {
  return BEST_HEADER + 2 * count;
}

/** Parts of the arena of activations. */
export type ArenaRegion =
  /** `[tokens, width]`: the residual stream. */
  | 'stream'
  /** The stream behind a norm, for products of many tokens. */
  | 'normed'
  /** `[tokens, query | key | value]`, or `[tokens, query or its compression | latent | key]`. */
  | 'projected'
  /** `[tokens, heads, plain | rotary]`: queries that were compressed. */
  | 'query'
  /** `[tokens, heads, latent | rotary]` */
  | 'absorbed'
  /** `[tokens, heads, splits, value or latent]` and `[tokens, heads, splits]` */
  | 'parts'
  | 'sums'
  /** `[tokens, heads, value or latent]` */
  | 'attended'
  /** `[tokens, heads, value]` of latent attention. */
  | 'values'
  /**
   * `[tokens, gate | up]` of products of many tokens; of experts `[tokens, slots, gate | up]`, and then `[tokens, slots, width]`,
   * what each gave; of experts on both sides `[rows, width]`, first the GPU's and then the CPU's.
   */
  | 'gateUp'
  /** `[tokens, inner]`, or `[tokens, slots, inner]` of experts. */
  | 'inner'
  /** Of a shared expert that is not among the others. */
  | 'sharedInner'
  /** `[tokens, experts]` */
  | 'routerLogits'
  /** `[few tokens, vocabulary]` */
  | 'logits';

/** Parts of the state, in words. */
export type StateRegion =
  | 'tokens'
  /** `[layers with experts, tokens, slots]` and their weights' bits. */
  | 'choices'
  | 'weights'
  /** Choices of a layer's many tokens by expert, `[tokens * slots]`, and their tiles (groupTokens.wgsl). */
  | 'sorted'
  | 'tiles'
  /** `[few tokens, slices of the vocabulary, ids | orders of the best]` and sums over each slice (bestOfSlices.wgsl). */
  | 'candidates'
  | 'sliceSums'
  /** `[few tokens]`: the best logits (bestOfAll.wgsl), without gaps between as many as were asked for. */
  | 'best'
  /** Of a layer with experts on both sides: `[rows, token | slot]` of those in slots; `[tokens, choices]`, the row of each. */
  | 'hits'
  | 'outputRows'
  /** Rounded inputs of experts in slots, 20 words a block: `[tokens, width / 32]` and `[rows, inner / 32]`. */
  | 'roundedOuter'
  | 'roundedInner';

/** Of a block of 32 inputs (native/kernels/parts/roundedForm.wgsl). */
const ROUNDED_WORDS = 20;

export interface RoutingPlan {
  /** Layers with experts, in their order, and how many choices a token has in each: the first `topK` are the router's. */
  readonly layers: readonly { readonly index: number; readonly slots: number }[];
  /** The most of them. */
  readonly slots: number;
  readonly topK: number;
  /** The most that a layer has, shared ones that all tokens choose among them. */
  readonly experts: number;
}

/** Where activations lie, for passes of at most `chunkTokens`. */
export function planArena(
  { layers, embeddingLength, vocabularySize }: ModelSpec,
  { chunkTokens, fewTokens, splits }: GpuTuning,
  slots: number,
): Regions<ArenaRegion> {
  const most = (of: (layer: LayerSpec) => number): number => Math.max(0, ...layers.map(of));
  const attended = most(attendedLength);
  const heads = most(({ attention }) => attention.queryHeads);
  const sizes: Record<ArenaRegion, number> = {
    stream: chunkTokens * embeddingLength,
    normed: chunkTokens * Math.max(embeddingLength, most(queryRankOf)),
    projected: chunkTokens * most(projectedLength),
    query: chunkTokens * most(queryLength),
    absorbed: chunkTokens * most(absorbedLength),
    parts: fewTokens * splits * attended,
    sums: fewTokens * splits * heads * 4,
    attended: chunkTokens * attended,
    values: chunkTokens * most(valuesLength),
    gateUp: chunkTokens * most((layer) => gateUpLength(layer, slots, embeddingLength)),
    inner: chunkTokens * most((layer) => innerLength(layer, slots)),
    sharedInner: chunkTokens * most(sharedLength),
    routerLogits: chunkTokens * most(expertsOf),
    logits: fewTokens * Math.ceil(vocabularySize / 4) * 4,
  };
  const quads = Object.fromEntries(
    Object.entries(sizes).map(([name, floats]) => [name, Math.ceil(floats / 4)]),
  ) as Record<ArenaRegion, number>; // The names are those of `sizes`.
  return placeRegions(quads, 1);
}

export function planState(
  { layers, slots, experts }: RoutingPlan,
  { chunkTokens, fewTokens, sliceLogits, ...tuning }: GpuTuning,
  vocabularySize: number,
  offload: OffloadPlan | undefined,
): Regions<StateRegion> {
  const choices = layers.length * chunkTokens * slots;
  const slices = fewTokens * Math.ceil(vocabularySize / sliceLogits);
  const rows = offload === undefined ? 0 : chunkTokens * slots;
  const cached = offload?.layers.filter((layer) => layer.slots > 0).map(({ shape }) => shape) ?? [];
  const most = (of: readonly number[]): number => Math.max(0, ...of);
  return placeRegions(
    {
      ...{ tokens: chunkTokens, choices, weights: choices, sorted: chunkTokens * slots },
      tiles: TILE_WORDS * mostTiles(chunkTokens * slots, experts, expertTileTokens(tuning)),
      ...{ candidates: slices * 2 * MOST_BEST, sliceSums: slices * SLICE_SUMS },
      best: fewTokens * bestWords(MOST_BEST),
      ...{ hits: 2 * rows, outputRows: rows },
      roundedOuter: ROUNDED_WORDS * chunkTokens * most(cached.map(({ width }) => width / 32)),
      roundedInner: ROUNDED_WORDS * rows * most(cached.map(({ inner }) => inner / 32)),
    },
    4,
  );
}

/** Columns of the fused product that a layer's attention begins with. */
export function projectedLength({ attention }: LayerSpec): number {
  if (attention.kind === 'gqa') return (attention.queryHeads + 2 * attention.kvHeads) * attention.headDim;
  const { queryHeads, queryRank, plainDim, rotaryDim, latentRank } = attention;
  return (queryRank ?? queryHeads * (plainDim + rotaryDim)) + latentRank + rotaryDim;
}

function attendedLength({ attention }: LayerSpec): number {
  return attention.queryHeads * (attention.kind === 'gqa' ? attention.headDim : attention.latentRank);
}

function queryRankOf({ attention }: LayerSpec): number {
  return attention.kind === 'mla' ? (attention.queryRank ?? 0) : 0;
}

function queryLength({ attention }: LayerSpec): number {
  if (attention.kind === 'gqa' || attention.queryRank === undefined) return 0;
  return attention.queryHeads * (attention.plainDim + attention.rotaryDim);
}

function absorbedLength({ attention }: LayerSpec): number {
  return attention.kind === 'gqa' ? 0 : attention.queryHeads * (attention.latentRank + attention.rotaryDim);
}

function valuesLength({ attention }: LayerSpec): number {
  return attention.kind === 'gqa' ? 0 : attention.queryHeads * attention.valueDim;
}

function gateUpLength({ feedForward }: LayerSpec, slots: number, width: number): number {
  if (feedForward.kind === 'dense') return 2 * feedForward.innerLength;
  const { expertInnerLength, sharedInnerLength } = feedForward;
  return Math.max(2 * sharedInnerLength, slots * Math.max(2 * expertInnerLength, width));
}

function innerLength({ feedForward }: LayerSpec, slots: number): number {
  return feedForward.kind === 'dense' ? feedForward.innerLength : slots * feedForward.expertInnerLength;
}

function sharedLength({ feedForward }: LayerSpec): number {
  return feedForward.kind === 'dense' ? 0 : feedForward.sharedInnerLength;
}

function expertsOf({ feedForward }: LayerSpec): number {
  return feedForward.kind === 'dense' ? 0 : feedForward.experts + 3;
}
