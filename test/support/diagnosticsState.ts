import type { DiagnosedAnswer, DiagnosedModel, DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import type { ExpertPlacementReport } from '../../src/protocol/expertPlacement.ts';
import {
  type AnswerRecord,
  type ExpertsResult,
  type KvSnapshot,
  type Phase,
  PHASES,
} from '../../src/protocol/records.ts';
import type { TransportTimes } from '../../src/protocol/transport.ts';
import { expertLoad } from '../../src/reasoning/expertLoad.ts';
import { Random } from './random.ts';

/** What the engine may say, for tests of those who show it. */

export function packed(numbers: Uint32Array | Float32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64');
}

/** Counts as of tokens that went to random experts of layers 1 to `layers`; expert 0 of the first layer is dead. */
export function expertsOfShape(
  layers: number,
  experts: number,
  { tokens = 50, seed = 1 } = {},
): ExpertsResult {
  const random = new Random(seed);
  const counts = new Uint32Array(PHASES.length * layers * experts);
  for (let row = 0; row < PHASES.length * layers; row++) {
    for (let token = 0; token < tokens; token++) {
      const least = row % layers === 0 ? 1 : 0;
      const at = row * experts + least + random.below(experts - least);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  const rowOf = (phase: number, layer: number): Uint32Array => {
    const first = (phase * layers + layer) * experts;
    return counts.subarray(first, first + experts);
  };
  const layerIndices = Array.from({ length: layers }, (_, layer) => layer);
  const curve = Float32Array.from(
    { length: layers * (experts + 1) },
    (_, i) => (i % (experts + 1)) / experts,
  );
  const byPhase = <T>(of: (phase: Phase | 'all') => T): Record<Phase | 'all', T> => ({
    prompt: of('prompt'),
    thought: of('thought'),
    answer: of('answer'),
    all: of('all'),
  });
  return {
    layers: layerIndices.map((layer) => layer + 1),
    experts,
    topK: 1,
    tokens: { prompt: tokens, thought: tokens, answer: tokens },
    dropped: 0,
    counts: packed(counts),
    load: byPhase((phase) =>
      layerIndices.map((layer) =>
        expertLoad(
          phase === 'all'
            ? rowOf(0, layer).map((count, i) => count + (rowOf(1, layer)[i] ?? 0) + (rowOf(2, layer)[i] ?? 0))
            : rowOf(PHASES.indexOf(phase), layer),
        ),
      ),
    ),
    hitRates: byPhase(() => packed(curve)),
  };
}

/** Two layers of eight experts with three slots each; of one layer nothing was found there. */
export function expertPlacement(change: Partial<ExpertPlacementReport> = {}): ExpertPlacementReport {
  const layer = { experts: 8, slots: 3, expertBytes: 2 ** 20 };
  return {
    memoryBytes: 2 ** 24,
    slotBytes: 6 * 2 ** 20,
    passes: 10,
    tokens: 40,
    uploads: 5,
    uploadedBytes: 5 * 2 ** 20,
    outputBytes: 3 * 2 ** 19,
    layers: [
      { ...layer, layer: 1, hits: 60, misses: 20, residents: [4, 2, 3] },
      { ...layer, layer: 2, hits: 0, misses: 80, residents: [] },
    ],
    ...change,
  };
}

/** 20 tokens prefilled in 100 ms, 6 decoded in 150 ms. */
export function answerRecord(requestId: string, change: Partial<AnswerRecord> = {}): AnswerRecord {
  const step = { backendMs: 90, samplingMs: 5 };
  return {
    requestId,
    startedAtMs: 5000,
    finishReason: 'stop',
    promptTokens: 60,
    reusedTokens: 40,
    cachedTokens: 45,
    prefillMs: 100,
    estimatedSavedMs: 200,
    timeToFirstTokenMs: 115,
    decodedTokens: 6,
    decodeMs: 150,
    backendMs: 120,
    samplingMs: 12,
    recordingMs: 1,
    steps: [
      { kind: 'prefill', startMs: 10, durationMs: 100, tokens: 20, ...step },
      { kind: 'decode', startMs: 110, durationMs: 100, tokens: 4, ...step },
      { kind: 'decode', startMs: 210, durationMs: 50, tokens: 2, ...step },
    ],
    ...change,
  };
}

export function kvSnapshot(layers = 4, change: Partial<KvSnapshot> = {}): KvSnapshot {
  return {
    capacityTokens: 512,
    usedTokens: 100,
    sharedPrefixTokens: 40,
    reusedTokens: 40,
    bytesPerToken: layers * 64,
    plainBytesPerToken: layers * 512,
    usedBytes: layers * 6400,
    capacityBytes: layers * 64 * 512,
    layers: Array.from({ length: layers }, () => ({
      parts: [
        { kind: 'latent' as const, bytesPerToken: 48, usedBytes: 4800 },
        { kind: 'key' as const, bytesPerToken: 16, usedBytes: 1600 },
      ],
      dataType: 'float32' as const,
      usedBytes: 6400,
      plainBytes: 51_200,
    })),
    spans: [
      { phase: 'prompt', requestId: 'a1', firstPosition: 0, tokens: 60 },
      { phase: 'thought', requestId: 'a1', firstPosition: 60, tokens: 30 },
      { phase: 'answer', requestId: 'a1', firstPosition: 90, tokens: 10 },
    ],
    evictions: [
      {
        id: 0,
        reason: 'thought',
        atMs: 6000,
        firstPosition: 60,
        tokens: 30,
        phases: { prompt: 0, thought: 25, answer: 5 },
        readableTokens: 30,
      },
    ],
    evictedTokens: { thought: 30, history: 0, edit: 0, rewrite: 0, release: 0 },
    ...change,
  };
}

const model: DiagnosedModel = {
  name: 'tiny',
  architecture: 'deepseek2',
  parameters: 1e6,
  quantization: 'Q8_0',
  bitsPerWeight: 8.5,
  fileBytes: 1e6,
  layers: 4,
  embeddingLength: 64,
  vocabularySize: 1000,
  contextLength: 512,
  hasChatTemplate: true,
  isReasoningModel: true,
  sampling: { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, repetitionWindow: 0 },
  memory: {
    weightBytes: 2e6,
    kvBytes: 131_072,
    activationBytes: 1e6,
    totalBytes: 3_131_072,
    freeBytes: 1e9,
    fits: true,
  },
  kvBytesPerToken: 256,
  plainKvBytesPerToken: 2048,
  experts: { layers: 3, routed: 8, topK: 2, shared: true, gate: 'sigmoid', selectionBias: true },
  draftLayers: 0,
  modelId: 1,
  fingerprint: '00112233445566778899aabbccddeeff',
  contextCapacity: 512,
  loadMs: 10,
  runtime: {
    binding: 'c-api',
    provider: 'cpu',
    reason: 'It is there and works.',
    version: '1.30.0',
    threads: 2,
    kernels: { by: 'glassbox', instructionSet: 'avx2', reason: 'They fit.' },
  },
  backend: {
    used: 'cpu',
    device: 'CPU',
    reason: 'Nothing else is faster by a tenth.',
    reference: { loadMs: 9, prefillTokensPerSecond: 100, decodeTokensPerSecond: 20 },
    candidates: [
      {
        id: 'gpu',
        device: 'A GPU',
        isSoftware: false,
        outcome: {
          kind: 'agrees',
          speed: { loadMs: 12, prefillTokensPerSecond: 95, decodeTokensPerSecond: 20 },
          agreement: { positions: 64, error: 1e-4, limit: 1.7e-2, divergence: 1e-5, sameTop: 1 },
        },
      },
      { id: 'onnx-webgpu', device: 'A GPU', isSoftware: false, outcome: { kind: 'crashed' } },
    ],
    adapters: [
      {
        name: 'A GPU',
        driver: 'A driver 1.2',
        isSoftware: false,
        features: ['subgroups', 'f16'],
        limits: {
          bindingBytes: 2 ** 27,
          bufferBytes: 2 ** 30,
          workgroupMemoryBytes: 2 ** 15,
          workgroupSize: 256,
        },
      },
    ],
    measuredAtMs: 1_700_000_000_000,
  },
};

/** As an answer of an earlier session is known: 40 of 60 prompt tokens reused, 6 tokens in 150 ms. */
export function earlierAnswer(requestId: string, change: Partial<DiagnosedAnswer> = {}): DiagnosedAnswer {
  const { cachedTokens: _, samplingMs: __, recordingMs: ___, ...saved } = answerRecord(requestId);
  return { ...saved, startedAtMs: 1000, steps: [], ...change };
}

/** 13 ms from the engine to the eye. */
export function transportTimes(change: Partial<TransportTimes> = {}): TransportTimes {
  return {
    texts: 6,
    batchingMs: 2,
    rpcMs: 0.5,
    hostMs: 1,
    pageMs: 1.5,
    drawingMs: 8,
    sendingMs: 0.75,
    ...change,
  };
}

export function diagnosticsState(change: Partial<DiagnosticsState> = {}): DiagnosticsState {
  return {
    atMs: 7000,
    status: 'ready',
    conversation: { id: 'c1', title: 'A question' },
    model,
    memory: {
      atMs: 7000,
      device: 'cpu',
      weightBytes: 2e6,
      activationBytes: 1e6,
      measuredLoadBytes: 4e6,
      measuredActivations: { bytes: 3e6, tokens: 20, contextTokens: 60 },
      kvBytes: 131_072,
      kvUsedBytes: 25_600,
      otherKvBytes: 0,
      bytesPerToken: 256,
      usedTokens: 100,
      capacityTokens: 512,
      residentBytes: 5e7,
      freeBytes: 1e9,
    },
    kv: kvSnapshot(),
    experts: expertsOfShape(3, 8),
    answers: [answerRecord('a1')],
    firstAnswer: 0,
    earlier: [],
    firstEarlier: 0,
    expertsOfTraces: 0,
    questions: { a1: 'What does it print?' },
    transport: { a1: transportTimes() },
    ...change,
  };
}
