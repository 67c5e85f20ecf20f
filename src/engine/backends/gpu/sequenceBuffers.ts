import { ropeTable } from '../../../../native/kernels/ropeTable.ts';
import type { BindingLayout } from '../../../../native/webgpu/bindingLayout.ts';
import type { Dispatch } from '../../../../native/webgpu/dispatch.ts';
import { storageBuffer } from '../../../../native/webgpu/storageBuffer.ts';
import type { ShardBuffers, WeightBuffers } from '../../../../native/webgpu/weightBuffers.ts';
import { ropeFrequencies } from '../../../models/rope.ts';
import { BoundPass } from './boundPass.ts';
import { splitAtExperts, type ExpertStop, type StoppedPass } from './expertStops.ts';
import type { GpuPlan, SequencePlan } from './gpuPlan.ts';
import type { KernelVariants } from './kernelVariants.ts';
import type { PlannedDispatch } from './plannedDispatch.ts';

/** What all sequences of a model share on the GPU. */
export interface SharedBuffers {
  readonly layout: BindingLayout;
  readonly arena: GPUBuffer;
  readonly state: GPUBuffer;
  readonly weights: WeightBuffers;
  readonly kernels: KernelVariants;
  /** Norms and biases, as planned. */
  readonly norms: Float32Array<ArrayBuffer>;
  /** Slots of hot experts, by layer. */
  readonly slotBuffers: ReadonlyMap<number, GPUBuffer>;
}

/** A sequence's own memory on the GPU, and its passes, ready to be submitted. */
export class SequenceBuffers {
  /** Behind their stops, where they make any. */
  readonly few: BoundPass;
  readonly chunk: BoundPass;
  readonly fewStops: readonly ExpertStop<BoundPass>[];
  readonly chunkStops: readonly ExpertStop<BoundPass>[];
  readonly head: BoundPass;
  readonly best: BoundPass;
  readonly #ends: Readonly<Record<'few' | 'chunk', Readonly<Record<'logits' | 'best', readonly Dispatch[]>>>>;
  readonly #own: readonly GPUBuffer[];

  private constructor(
    plan: SequencePlan,
    shared: SharedBuffers,
    vectors: GPUBuffer,
    caches: readonly GPUBuffer[],
  ) {
    this.#own = [vectors, ...caches];
    const { layout, arena, state, kernels } = shared;
    const groups = new Map<string, GPUBindGroup>();
    const groupOf = ({ shard, cacheBuffer = 0, slots }: PlannedDispatch): GPUBindGroup => {
      const weight = slots === undefined ? `shard ${String(shard)}` : `slots of ${String(slots)}`;
      const key = `${weight}, cache ${String(cacheBuffer)}`;
      const known = groups.get(key);
      if (known !== undefined) return known;
      const cache = caches[cacheBuffer];
      const { quants, scales } = weightsOf(shared, shard, slots);
      const [[firstQuants, ...moreQuants], [firstScales, ...moreScales]] = [quants, scales];
      if (cache === undefined || firstQuants === undefined || firstScales === undefined)
        throw new RangeError(`no buffers for ${key}`);
      const group = layout.bind(
        { arena, state, vectors, cache, quants: firstQuants, scales: firstScales },
        { quants: moreQuants, scales: moreScales },
      );
      groups.set(key, group);
      return group;
    };
    const bound = (planned: readonly PlannedDispatch[]): BoundPass =>
      new BoundPass(planned, (dispatch) => ({
        pipeline: kernels.of(dispatch),
        bindGroup: groupOf(dispatch),
      }));
    const stopped = (planned: readonly PlannedDispatch[]): StoppedPass<BoundPass> => {
      const { stops, rest } = splitAtExperts(planned);
      return {
        stops: stops.map(({ ahead, beside, cached }) => ({
          ...{ ahead: bound(ahead), beside: bound(beside), cached: bound(cached) },
        })),
        rest: bound(rest),
      };
    };
    ({ rest: this.few, stops: this.fewStops } = stopped(plan.few));
    ({ rest: this.chunk, stops: this.chunkStops } = stopped(plan.chunk));
    this.head = bound(plan.head);
    this.best = bound(plan.best);
    const toLogits = this.head.dispatches;
    const toBest = [...toLogits, ...this.best.dispatches];
    const few = this.few.dispatches;
    this.#ends = {
      few: { logits: [...few, ...toLogits], best: [...few, ...toBest] },
      chunk: { logits: toLogits, best: toBest },
    };
  }

  /** @throws GpuError `limit`, `out-of-memory`, `lost`; nothing stays allocated then */
  static async create(model: GpuPlan, plan: SequencePlan, shared: SharedBuffers): Promise<SequenceBuffers> {
    const { device } = shared.layout;
    const made: GPUBuffer[] = [];
    try {
      const vectors = await storageBuffer(device, 'The buffer for norms and rotations', plan.vectorBytes);
      made.push(vectors);
      for (const bytes of plan.kv.buffers) made.push(await storageBuffer(device, 'The KV cache', bytes));
      const { queue } = device.handle;
      if (shared.norms.length > 0) queue.writeBuffer(vectors, 0, shared.norms);
      model.ropes.forEach((rope, index) => {
        queue.writeBuffer(
          vectors,
          16 * (plan.ropesAt[index] ?? 0),
          ropeTable(ropeFrequencies(rope), plan.capacity),
        );
      });
      return new SequenceBuffers(plan, shared, vectors, made.slice(1));
    } catch (error) {
      for (const buffer of made) buffer.destroy();
      throw error;
    }
  }

  /** The submission that a pass ends with: of few tokens all of it, of many what is behind their layers. */
  ending(pass: 'few' | 'chunk', wanted: 'logits' | 'best'): readonly Dispatch[] {
    return this.#ends[pass][wanted];
  }

  destroy(): void {
    for (const buffer of this.#own) buffer.destroy();
  }
}

/** What a dispatch binds: slots, a shard, or any buffers where it reads no weights. */
function weightsOf(
  { weights, slotBuffers }: SharedBuffers,
  shard: number | undefined,
  slots: number | undefined,
): Pick<ShardBuffers, 'quants' | 'scales'> {
  const slotBuffer = slots === undefined ? undefined : slotBuffers.get(slots);
  if (slotBuffer !== undefined) return { quants: [slotBuffer], scales: [slotBuffer] };
  const { quants, scales } = weights.shards[shard ?? 0] ?? { quants: [], scales: [] };
  return shard === undefined
    ? { quants: quants.slice(0, 1), scales: scales.slice(0, 1) }
    : { quants, scales };
}
