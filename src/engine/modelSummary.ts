import type { ModelFile } from '../models/modelFile.ts';
import type { MemoryEstimate, ModelSummary } from '../protocol/engine.ts';
import type { Backend } from './backends/backend.ts';

/** Capacity of a conversation when nobody says otherwise: what most questions with code need. */
const DEFAULT_CONTEXT = 8192;

/** How many tokens a conversation's cache holds: as asked, but never more than the model was trained for. */
export function contextCapacity(file: ModelFile, asked: number | undefined): number {
  return Math.min(file.spec.contextLength, asked ?? DEFAULT_CONTEXT);
}

/** What the model will take with one conversation, against what is free now. */
export function memoryEstimate(
  backend: Backend,
  file: ModelFile,
  contextTokens: number,
  freeBytes: number,
): MemoryEstimate {
  const memory = backend.estimate(file.spec, file.weights, { contextTokens });
  const totalBytes = memory.weightBytes + memory.kvBytes + memory.activationBytes;
  return {
    weightBytes: memory.weightBytes,
    kvBytes: memory.kvBytes,
    activationBytes: memory.activationBytes,
    totalBytes,
    freeBytes,
    fits: totalBytes <= freeBytes,
  };
}

export function modelSummary(file: ModelFile, memory: MemoryEstimate): ModelSummary {
  return {
    path: file.path,
    name: file.spec.name,
    architecture: file.spec.architecture,
    parameters: file.spec.parameters,
    quantization: file.quantization.type,
    bitsPerWeight: file.quantization.bitsPerWeight,
    fileBytes: file.fileBytes,
    layers: file.spec.layers.length,
    embeddingLength: file.spec.embeddingLength,
    vocabularySize: file.spec.vocabularySize,
    contextLength: file.spec.contextLength,
    hasChatTemplate: file.chatTemplate !== undefined,
    isReasoningModel: file.isReasoningModel,
    sampling: file.sampling,
    memory,
  };
}
