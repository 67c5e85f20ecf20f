import type { CacheType } from '../../../../native/kernels/kernel.ts';
import {
  openComputeDevice,
  type ComputeDevice,
  type ComputeFeature,
} from '../../../../native/webgpu/computeDevice.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { Backend, BackendLoadOptions, BackendMemory, BackendModel } from '../backend.ts';
import { fromGpu } from './gpuErrors.ts';
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
import type { KernelName } from './plannedDispatch.ts';

export interface GpuBackendOptions {
  /** A part of the adapter's name, as in `llvmpipe`; absent: the system's choice. */
  readonly adapter?: string;
  /** Features that are left alone though the adapter has them. */
  readonly without?: readonly ComputeFeature[];
  /** What keys, values and latents are kept in. Default `f16`. */
  readonly cache?: CacheType;
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
  /** Changes a kernel's text. */
  readonly kernelText?: (kernel: KernelName, source: string) => string;
}

/** Runs a ModelSpec on a GPU, as a fixed list of dispatches of our own kernels. */
export function createGpuBackend(options: GpuBackendOptions = {}): Backend {
  const plan = (
    spec: ModelSpec,
    weights: WeightSource,
    limits: PlanLimits,
    tuning = DEFAULT_TUNING,
  ): GpuPlan =>
    planModel(spec, weights, {
      limits,
      tuning: { ...tuning, ...options.tuning },
      cache: options.cache ?? 'f16',
    });
  return {
    estimate: async (spec, weights, { contextTokens }): Promise<BackendMemory> => {
      try {
        return estimate(plan(spec, weights, ANY_ADAPTER), contextTokens);
      } catch (error) {
        throw fromGpu(error, 'for the model');
      }
    },
    load: async (spec, weights, { onProgress, signal }: BackendLoadOptions): Promise<BackendModel> => {
      try {
        const device = await openComputeDevice(options);
        options.onDevice?.(device);
        const bindingBytes = Math.min(
          device.limits.bindingBytes,
          device.limits.bufferBytes,
          options.faults?.bindingBytes ?? Infinity,
        );
        let planned: GpuPlan;
        try {
          planned = plan(
            spec,
            weights,
            { bindingBytes, workgroups: device.limits.workgroups },
            device.isSoftware ? SOFTWARE_TUNING : DEFAULT_TUNING,
          );
        } catch (error) {
          device.destroy();
          throw error;
        }
        const model = await GpuModel.load(device, planned, weights, {
          onProgress,
          signal,
          kernelText: options.faults?.kernelText,
        });
        if (options.sizes === undefined) return model;
        const { limits } = device;
        const replan = (sizes: MeasuredSizes): GpuPlan =>
          planModel(spec, weights, {
            limits: { bindingBytes, workgroups: limits.workgroups },
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
      } catch (error) {
        throw fromGpu(error, 'to load the model');
      }
    },
  };
}

function estimate(plan: GpuPlan, contextTokens: number): BackendMemory {
  const { kv, vectorBytes } = plan.sequence(contextTokens);
  const sum = (bytes: readonly number[]): number => bytes.reduce((all, each) => all + each, 0);
  return {
    weightBytes: sum(plan.shards.shards.map(({ quantBytes, scaleBytes }) => quantBytes + scaleBytes)),
    kvBytes: sum(kv.buffers) + vectorBytes,
    activationBytes: 16 * plan.arena.size + 4 * plan.state.size,
    kvLayers: plan.spec.layers.map(({ attention }) => gpuKvLayer(attention, plan.cache)),
  };
}
