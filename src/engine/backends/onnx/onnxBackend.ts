import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OpenRuntimeOptions } from '../../../../native/onnxruntime/openRuntime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { Backend, BackendLoadOptions, BackendMemory, BackendModel } from '../backend.ts';
import { checkSupported } from './checkSupported.ts';
import { EmbeddingTable } from './embeddingTable.ts';
import { estimateMemory } from './estimateMemory.ts';
import type { AccuracyLevel } from './linear.ts';
import { loadShards } from './loadShards.ts';
import { OnnxModel } from './onnxModel.ts';
import { readVector } from './packMatrix.ts';
import { fromRuntime } from './runtimeErrors.ts';

export interface OnnxBackendOptions {
  /** Default `auto`. */
  readonly binding?: OpenRuntimeOptions['binding'];
  /** Default 4. Tests take 0 to compare with a float reference to rounding. */
  readonly accuracyLevel?: AccuracyLevel;
  /** File bytes of a shard, for tests of models too small to have two. */
  readonly shardBytes?: number;
}

/**
 * Scores of latent attention are larger for every chunk of a prompt. With this limit 4,000 tokens of a layer like
 * DeepSeek-V2-Lite's peaked at 110 MB above the weights, without at 400; models whose blocks keep their sizes only lose by
 * it (3 % of prefill).
 */
const LARGE_BLOCK_BYTES = 4 << 20;

/** Runs a ModelSpec on the CPU as ONNX graphs that are made in memory. The reference for numbers everywhere. */
export function createOnnxBackend(options: OnnxBackendOptions = {}): Backend {
  return {
    estimate: (spec, weights, { contextTokens, draft }): BackendMemory =>
      estimateMemory(draft ? spec : withoutDraft(spec), weights, contextTokens),
    load: (spec, weights, loadOptions) =>
      load(loadOptions.draft ? spec : withoutDraft(spec), weights, loadOptions, options),
  };
}

function withoutDraft({ draft: _, ...spec }: ModelSpec): ModelSpec {
  return spec;
}

async function load(
  spec: ModelSpec,
  weights: WeightSource,
  { threads, onProgress, signal }: BackendLoadOptions,
  { binding = 'auto', accuracyLevel = 4, shardBytes }: OnnxBackendOptions,
): Promise<BackendModel> {
  checkSupported(spec);
  try {
    const runtime = await openRuntime({ threads, binding });
    try {
      if (spec.layers.some(({ attention }) => attention.kind === 'mla'))
        runtime.mapBlocksFrom(LARGE_BLOCK_BYTES);
      const embedding = await EmbeddingTable.load(weights);
      const shards = await loadShards(spec, weights, runtime, {
        accuracyLevel,
        shardBytes,
        ...(onProgress && { onProgress }),
        ...(signal && { signal }),
      });
      const norms = {
        output: await readVector(weights, 'output.norm'),
        ...(spec.draft && { draft: await readVector(weights, 'draft.0.output.norm') }),
      };
      return new OnnxModel({ spec, runtime, embedding, shards, norms });
    } catch (error) {
      runtime.dispose();
      throw error;
    }
  } catch (error) {
    throw fromRuntime(error, 'to load the model');
  }
}
