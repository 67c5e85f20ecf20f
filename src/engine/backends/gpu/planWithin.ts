import { GlassboxError } from '../../../protocol/errors.ts';
import type { GpuPlan } from './gpuPlan.ts';
import type { OffloadWish } from './offloadPlan.ts';

/** Plans a model with its experts on the GPU, or with some of them there. */
export type Planner = (offload?: OffloadWish) => GpuPlan;

/** What a plan takes of the GPU's memory. */
export interface PlanBytes {
  readonly weightBytes: number;
  /** Of hot experts' slots. */
  readonly slotBytes: number;
  readonly activationBytes: number;
  /** Of one conversation, norms and rotations among it. */
  readonly kvBytes: number;
}

export function planBytes(plan: GpuPlan, contextTokens: number): PlanBytes {
  const { kv, vectorBytes } = plan.sequence(contextTokens);
  const sum = (bytes: readonly number[]): number => bytes.reduce((all, each) => all + each, 0);
  return {
    weightBytes: sum(plan.shards.shards.map(({ quantBytes, scaleBytes }) => quantBytes + scaleBytes)),
    slotBytes: plan.offload?.slotBytes ?? 0,
    activationBytes: 16 * plan.arena.size + 4 * plan.state.size,
    kvBytes: sum(kv.buffers) + vectorBytes,
  };
}

/**
 * The plan that fits into `memoryBytes`: everything on the GPU, or experts in memory and as many of them in slots as there is room for.
 * @param memoryBytes absent: everything
 * @throws GlassboxError `runtime/gpuMemory` where not even the rest fits, and what planning throws
 */
export function planWithin(planner: Planner, memoryBytes: number | undefined, contextTokens = 1): GpuPlan {
  const whole = planner();
  if (memoryBytes === undefined || totalBytes(planBytes(whole, contextTokens)) <= memoryBytes) return whole;
  const hasExperts = whole.spec.layers.some(({ feedForward }) => feedForward.kind === 'moe');
  const least = hasExperts ? planner({ cacheBytes: 0 }) : whole;
  const without = totalBytes(planBytes(least, contextTokens));
  if (without > memoryBytes)
    throw new GlassboxError(
      'runtime/gpuMemory',
      `${whole.spec.name} needs ${mebibytes(without)} MiB of the GPU's memory${hasExperts ? ' without its experts' : ''}; ` +
        `${mebibytes(memoryBytes)} MiB are allowed. Raise the limit (0 for none), choose a smaller context, or use the CPU.`,
    );
  const most = planner({ cacheBytes: memoryBytes - without });
  const bytes = planBytes(most, contextTokens);
  if (totalBytes(bytes) <= memoryBytes) return most;
  // Slots want rounded inputs beside them, as many however many slots there are.
  const beside = totalBytes(bytes) - bytes.slotBytes - without;
  return planner({ cacheBytes: Math.max(0, memoryBytes - without - beside) });
}

/** How many conversations fit beside a plan's weights; one at least, for which the plan was made. */
export function conversationsWithin(plan: GpuPlan, memoryBytes: number, contextTokens: number): number {
  const bytes = planBytes(plan, contextTokens);
  const rest = memoryBytes - (totalBytes(bytes) - bytes.kvBytes);
  return Math.max(1, Math.floor(rest / bytes.kvBytes));
}

function totalBytes({ weightBytes, slotBytes, activationBytes, kvBytes }: PlanBytes): number {
  return weightBytes + slotBytes + activationBytes + kvBytes;
}

function mebibytes(bytes: number): string {
  return String(Math.ceil(bytes / 2 ** 20));
}
