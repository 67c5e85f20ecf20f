import type { ExpertCrew } from '../../../../native/cpu/experts.ts';
import type { CacheType } from '../../../../native/kernels/kernel.ts';
import {
  openComputeDevice,
  type ComputeDevice,
  type ComputeFeature,
} from '../../../../native/webgpu/computeDevice.ts';
import { GpuError } from '../../../../native/webgpu/errors.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { Backend, BackendLoadOptions, BackendMemory, BackendModel } from '../backend.ts';
import { fromGpu } from './gpuErrors.ts';
import { planBytes, planWithin, type Planner } from './planWithin.ts';
import { gpuKvLayer } from './gpuKvLayer.ts';
import { GpuModel } from './gpuModel.ts';
import { planModel, type GpuPlan, type PlanLimits } from './gpuPlan.ts';
import { fitSizes, type GpuSizesOptions } from './fitSizes.ts';
import {
  ANY_ADAPTER,
  DEFAULT_TUNING,
  SOFTWARE_TUNING,
  type GpuTuning,
  type MeasuredSizes,
} from './gpuTuning.ts';
import type { OffloadWish } from './offloadPlan.ts';
import type { KernelName } from './plannedDispatch.ts';

export interface GpuBackendOptions {
  /** A part of the adapter's name, as in `llvmpipe`; absent: the system's choice. */
  readonly adapter?: string;
  /** Features that are left alone though the adapter has them. */
  readonly without?: readonly ComputeFeature[];
  /** What keys, values and latents are kept in. Default `f16`. */
  readonly cache?: CacheType;
  /**
   * What weights, activations and a conversation may take of the GPU's memory. Where a model with experts takes more, they stay in
   * memory on the CPU's side, hot ones in what is left. Absent: everything, and less where the GPU refuses it.
   */
  readonly memoryBytes?: number;
  /** Keeps experts in memory though they may fit, with so many bytes of slots: for whoever measures what that costs. */
  readonly offload?: OffloadWish;
  /** What is to be other than it would be for the adapter. */
  readonly tuning?: Partial<GpuTuning>;
  /** How sizes are found that fit the adapter. Absent: those of `gpuTuning.ts` are taken. */
  readonly sizes?: GpuSizesOptions;
  /** Called with each device that is opened: for whoever measures it, or destroys it. */
  readonly onDevice?: (device: ComputeDevice) => void;
  /** For tests: what goes wrong. */
  readonly faults?: GpuFaults;
}

export interface GpuFaults {
  /** The most that a buffer may have, where the adapter allows more. */
  readonly bindingBytes?: number;
  /** The most storage buffers that a kernel may bind, six at least. */
  readonly storageBuffers?: number;
  /** Changes a kernel's text. */
  readonly kernelText?: (kernel: KernelName, source: string) => string;
  /** Changes what computes experts beside the GPU. */
  readonly crewFault?: (crew: ExpertCrew) => ExpertCrew;
}

/** Runs a ModelSpec on a GPU, as a fixed list of dispatches of our own kernels. */
export function createGpuBackend(options: GpuBackendOptions = {}): Backend {
  const planner =
    (spec: ModelSpec, weights: WeightSource, limits: PlanLimits, tuning = DEFAULT_TUNING): Planner =>
    (offload) =>
      planModel(spec, weights, {
        limits,
        offload: options.offload ?? offload,
        tuning: { ...tuning, ...options.tuning },
        cache: options.cache ?? 'f16',
      });
  return {
    estimate: async (spec, weights, { contextTokens }): Promise<BackendMemory> => {
      try {
        const plan = planWithin(planner(spec, weights, ANY_ADAPTER), options.memoryBytes, contextTokens);
        return estimate(plan, contextTokens);
      } catch (error) {
        throw fromGpu(error, 'for the model');
      }
    },
    load: async (
      spec,
      weights,
      { threads, contextTokens, onProgress, signal }: BackendLoadOptions,
    ): Promise<BackendModel> => {
      const attempt = async (plan: (planner: Planner) => GpuPlan): Promise<GpuModel> => {
        const device = await openComputeDevice(options);
        options.onDevice?.(device);
        const bindingBytes = Math.min(
          device.limits.bindingBytes,
          device.limits.bufferBytes,
          options.faults?.bindingBytes ?? Infinity,
        );
        const limits = {
          bindingBytes,
          storageBuffers: Math.min(device.limits.storageBuffers, options.faults?.storageBuffers ?? Infinity),
          workgroups: device.limits.workgroups,
        };
        let planned: GpuPlan;
        try {
          planned = plan(
            planner(spec, weights, limits, device.isSoftware ? SOFTWARE_TUNING : DEFAULT_TUNING),
          );
        } catch (error) {
          device.destroy();
          throw error;
        }
        const model = await GpuModel.load(device, planned, weights, {
          ...{ threads, onProgress, signal, memoryBytes: options.memoryBytes },
          kernelText: options.faults?.kernelText,
          crewFault: options.faults?.crewFault,
        });
        // With experts on both sides what a size costs depends on what the CPU does meanwhile.
        if (options.sizes === undefined || planned.offload !== undefined) return model;
        const replan = (sizes: MeasuredSizes): GpuPlan =>
          planModel(spec, weights, {
            limits,
            tuning: { ...planned.tuning, ...sizes },
            cache: planned.cache,
          });
        try {
          await fitSizes(model, options.sizes, { device, replan, signal, onProgress });
          return model;
        } catch (error) {
          await model.dispose();
          throw error;
        }
      };
      try {
        return await attempt((planned) => planWithin(planned, options.memoryBytes, contextTokens));
      } catch (error) {
        if (options.memoryBytes !== undefined || !isOutOfMemory(error) || !hasExperts(spec))
          throw fromGpu(error, 'to load the model');
        return await loadBeside(attempt, error);
      }
    },
  };
}

/** Of all experts, the parts that are tried as slots where a GPU has no room for all, largest first. */
const TRIED_PARTS = [0.5, 0.25, 0];

/** How much memory a GPU has is not known before it refuses some. @throws what the last attempt does */
async function loadBeside(
  attempt: (plan: (planner: Planner) => GpuPlan) => Promise<GpuModel>,
  refusal: unknown,
): Promise<GpuModel> {
  let last = refusal;
  for (const part of TRIED_PARTS) {
    try {
      return await attempt((planned) => {
        const { expertBytes = 0 } = planned({ cacheBytes: 0 }).offload ?? {};
        return planned({ cacheBytes: part * expertBytes });
      });
    } catch (error) {
      last = error;
      if (!isOutOfMemory(error)) break;
    }
  }
  throw fromGpu(last, 'to load the model');
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof GpuError && error.code === 'out-of-memory';
}

function hasExperts({ layers }: ModelSpec): boolean {
  return layers.some(({ feedForward }) => feedForward.kind === 'moe');
}

function estimate(plan: GpuPlan, contextTokens: number): BackendMemory {
  const { weightBytes, slotBytes, activationBytes, kvBytes } = planBytes(plan, contextTokens);
  return {
    ...{ kvBytes, activationBytes },
    weightBytes: weightBytes + slotBytes + (plan.offload?.expertBytes ?? 0),
    kvLayers: plan.spec.layers.map(({ attention }) => gpuKvLayer(attention, plan.cache)),
  };
}
