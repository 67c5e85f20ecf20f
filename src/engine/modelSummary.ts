import type { ModelFile } from '../models/modelFile.ts';
import type { ModelSpec } from '../models/spec.ts';
import type { ExpertSummary, LatentSummary, MemoryEstimate, ModelSummary } from '../protocol/engine.ts';
import type { Backend, BackendMemory } from './backends/backend.ts';
import { plainBytesPerToken, storedBytesPerToken } from './records/kvBytes.ts';

/** Capacity of a conversation when nobody says otherwise: what most questions with code need. */
const DEFAULT_CONTEXT = 8192;

/** How many tokens a conversation's cache holds: as asked, but never more than the model was trained for. */
export function contextCapacity(file: ModelFile, asked: number | undefined): number {
  return Math.min(file.spec.contextLength, asked ?? DEFAULT_CONTEXT);
}

/** A model file with what it will take with one conversation of so many tokens, against what is free now. */
export async function modelSummary(
  backend: Backend,
  file: ModelFile,
  {
    contextTokens,
    freeBytes,
    draft,
  }: { readonly contextTokens: number; readonly freeBytes: number; readonly draft: boolean },
): Promise<ModelSummary> {
  const { spec } = file;
  const memory = await backend.estimate(spec, file.weights, { contextTokens, draft });
  const latentAttention = latentSummary(spec);
  const experts = expertSummary(spec);
  return {
    path: file.path,
    name: spec.name,
    architecture: spec.architecture,
    parameters: spec.parameters,
    quantization: file.quantization.type,
    bitsPerWeight: file.quantization.bitsPerWeight,
    fileBytes: file.fileBytes,
    layers: spec.layers.length,
    embeddingLength: spec.embeddingLength,
    vocabularySize: spec.vocabularySize,
    contextLength: spec.contextLength,
    hasChatTemplate: file.chatTemplate !== undefined,
    isReasoningModel: file.isReasoningModel,
    sampling: file.sampling,
    memory: memoryEstimate(memory, freeBytes),
    kvBytesPerToken: storedBytesPerToken(memory.kvLayers),
    plainKvBytesPerToken: plainBytesPerToken(memory.kvLayers),
    ...(latentAttention ? { latentAttention } : {}),
    ...(experts ? { experts } : {}),
    draftLayers: spec.draft?.layers.length ?? 0,
  };
}

function memoryEstimate(
  { weightBytes, kvBytes, activationBytes }: BackendMemory,
  freeBytes: number,
): MemoryEstimate {
  const totalBytes = weightBytes + kvBytes + activationBytes;
  return { weightBytes, kvBytes, activationBytes, totalBytes, freeBytes, fits: totalBytes <= freeBytes };
}

function latentSummary({ layers }: ModelSpec): LatentSummary | undefined {
  for (const { attention } of layers) {
    if (attention.kind === 'mla') return { rank: attention.latentRank, rotaryDim: attention.rotaryDim };
  }
  return undefined;
}

function expertSummary({ layers }: ModelSpec): ExpertSummary | undefined {
  const specs = layers.flatMap(({ feedForward }) => (feedForward.kind === 'moe' ? [feedForward] : []));
  const [spec] = specs;
  if (!spec) return undefined;
  return {
    layers: specs.length,
    routed: spec.experts,
    topK: spec.topK,
    shared: spec.sharedInnerLength > 0,
    gate: spec.gate,
    selectionBias: spec.selectionBias,
    ...(spec.groups ? { groups: spec.groups } : {}),
  };
}
