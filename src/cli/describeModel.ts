import type { MemoryEstimate, ModelSummary } from '../protocol/engine.ts';
import { formatBytes, formatCount } from './format.ts';

/** A model file as a short table for people. */
export function describeModel(model: ModelSummary): string {
  const rows: [string, string][] = [
    ['name', model.name],
    ['file', `${model.path} (${formatBytes(model.fileBytes)})`],
    ['architecture', model.architecture],
    ['parameters', formatCount(model.parameters)],
    ['quantization', `${model.quantization}, ${model.bitsPerWeight.toFixed(2)} bits per weight`],
    ['shape', `${model.layers} layers, ${model.embeddingLength} wide, vocabulary ${model.vocabularySize}`],
    ['context', `${model.contextLength} tokens`],
    ['chat template', model.hasChatTemplate ? 'yes' : 'no'],
    ['thinks by itself', model.isReasoningModel ? 'yes' : 'no (use --mode force)'],
    [
      'sampling',
      `temperature ${model.sampling.temperature}, top-k ${model.sampling.topK}, top-p ${model.sampling.topP}, ` +
        `min-p ${model.sampling.minP}, repetition penalty ${model.sampling.repetitionPenalty}`,
    ],
    ['memory', describeMemory(model.memory)],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n');
}

/** What a model takes and what there is. The parts are estimates, the free memory is measured. */
export function describeMemory(memory: MemoryEstimate): string {
  return (
    `about ${formatBytes(memory.totalBytes)} (weights ${formatBytes(memory.weightBytes)}, ` +
    `KV cache ${formatBytes(memory.kvBytes)}, activations ${formatBytes(memory.activationBytes)}); ` +
    `${formatBytes(memory.freeBytes)} free: ${memory.fits ? 'fits' : 'does not fit'}`
  );
}
