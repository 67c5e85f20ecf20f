import type { ExpertSummary, MemoryEstimate, ModelSummary } from '../protocol/engine.ts';
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
    ...(model.experts ? [row('experts', describeExperts(model.experts, model.layers))] : []),
    ...(model.draftLayers > 0 ? [row('draft layers', `${model.draftLayers} (multi-token prediction)`)] : []),
    ['KV cache', describeKv(model)],
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

function row(label: string, value: string): [string, string] {
  return [label, value];
}

function describeExperts(experts: ExpertSummary, layers: number): string {
  const gate = `${experts.gate} gate${experts.selectionBias ? ' with a bias for the choice' : ''}`;
  const groups = experts.groups ? [`from ${experts.groups.chosen} of ${experts.groups.count} groups`] : [];
  const shared = experts.shared ? 'a shared expert besides' : 'none shared';
  return [
    `${experts.routed} in each of ${experts.layers} of ${layers} layers, ${experts.topK} a token`,
    ...groups,
    gate,
    shared,
  ].join(', ');
}

function describeKv({ latentAttention, kvBytesPerToken, plainKvBytesPerToken }: ModelSummary): string {
  const stored = `${formatBytes(kvBytesPerToken)} a token`;
  if (!latentAttention) return `${stored}, keys and values`;
  const { rank, rotaryDim } = latentAttention;
  return `${stored}, latent ${rank} + ${rotaryDim} floats a layer; ${comparePlain(kvBytesPerToken, plainKvBytesPerToken)}`;
}

/** What a latent cache saves. */
export function comparePlain(bytesPerToken: number, plainBytesPerToken: number): string {
  const times = (plainBytesPerToken / bytesPerToken).toFixed(1);
  return `plain keys and values would take ${formatBytes(plainBytesPerToken)} (${times} times)`;
}

/** What a model takes and what there is. The parts are estimates, the free memory is measured. */
export function describeMemory(memory: MemoryEstimate): string {
  return (
    `about ${formatBytes(memory.totalBytes)} (weights ${formatBytes(memory.weightBytes)}, ` +
    `KV cache ${formatBytes(memory.kvBytes)}, activations ${formatBytes(memory.activationBytes)}); ` +
    `${formatBytes(memory.freeBytes)} free: ${memory.fits ? 'fits' : 'does not fit'}`
  );
}
