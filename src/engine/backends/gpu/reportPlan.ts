import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { DispatchReport, PlanReport } from '../../../protocol/planReport.ts';
import { fromGpu } from './gpuErrors.ts';
import { planModel, type GpuPlan, type PlanLimits } from './gpuPlan.ts';
import { ANY_ADAPTER, DEFAULT_TUNING } from './gpuTuning.ts';
import type { OffloadPlan } from './offloadPlan.ts';
import { amountAt, type PlannedDispatch, type Step } from './plannedDispatch.ts';
import { planWithin, type Planner } from './planWithin.ts';

export interface ReportedPass {
  /** Tokens that the cache has room for. */
  readonly capacity: number;
  /** Tokens before those of the pass. */
  readonly position: number;
  readonly tokens: number;
  /** That the GPU has; absent: enough. */
  readonly memoryBytes?: number;
  /** Of the adapter; absent: what any has. */
  readonly limits?: PlanLimits;
}

/**
 * What one pass dispatches, and what that moves, on an adapter with the usual limits. None is needed.
 * @throws GlassboxError `model/unsupported`, `request/invalid`
 */
export function reportPlan(spec: ModelSpec, weights: WeightSource, pass: ReportedPass): PlanReport {
  try {
    const planner: Planner = (offload) =>
      planModel(spec, weights, {
        limits: pass.limits ?? ANY_ADAPTER,
        tuning: DEFAULT_TUNING,
        cache: 'f16',
        offload,
      });
    return describe(planWithin(planner, pass.memoryBytes, pass.capacity), pass);
  } catch (error) {
    throw fromGpu(error, 'for the model');
  }
}

function describe(plan: GpuPlan, { capacity, position, tokens }: ReportedPass): PlanReport {
  if (position + tokens > capacity || tokens > plan.tuning.chunkTokens)
    throw new GlassboxError(
      'request/invalid',
      `A pass of ${String(tokens)} tokens behind ${String(position)} does not fit: a pass has at most ` +
        `${String(plan.tuning.chunkTokens)} tokens, and the context ${String(capacity)}.`,
    );
  const sequence = plan.sequence(capacity);
  const isFew = tokens <= plan.tuning.fewTokens;
  const { offload } = plan;
  const step: Step = {
    position,
    tokens,
    firstLogits: tokens - 1,
    logitRows: 1,
    best: 1,
    ...likelyHits(plan, tokens),
  };
  const dispatches = [...(isFew ? sequence.few : sequence.chunk), ...sequence.head].map((dispatch) =>
    reportOf(dispatch, step),
  );
  const { shards } = plan.shards;
  return {
    model: plan.spec.name,
    position,
    tokens,
    capacity,
    cacheType: plan.cache,
    shards: shards.map(({ quantBytes, scaleBytes }) => ({ quantBytes, scaleBytes })),
    cut: { matrices: cutMatrices(plan), ...plan.shardLimits },
    arenaBytes: 16 * plan.arena.size,
    stateBytes: 4 * plan.state.size,
    vectorBytes: sequence.vectorBytes,
    kvBufferBytes: sequence.kv.buffers,
    dispatches,
    ...(offload === undefined ? {} : { experts: expertPlaces(offload) }),
    perLayer: plan.spec.layers.map(({ attention, feedForward }, layer) => ({
      attention: attention.kind,
      feedForward: feedForward.kind,
      dispatches: dispatches.filter((dispatch) => dispatch.layer === layer).length,
    })),
    weightBytes: sum(dispatches, ({ weightBytes }) => weightBytes),
    kvBytes: sum(dispatches, ({ kvReadBytes, kvWrittenBytes }) => kvReadBytes + kvWrittenBytes),
    otherBytes: sum(dispatches, ({ readBytes, writtenBytes }) => readBytes + writtenBytes),
  };
}

function cutMatrices({ shards }: GpuPlan): PlanReport['cut']['matrices'] {
  const pieces = new Map<string, number>();
  for (const { name } of shards.pieces) pieces.set(name, (pieces.get(name) ?? 0) + 1);
  return [...pieces].flatMap(([name, count]) => (count > 1 ? [{ name, pieces: count }] : []));
}

/** Where a pass's choices fall on experts evenly; hot ones are chosen more often. */
function likelyHits({ offload, routing }: GpuPlan, tokens: number): Pick<Step, 'cachedRows'> {
  if (offload === undefined) return {};
  const slots = sum(offload.layers, (layer) => layer.slots);
  const share =
    slots /
    Math.max(
      1,
      sum(offload.layers, ({ experts }) => experts),
    );
  return { cachedRows: Math.round(share * tokens * routing.topK) };
}

function expertPlaces({ layers, expertBytes, slotBytes }: OffloadPlan): NonNullable<PlanReport['experts']> {
  return {
    memoryBytes: expertBytes,
    slotBytes,
    layers: layers.map(({ index, experts, slots, slotBytes: expertBytesEach, shape }) => ({
      ...{ layer: index, experts, slots, expertBytes: expertBytesEach },
      types: shape.gateType === shape.downType ? [shape.gateType] : [shape.gateType, shape.downType],
    })),
  };
}

function reportOf(
  { name, layer, kernel, blocks, secondBlocks, shard, workgroups, workgroupSize, traffic }: PlannedDispatch,
  step: Step,
): DispatchReport {
  const bytes = (amount: (typeof traffic)['read']): number => Math.ceil(amountAt(amount, step));
  const [x, y, z] = workgroups;
  return {
    name,
    kernel,
    ...(layer === undefined ? {} : { layer }),
    ...(blocks === undefined ? {} : { blocks }),
    ...(secondBlocks === undefined ? {} : { secondBlocks }),
    ...(shard === undefined ? {} : { shard }),
    workgroups: [amountAt(x, step), amountAt(y, step), amountAt(z, step)],
    workgroupSize,
    weightBytes: bytes(traffic.weights),
    kvReadBytes: bytes(traffic.kvRead),
    kvWrittenBytes: bytes(traffic.kvWritten),
    readBytes: bytes(traffic.read),
    writtenBytes: bytes(traffic.written),
  };
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((all, item) => all + of(item), 0);
}
