import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OpenRuntimeOptions } from '../../../../native/onnxruntime/openRuntime.ts';
import type { ExecutionProvider } from '../../../../native/onnxruntime/executionProvider.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { KernelChoice } from '../../../protocol/engine.ts';
import type { Backend, BackendLoadOptions, BackendMemory, BackendModel } from '../backend.ts';
import { checkSupported } from './checkSupported.ts';
import { chooseKernels, expectedKernels, type KernelOptions } from './chooseKernels.ts';
import { EmbeddingTable } from './embeddingTable.ts';
import { estimateMemory } from './estimateMemory.ts';
import { fitAttention } from './fitAttention.ts';
import { loadShards } from './loadShards.ts';
import { OnnxModel } from './onnxModel.ts';
import { readVector } from './packMatrix.ts';
import { fromRuntime } from './runtimeErrors.ts';
import type { AccuracyLevel } from './runtimeLowering.ts';
import { shortRunsOf } from './shortRuns.ts';

export interface OnnxBackendOptions {
  /** What computes; default `cpu`. Others take ONNX Runtime's own kernels, and need the C API. */
  readonly provider?: ExecutionProvider;
  /** Default `auto`. */
  readonly binding?: OpenRuntimeOptions['binding'];
  /** Default `auto`, or `onnxruntime` where an accuracy level is given. */
  readonly kernels?: KernelChoice;
  /** Of ONNX Runtime's kernels; default 4. Tests take 0 to compare with a float reference to rounding. */
  readonly accuracyLevel?: AccuracyLevel;
  /** For tests: a provider is given the CPU's graph, and fails where more experts have rows than it has buffers. */
  readonly takesCpuGraph?: boolean;
  /** File bytes of a shard that are handed over, for tests of models too small to have two. */
  readonly shardBytes?: number;
  /** For tests: whether a spare thread that lost its core is left alone for a while; default true. */
  readonly givesWay?: boolean;
}

/**
 * Scores of latent attention are larger for every chunk of a prompt. With this limit 4,000 tokens of a layer like
 * DeepSeek-V2-Lite's peaked at 110 MB above the weights, without at 400; models whose blocks keep their sizes only lose by
 * it (3 % of prefill).
 */
const LARGE_BLOCK_BYTES = 4 << 20;

/** Buffers that WebGPU promises a kernel. */
const WEBGPU_BUFFERS = 8;

/**
 * Runs a ModelSpec as ONNX graphs that are made in memory. On the CPU, unless told otherwise, where it is the reference for
 * numbers everywhere.
 */
export function createOnnxBackend(options: OnnxBackendOptions = {}): Backend {
  const { provider = 'cpu', binding = 'auto', accuracyLevel, shardBytes, givesWay = true } = options;
  const kernels = options.kernels ?? (accuracyLevel === undefined ? 'auto' : 'onnxruntime');
  const kernelOptions = {
    kernels: provider === 'cpu' ? kernels : 'onnxruntime',
    accuracyLevel: accuracyLevel ?? 4,
    mostTensors: provider === 'webgpu' && options.takesCpuGraph !== true ? WEBGPU_BUFFERS : undefined,
  } as const;
  return {
    estimate: async (spec, weights, { contextTokens, draft }): Promise<BackendMemory> => {
      const wanted = draft ? spec : withoutDraft(spec);
      const kernels = fitAttention(await expectedKernels(kernelOptions, binding), wanted, 'auto');
      return estimateMemory(wanted, weights, { contextTokens, kernels });
    },
    load: (spec, weights, loadOptions) =>
      load(loadOptions.draft ? spec : withoutDraft(spec), weights, loadOptions, {
        ...kernelOptions,
        provider,
        binding,
        shardBytes,
        givesWay,
      }),
  };
}

interface ResolvedOptions extends KernelOptions {
  readonly provider: ExecutionProvider;
  readonly binding: OpenRuntimeOptions['binding'];
  readonly shardBytes: number | undefined;
  readonly givesWay: boolean;
}

function withoutDraft({ draft: _, ...spec }: ModelSpec): ModelSpec {
  return spec;
}

async function load(
  spec: ModelSpec,
  weights: WeightSource,
  { threads, hasSpareThread = false, onProgress, signal }: BackendLoadOptions,
  { provider, binding, shardBytes, givesWay, ...kernelOptions }: ResolvedOptions,
): Promise<BackendModel> {
  checkSupported(spec);
  try {
    const runtime = await openRuntime({ threads, binding, provider });
    try {
      const chosen = await chooseKernels(kernelOptions, runtime);
      const kernels = fitAttention(chosen, spec, kernelOptions.kernels);
      if (kernels.attention.latent.hasScores && spec.layers.some(({ attention }) => attention.kind === 'mla'))
        runtime.mapBlocksFrom(LARGE_BLOCK_BYTES);
      const embedding = await EmbeddingTable.load(weights);
      const shards = await loadShards(spec, weights, runtime, {
        kernels,
        shardBytes,
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
      });
      const norms = {
        output: await readVector(weights, 'output.norm'),
        ...(spec.draft && { draft: await readVector(weights, 'draft.0.output.norm') }),
      };
      return new OnnxModel({
        spec,
        runtime,
        kernels,
        embedding,
        shards,
        norms,
        ...(hasSpareThread && { spareThread: { givesWay } }),
        ...(provider === 'cpu' && { shortRuns: shortRunsOf(spec, weights.tensors) }),
      });
    } catch (error) {
      runtime.dispose();
      throw error;
    }
  } catch (error) {
    throw fromRuntime(error, 'to load the model', provider);
  }
}
