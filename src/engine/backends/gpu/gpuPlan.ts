import { cacheBytesPerNumber, type CacheType } from '../../../../native/kernels/cacheType.ts';
import { shardedMatrix } from '../../../../native/kernels/shardedMatrix.ts';
import { planKvCache, type KvCachePlan } from '../../../../native/webgpu/planKvCache.ts';
import { OTHER_BUFFERS } from '../../../../native/webgpu/bindingLayout.ts';
import { isNarrow, type ShardLimits } from '../../../../native/webgpu/weightSpan.ts';
import { planShards, type ShardPiece, type ShardPlan } from '../../../../native/webgpu/planShards.ts';
import type { Regions } from '../../../../native/webgpu/placeRegions.ts';
import type { AttentionSpec, ModelSpec, RopeSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import { checkGpuSupported } from './checkGpuSupported.ts';
import type { GpuTuning } from './gpuTuning.ts';
import { planOffload, type OffloadPlan, type OffloadWish } from './offloadPlan.ts';
import type { PlannedDispatch } from './plannedDispatch.ts';
import type { PlannedMatrix } from './plannedMatrix.ts';
import type { Planning } from './planning.ts';
import { planBest } from './planBest.ts';
import { planHead, planLayers } from './planPass.ts';
import { planArena, planState, type ArenaRegion, type RoutingPlan, type StateRegion } from './planRegions.ts';
import { planVectors, type PlannedVectors } from './planVectors.ts';
import { planWeights, type PlannedWeights } from './planWeights.ts';

/** What of an adapter a plan depends on. */
export interface PlanLimits {
  readonly bindingBytes: number;
  /** Storage buffers that a kernel binds: those of weights among them. */
  readonly storageBuffers: number;
  /** Workgroups of a dispatch in each dimension. */
  readonly workgroups: number;
}

/** A model as it lies on a GPU and is computed there: all data, nothing made. */
export interface GpuPlan {
  readonly spec: ModelSpec;
  readonly weights: PlannedWeights;
  readonly shards: ShardPlan;
  readonly shardLimits: ShardLimits;
  readonly vectors: PlannedVectors;
  readonly arena: Regions<ArenaRegion>;
  readonly state: Regions<StateRegion>;
  readonly routing: RoutingPlan;
  /** Where routed experts are, when they are not with the other weights. */
  readonly offload?: OffloadPlan;
  readonly tuning: GpuTuning;
  readonly cache: CacheType;
  /** Rotary embeddings that occur; layers mostly share one. */
  readonly ropes: readonly RopeSpec[];
  /** @throws GpuError `limit` where a layer's cache is larger than what the adapter binds */
  readonly sequence: (capacity: number) => SequencePlan;
}

/** What depends on a sequence's capacity. */
export interface SequencePlan {
  readonly capacity: number;
  readonly kv: KvCachePlan;
  /** Of the norms, the biases and the rotary tables behind them. */
  readonly vectorBytes: number;
  /** Where each of the plan's rotary tables begins, in vectors of four. */
  readonly ropesAt: readonly number[];
  /** A few tokens at once, a decoded one among them. */
  readonly few: readonly PlannedDispatch[];
  /** Many tokens. */
  readonly chunk: readonly PlannedDispatch[];
  /** Logits of some rows. */
  readonly head: readonly PlannedDispatch[];
  /** The best of these logits. */
  readonly best: readonly PlannedDispatch[];
}

/**
 * Buffers of weights that a kernel binds at most, where the adapter allows as many. A matrix that no buffer holds lies over several, which
 * costs a choice at each of its reads.
 */
const MOST_WEIGHT_BUFFERS = 16;

/** @throws GlassboxError `model/unsupported`; GpuError `limit`, `unsupported` */
export function planModel(
  spec: ModelSpec,
  source: WeightSource,
  options: {
    readonly limits: PlanLimits;
    readonly tuning: GpuTuning;
    readonly cache: CacheType;
    /** Routed experts are kept in memory on the CPU's side, hot ones in slots. Absent: all are on the GPU. */
    readonly offload?: OffloadWish | undefined;
  },
): GpuPlan {
  const { limits, tuning, cache } = options;
  checkGpuSupported(spec, cache);
  const offload = options.offload && planOffload(spec, source, options.offload, limits.bindingBytes);
  const shardLimits = {
    bindingBytes: limits.bindingBytes,
    buffers: Math.min(limits.storageBuffers - OTHER_BUFFERS, MOST_WEIGHT_BUFFERS),
  };
  const weights = planWeights(spec, source, shardLimits, offload);
  const shards = planShards(
    weights.matrices.map(({ name, type, rows, columns, grainRows, group }) => ({
      ...shardedMatrix(name, type, rows, columns, grainRows),
      ...(group === undefined ? {} : { group }),
    })),
    shardLimits,
    limits.workgroups * 4,
  );
  const pieces = new Map<string, ShardPiece[]>();
  for (const piece of shards.pieces) pieces.set(piece.name, [...(pieces.get(piece.name) ?? []), piece]);
  const vectors = planVectors(spec, source);
  const routing = planRouting(spec, weights);
  const arena = planArena(spec, tuning, routing.slots);
  const state = planState(routing, tuning, spec.vocabularySize, offload);
  const ropes = distinctRopes(spec);
  const ropeOf = spec.layers.map(({ attention }) => ropes.findIndex((rope) => isSame(rope, attention.rope)));

  /** Kernels are told where their shard lies over several buffers. */
  const spanned = (dispatches: readonly PlannedDispatch[]): readonly PlannedDispatch[] =>
    dispatches.map((dispatch) => {
      const span = dispatch.shard === undefined ? undefined : shards.shards[dispatch.shard]?.span;
      return span === undefined || isNarrow(span) ? dispatch : { ...dispatch, span };
    });

  const sequence = (capacity: number): SequencePlan => {
    const kv = planKvCache(
      spec.layers.map(({ attention }) => cacheParts(attention)),
      capacity,
      cacheBytesPerNumber(cache),
      limits.bindingBytes,
    );
    let vectors4 = vectors.vectors4;
    const ropesAt = ropes.map(({ dimensions }) => {
      const at = vectors4;
      vectors4 += (capacity * dimensions) / 4;
      return at;
    });
    const planning = (kind: Planning['kind']): Planning => ({
      ...{ kind, spec, tuning, cache, vectors, capacity, kv: kv.layers },
      arena: arena.offsets,
      state: state.offsets,
      piecesOf: ({ name }: PlannedMatrix) => pieces.get(name) ?? [],
      ropeAt: (layer) => ropesAt[ropeOf[layer] ?? 0] ?? 0,
    });
    return {
      ...{ capacity, kv, ropesAt, vectorBytes: 16 * vectors4 },
      few: spanned(planLayers(planning('few'), weights, routing)),
      chunk: spanned(planLayers(planning('chunk'), weights, routing)),
      head: spanned(planHead(planning('few'), weights)),
      best: planBest(planning('few')),
    };
  };
  const parts = {
    spec,
    weights,
    shards,
    shardLimits,
    vectors,
    arena,
    state,
    routing,
    tuning,
    cache,
    ropes,
    sequence,
  };
  return offload === undefined ? parts : { ...parts, offload };
}

/** Numbers that a token takes in each part of a layer's cache. */
function cacheParts(attention: AttentionSpec): readonly number[] {
  if (attention.kind === 'mla') return [attention.latentRank + attention.rotaryDim];
  const length = attention.kvHeads * attention.headDim;
  return [length, length];
}

function planRouting({ layers }: ModelSpec, weights: PlannedWeights): RoutingPlan {
  const routing = { layers: [] as { index: number; slots: number }[], slots: 0, topK: 0, experts: 0 };
  layers.forEach(({ feedForward }, index) => {
    const planned = weights.layers[index]?.feedForward;
    if (feedForward.kind === 'dense' || planned === undefined || planned.kind === 'dense') return;
    const sharedSlots = planned.kind === 'moe' ? planned.sharedSlots : 0;
    const slots = feedForward.topK + sharedSlots;
    routing.layers.push({ index, slots });
    routing.slots = Math.max(routing.slots, slots);
    routing.topK = Math.max(routing.topK, feedForward.topK);
    routing.experts = Math.max(routing.experts, feedForward.experts + sharedSlots);
  });
  return routing;
}

function distinctRopes({ layers }: ModelSpec): RopeSpec[] {
  const ropes: RopeSpec[] = [];
  for (const { attention } of layers)
    if (!ropes.some((rope) => isSame(rope, attention.rope))) ropes.push(attention.rope);
  return ropes;
}

/** Tables differ only where these do. */
function isSame(one: RopeSpec, other: RopeSpec): boolean {
  return (
    one.dimensions === other.dimensions &&
    one.base === other.base &&
    JSON.stringify(one.scaling) === JSON.stringify(other.scaling)
  );
}
