import type { BackendId, CandidateReport, LogitAgreement } from '../../src/protocol/backends.ts';
import { describeKernels } from '../../src/protocol/describeKernels.ts';
import { describeThreads } from '../../src/protocol/describeThreads.ts';
import type { OnnxRuntimeReport, RuntimeReport } from '../../src/protocol/engine.ts';
import type { GuessSource } from '../../src/protocol/generation.ts';
import type { EvictionReason, Phase } from '../../src/protocol/records.ts';
import { format } from './format.ts';

/** Every text of the diagnostics page, in one place so that it can be translated. */

const phases: Readonly<Record<Phase, string>> = { prompt: 'prompt', thought: 'thought', answer: 'answer' };

const reasons: Readonly<Record<EvictionReason, string>> = {
  thought: 'thought dropped: the answer is complete',
  history: 'oldest messages left out to make room',
  edit: 'a message was changed or asked again',
  rewrite: 'the template writes the answer otherwise',
  release: 'the whole cache was freed',
};

const PROVIDERS: Readonly<Record<OnnxRuntimeReport['provider'], string>> = {
  cpu: 'the CPU',
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  directml: 'DirectML',
  coreml: 'Core ML',
};

export const strings = {
  title: 'Diagnostics',
  toolbar: 'Diagnostics',
  freeze: 'Freeze',
  frozen: (time: string) => `Frozen at ${time}`,
  exportJson: 'Export JSON',
  exportTrace: 'Export trace',
  openTab: 'Open as tab',
  phases,
  how: {
    measured: 'measured',
    estimated: 'estimate, from the model file',
    notMeasured: 'estimate, from the model file; measured with the first prompt',
    measuredLoad: (estimate: string) =>
      `measured: what the process took to load (weights: ${estimate}, estimate)`,
    measuredActivations: (tokens: number, context: number, estimate: string) =>
      `measured: the most while ${format.tokens(tokens)} behind ${format.tokens(context - tokens)} were read at once (estimate for a full context and for loading: ${estimate})`,
    counted: 'counted: allocated by the engine',
  },
  empty: {
    noModel: {
      title: 'No model is loaded',
      text: 'Ask something in the chat. What the model does then can be watched here.',
    },
    noConversation: {
      title: 'Nothing to see yet',
      text: 'The model has read nothing of this conversation. Ask a question, and watch its cache and its experts.',
    },
  },

  earlier: {
    note: 'The cache of this chat is gone with the engine that held it: another session, another model, or chats since. What was saved with its answers is shown. Ask on, and the cache is computed again and can be watched here.',
    experts: (answers: number) =>
      `From the traces of ${answers === 1 ? 'one answer' : `${format.count(answers)} answers`}: what the model wrote, without the prompts.`,
    noExperts:
      'Experts: no trace of these answers holds any. Traces are kept where the setting glassbox.traces.keep is on, until newer ones need their room.',
    noTokens:
      'Which tokens went there was in the record of the engine, and ended with it; here are sums of the traces only. Each answer’s trace has its tokens: its button is below the answer in the chat.',
    noReason: 'Of an earlier session: why no more was reused is not kept.',
  },

  memory: {
    title: 'Memory',
    budget: 'Memory of the engine',
    device: 'CPU memory',
    weights: 'Weights',
    loaded: 'Weights, tokenizer, libraries',
    kvUsed: 'KV cache in use',
    kvUnused: 'KV cache set aside',
    kvOther: 'KV caches of other chats',
    activations: 'Activations',
    free: 'Free',
    resident: 'Engine process',
    fits: 'Still fit',
    allocated: 'in the memory set aside for this chat',
    next: 'Next 1,000 tokens',
    nextFits: 'of the memory set aside',
    nextFull: (tokens: number) => `the cache is full after ${format.tokens(tokens)}`,
    head: ['Part', 'Size', 'How it is known'],
  },

  kv: {
    title: 'KV map',
    wholeCapacity: 'Show the whole capacity',
    used: 'In the cache',
    bytes: 'As stored',
    of: (bytes: number) => `of ${format.bytes(bytes)} set aside`,
    perToken: 'For each token',
    plain: 'As a plain cache',
    smaller: (ratio: number) => `keys and values of all heads: ${format.number(ratio)} times as much`,
    same: 'keys and values of all heads: the same',
    shared: 'Shared with the last question',
    kinds: {
      shared: 'shared prefix',
      prompt: 'this conversation',
      thought: 'thought, will be dropped',
      answer: 'answer',
      evicted: 'evicted',
    },
    reasons,
    position: (position: number) => `position ${format.count(position)}`,
    place: (layer: number, position: number) => `layer ${layer}, position ${format.count(position)}`,
    free: 'free',
    readFor: (question: string) =>
      `read for “${question.length > 60 ? `${question.slice(0, 60)}…` : question}”`,
    textOf: (first: number, end: number) => `Text of positions ${first}–${end - 1}`,
    evictedTextOf: (first: number, end: number) => `Evicted text of positions ${first}–${end - 1}`,
    unreadable: 'This text is no longer kept.',
    cut: (tokens: number) => `The first ${format.tokens(tokens)} are shown.`,
    evictions: 'What was evicted',
    evictionHead: ['Time', 'Reason', 'Positions', 'What it was', 'Text'],
    noEvictions: 'Nothing was evicted yet.',
    read: 'Read',
    gone: 'no longer kept',
    layers: 'Bytes by layer',
    layerHead: ['Layer', 'Stored for each token', 'Type', 'In use', 'As a plain cache'],
  },

  reuse: {
    title: 'Reuse',
    chart: 'Prompts of the last answers',
    tokens: 'prompt tokens',
    reused: 'reused',
    computed: 'computed',
    head: ['Answer', 'Prompt', 'Reused', 'Computed', 'Time saved (estimate)'],
    words: (reused: number, computed: number) =>
      `Prompt tokens of the last answers: ${format.count(reused)} reused, ${format.count(computed)} computed`,
    line: (prompt: number, reused: number, saved: string) =>
      `${format.count(reused)} of ${format.tokens(prompt)} reused, ${saved} saved (estimate: as fast as the others were computed)`,
    nothingCached: 'Nothing was cached before.',
    goesOn: 'It goes on from all that was cached.',
    parted: (position: number, reason: string) =>
      `The prompt parts from the cache at position ${format.count(position)}: ${reason}.`,
    inCache: 'in the cache',
    inPrompt: 'in the prompt',
    end: '(ends here)',
  },

  experts: {
    title: 'Experts',
    noExperts: 'Experts: this model has none. Every token goes through all of its weights.',
    map: 'Experts by layer',
    phase: 'Tokens of',
    filters: { all: 'all phases', ...phases },
    measure: 'Show',
    measures: { load: 'load', bias: 'gate bias' },
    about: (measure: 'load' | 'bias', tokens: number, topK: number, experts: number, dropped: number) =>
      measure === 'bias'
        ? 'What each layer’s gate adds to an expert’s score when it chooses; from the model file. Dark to light (in a light theme light to dark): least to largest.'
        : `${format.tokens(tokens)}, each to ${topK} of ${experts} experts in every layer (rows). An expert in the middle of the scale has an even share; the background colour means never chosen.${dropped > 0 ? ` The routing of ${format.tokens(dropped)} is counted, but no longer held.` : ''}`,
    layer: (layer: number) => `Layer ${layer}`,
    cell: (layer: number, expert: number) => `layer ${layer}, expert ${expert}`,
    choices: (count: number, load: number | undefined) =>
      `chosen ${format.count(count)} times${load === undefined ? '' : `, ${format.number(load)} × an even share`}`,
    bias: (bias: number) => `gate bias ${format.number(bias)}`,
    layers: 'Load by layer',
    layerHead: ['Layer', 'CV', 'Entropy in bits (of even)', 'Max/mean', 'Hottest', 'Hot', 'Dead'],
    biasHead: 'Gate bias',
    none: 'none',
    coactivation: 'Co-activation of two layers',
    rows: 'Rows',
    columns: 'Columns',
    together: (one: string, other: string, count: number) =>
      `${one} and ${other}: ${format.tokens(count)} chose both`,
    pairsAsTable: 'Pairs as a table',
    pairs: (listed: number, all: number) =>
      listed < all
        ? `The ${format.count(listed)} most frequent of ${format.count(all)} pairs`
        : `Pairs of experts that the same tokens chose: ${format.count(all)}`,
    pairHead: (row: number, column: number) => [
      `Expert of layer ${row} + of layer ${column}`,
      'Tokens',
      'Of all pairs',
    ],
    hitRate: 'Hit rate of a cache of experts',
    curveOf: 'Curve of',
    allLayers: 'all layers, mean',
    resident: (topK: number) => `experts kept in each layer (a token needs ${topK})`,
    needed: (share: number, experts: number) =>
      `${format.percent(share)} of choices hit with ${experts} kept.`,
    curveHead: ['Experts kept', 'Hit rate'],
    tokensOf: (layer: number, expert: number, phase: Phase | undefined) =>
      `Tokens that went to layer ${layer}, expert ${expert}${phase === undefined ? '' : ` (${phases[phase]})`}`,
    noTokens: 'None, of those whose routing is held.',
    listed: (listed: number, total: number) =>
      listed < total ? `The latest ${listed} of ${format.count(total)}.` : format.tokens(total),
    tokenNote: (position: number, phase: string, evicted: boolean, rank: number, weight: string) =>
      `position ${format.count(position)}, ${phase}${evicted ? ', evicted' : ''}, choice ${rank}, weight ${weight}`,
  },

  placement: {
    title: 'Where the experts are',
    allOnGpu: 'All experts are on the GPU.',
    noGpu: 'No GPU of Glassbox’s own kernels runs this model: its experts are where all of its weights are.',
    about: (bytes: string) =>
      `The GPU has no room for all experts. They are in memory (${bytes}) and the CPU computes them; those that tokens choose often lie in slots on the GPU, too, which computes them at the same time. An expert gives the same numbers, to the last bit, on either.`,
    hitRate: 'Found on the GPU',
    ofChoices: (hits: string, all: string) => `${hits} of ${all} choices since the model was loaded`,
    slots: 'Slots used',
    of: (used: string, all: string) => `${used} of ${all}`,
    uploaded: 'Written to slots',
    uploads: (count: number) => `${format.count(count)} ${count === 1 ? 'expert' : 'experts'}`,
    outputs: 'Sums sent to the GPU',
    forTokens: (tokens: string) => `of experts on the CPU, for ${tokens}`,
    nothing: '–',
    layers: 'Hits and slots by layer',
    head: ['Layer', 'Found on the GPU', 'Hits', 'Misses', 'Slots', 'Experts in them'],
  },

  speed: {
    title: 'Speed',
    answer: 'Answer',
    last: 'the latest',
    prefill: 'Prefill',
    decode: 'Decode',
    firstToken: 'First token after',
    recording: 'Cost of recording',
    recordingShare: (share: number) => `measured; ${format.percent(share)} of prefill and decode`,
    inTime: (tokens: number, ms: string) => `${format.tokens(tokens)} in ${ms}`,
    timeline: 'Tokens/s over time',
    words: (prefill: string, decode: string) =>
      `Tokens per second over time: prefill ${prefill}, decode ${decode}`,
    seconds: 'seconds since the question',
    perSecond: 'tokens/s',
    head: ['From', 'What', 'Tokens', 'Time', 'Speed', 'Backend', 'Sampling'],
    split: 'Time of a token in decode',
    msPerToken: 'ms for each token',
    msPerText: 'ms for each text',
    parts: { backend: 'backend', sampling: 'sampling', rest: 'text and stream', other: 'all else' },
    splitHead: ['Part', 'For each token', 'Share'],
    transport: 'Transport of a text to the page',
    transportNote: (texts: number) =>
      `Measured of ${format.count(texts)} pieces of text, mean. This is delay: a text is on its way while the next tokens are computed, so it is no part of their time above. Engine and host read one clock of the machine; the way to the page is half of the way there and back.`,
    transportParts: {
      batching: 'engine: waits for a batch',
      rpc: 'engine to host',
      host: 'host: waits for a frame',
      page: 'host to page',
      drawing: 'page: until drawn',
    },
    transportHead: ['Part', 'For each text'],
    transportWords: (parts: string, total: string) => `Transport of a text to the page, ${total}: ${parts}`,
    total: 'together',
    sending: 'Cost of sending',
    sendingNote: 'measured; in the engine, while the backend computes',
    speculation: 'Speculation: guesses that were right',
    acceptance: 'Guesses that were right',
    accepted: (accepted: number, drafted: number) =>
      `${format.count(accepted)} of ${format.count(drafted)} guessed tokens were right`,
    ahead: 'tokens ahead',
    speculationHead: ['Guessed from', 'Tokens ahead', 'Guessed', 'Right', 'Share'],
    sources: {
      lookup: 'the text that is repeated',
      ngrams: "the model's n-grams",
      draft: "the model's draft",
    } satisfies Record<GuessSource, string>,
    backend: (report: RuntimeReport) => {
      if (report.binding === 'dawn')
        return `Backend: Glassbox kernels on ${report.adapter}. ${report.reason}`;
      const { version, binding, provider, reason, kernels } = report;
      return `Backend: ONNX Runtime ${version} on ${PROVIDERS[provider]}, ${binding === 'c-api' ? 'C API' : 'JavaScript binding'}, ${describeKernels(kernels)}, ${describeThreads(report)}. ${reason} ${kernels.reason}`;
    },
  },

  backends: {
    chosen: (id: BackendId, device: string, reason: string) =>
      `Chosen: ${strings.backends.name(id, device)}. ${reason}`,
    name: (id: BackendId, device: string) =>
      id === 'cpu' ? 'CPU' : `${strings.backends.kinds[id]} on ${device}`,
    kinds: {
      cpu: 'CPU',
      gpu: 'Glassbox kernels',
      'onnx-webgpu': 'ONNX Runtime (WebGPU)',
      'onnx-cuda': 'ONNX Runtime (CUDA)',
      'onnx-directml': 'ONNX Runtime (DirectML)',
      'onnx-coreml': 'ONNX Runtime (Core ML)',
    } satisfies Record<BackendId, string>,
    cpu: 'CPU',
    isReference: 'the reference for numbers',
    measured: 'Backends that may run this model',
    measuredAt: (unixMs: number) =>
      `Backends that may run this model, measured on ${new Date(unixMs).toLocaleString()}`,
    head: ['Backend', 'Prefill', 'Decode', 'Loading', 'Logits against the CPU’s'],
    perSecond: (rate: number) => `${format.number(rate)} tokens/s`,
    agrees: ({ error, limit, sameTop, positions }: LogitAgreement) =>
      `agree: error ${error === null ? '–' : format.number(error)} of at most ${format.number(limit)}, same best token at ${format.percent(sameTop)} of ${positions} positions`,
    outcome: (outcome: Exclude<CandidateReport['outcome'], { kind: 'agrees' }>): string => {
      switch (outcome.kind) {
        case 'disagrees': {
          const { error, limit } = outcome.agreement;
          return error === null
            ? 'disagree: some are no numbers'
            : `disagree: error ${format.number(error)}, more than ${format.number(limit)}`;
        }
        case 'failed':
          return `failed: ${outcome.reason}`;
        case 'hung':
          return `did nothing for ${format.ms(outcome.afterMs)}`;
        case 'crashed':
          return 'ended the engine when it was tried; not tried again until backends are measured again';
        case 'untried':
          return `not tried: ${outcome.reason}`;
        default:
          return outcome satisfies never;
      }
    },
    adapters: 'GPUs and their limits',
    adapterHead: [
      'GPU',
      'Driver',
      'Kind',
      'Kernels use',
      'Binding',
      'Buffer',
      'Workgroup memory',
      'Workgroup size',
    ],
    software: 'software on the CPU',
    hardware: 'hardware',
  },

  compare: {
    title: 'Compare',
    left: 'One answer',
    right: 'Another answer',
    none: 'There is no answer to compare yet.',
    table: 'Figures of both answers',
    head: ['Figure', 'One', 'Other'],
    time: 'Asked at',
    prompt: 'Prompt',
    saved: 'Saved by reuse (estimate)',
    written: 'Written',
    perToken: (part: string) => `Per token: ${part}`,
    transport: 'Transport of a text',
    experts: 'Experts: share of the one against the other',
    expertsOf: (side: 'left' | 'right') =>
      side === 'left' ? 'Experts of the one answer' : 'Experts of the other answer',
    about:
      'Above, each answer’s load as in the panel below: the middle of the scale is an even share. Here: the middle is where both use an expert alike; to the end of the scale the one uses it more, to its beginning the other.',
    notRecorded:
      'The experts of these answers cannot be compared: they are not recorded (any more), or are those of two models.',
    differencesAsTable: 'Largest differences as a table',
    differences: (listed: number, all: number) =>
      listed < all
        ? `The ${listed} largest of ${format.count(all)} differences`
        : `Experts that the answers use otherwise: ${format.count(all)}`,
    differenceHead: ['Expert', 'One', 'Other', 'Difference in points'],
    load: (cell: string, count: number, share: string) =>
      `${cell}: chosen ${format.count(count)} times, ${share} of the layer’s choices`,
    cell: (cell: string, left: string, right: string) =>
      `${cell}: ${left} of the one’s choices, ${right} of the other’s`,
  },
} as const;
