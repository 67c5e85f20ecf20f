import type { FinishReason, ReasoningMode, ThoughtEnd } from '../../src/protocol/generation.ts';

/** Every text of the chat page, in one place so that it can be translated. */

const numbers = new Intl.NumberFormat('en');
const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

const count = (value: number) => numbers.format(value);
const tokens = (value: number) => `${count(value)} ${value === 1 ? 'token' : 'tokens'}`;

/** `12 s`, `2 min 5 s`; whole seconds, because the label is read while it counts. */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** `1.2k`, for narrow places. */
const short = (value: number) =>
  value < 1000 ? String(value) : `${(value / 1000).toFixed(value < 10_000 ? 1 : 0).replace(/\.0$/, '')}k`;

const thoughtEnds: Record<ThoughtEnd, string> = {
  model: '',
  budget: 'thinking budget spent',
  answerNow: 'ended by Answer now',
  loop: 'ended: it repeated itself',
  unfinished: 'unfinished',
};

const finishes: Record<FinishReason, string> = {
  stop: '',
  length: 'Cut off: the reply reached its token limit.',
  loop: 'Cut off: the answer began to repeat itself.',
  contextFull: 'Cut off: the context is full. Start a new chat or detach some context.',
  cancelled: 'Stopped.',
};

const reasoningModes: Record<ReasoningMode, string> = {
  auto: 'Think: auto',
  force: 'Think: always',
  off: 'Think: off',
};

export const strings = {
  count,
  tokens,
  duration,
  short,
  date: (milliseconds: number) => dates.format(milliseconds),
  percent: (fraction: number) => `${Math.round(fraction * 100)} %`,

  trace: 'Trace',
  openTrace: 'Trace: see how this answer came about',
  toolbar: 'Chat',
  newChat: 'New chat',
  untitled: 'New chat',
  history: 'History',
  historyEmpty: 'No conversations yet.',
  deleteConversation: (title: string) => `Delete ${title}`,
  confirmDelete: 'Delete for good?',
  deleteLabel: 'Delete',
  keep: 'Keep',
  close: 'Close',
  exportMarkdown: 'Export as Markdown',

  conversation: 'Conversation',
  question: 'Your question',
  answer: 'Answer',
  attached: 'Attached',
  edit: 'Edit question',
  editing: 'Edit the question',
  editHint: 'Both versions are kept.',
  send: 'Send',
  cancel: 'Cancel',
  retry: 'Retry',
  copyAnswer: 'Copy answer',
  copyCode: 'Copy code',
  insertCode: 'Insert at cursor',
  copied: 'Copied',
  inserted: 'Inserted',
  code: (language: string) => (language === '' ? 'Code' : `Code, ${language}`),
  previousVersion: 'Previous version',
  nextVersion: 'Next version',
  versions: 'Versions',
  version: (index: number, total: number) => `${index + 1}/${total}`,
  jumpToLatest: 'Jump to latest',

  thinking: (ms: number, tokenCount: number) => `Thinking… ${duration(ms)} · ${tokens(tokenCount)}`,
  thought: (ms: number, tokenCount: number, end: ThoughtEnd | undefined) =>
    `Thought for ${ms < 10_000 ? seconds(ms) : duration(ms)} · ${tokens(tokenCount)}${end && thoughtEnds[end] ? ` · ${thoughtEnds[end]}` : ''}`,
  thoughtBudget: (budget: number) => `Thinking budget: ${tokens(budget)}`,
  answerNow: 'Answer now',
  answerNowHint: 'End the thought here and begin the answer',

  waiting: {
    engine: 'Starting the engine…',
    model: 'Loading the model…',
    prompt: 'Waiting for the first token…',
  },
  loadingModel: (name: string, fraction: number, trying?: string) =>
    trying === undefined
      ? `Loading ${name}… ${Math.round(fraction * 100)} %`
      : `The first time, before it answers, ${name} is measured on ${trying}… ${Math.round(fraction * 100)} %`,
  prefill: (done: number, total: number) => `Reading the prompt… ${count(done)} of ${tokens(total)}`,
  reused: (value: number) => `${count(value)} reused`,
  speed: (tokensPerSecond: number) => `${tokensPerSecond.toFixed(1)} tokens/s`,
  finish: (reason: FinishReason) => finishes[reason],
  noAnswer: 'The model ended without an answer.',
  timings: {
    prompt: (value: number) => `prompt ${tokens(value)}`,
    firstToken: (ms: number) => `first token ${seconds(ms)}`,
    title: (prefillMs: number, decodedTokens: number, decodeMs: number) =>
      `Prompt computed in ${seconds(prefillMs)}; ${tokens(decodedTokens)} written in ${seconds(decodeMs)}`,
  },

  composer: 'Question',
  input: 'Ask about your code',
  placeholder: 'Ask about your code…',
  stop: 'Stop (Escape)',
  context: 'Context for the next question',
  attach: (label: string) => `Attach ${label}`,
  detach: (label: string) => `Detach ${label}`,
  counting: 'counting tokens',
  /** After a short number, for screen readers. */
  tokensUnit: ' tokens',
  meter: 'Context used',
  meterText: (used: number, capacity: number) =>
    `${count(used)} of ${tokens(capacity)} used (${Math.round((used / capacity) * 100)} %)`,
  meterHigh: 'Nearly full: start a new chat or detach something.',
  meterUnknown: 'The size of the context is known when a model is loaded.',
  reasoningMode: 'Reasoning mode',
  reasoningModes,
  hint: {
    connecting: 'Connecting to the extension…',
    noModel: 'Choose a model to send a question.',
    busy: 'Answering. Escape stops it.',
  },

  model: {
    label: 'Model',
    none: 'The embedded model is missing',
    missing:
      'The model that comes with Glassbox is missing from this installation. Choose a GGUF file, or install Glassbox again.',
    choose: 'Choose a model',
    change: 'Choose another model',
    unloaded: 'loads with the first question',
    measuring: (device: string) => `measuring ${device}`,
    failed: 'The model could not be used',
  },

  empty: {
    title: 'Ask, and watch it think',
    text: 'A reasoning model on this machine answers. Nothing you write leaves it.',
    features: [
      'Attach a selection, a file or its problems to a question',
      'Open the thought while it streams, or skip it with Answer now',
      'See what every answer cost: tokens, reuse and speed',
    ],
    examplesLabel: 'Try a question',
    examples: ['Explain what this code does', 'Find a bug in this code', 'Write a test for this function'],
    embedded: {
      about:
        'glassbox-nano, the small model that comes with Glassbox, traces, checks, refactors and describes a few lines of JavaScript or TypeScript.',
      hint: 'Select a few lines, then ask:',
      examples: [
        'What does this print?',
        'Which line is wrong, and why?',
        'Use const and let instead of var.',
      ],
      larger: 'Choose a larger model…',
    },
  },

  announce: {
    thinking: 'Thinking.',
    answering: 'Answering.',
    done: (tokenCount: number) => `Answer complete, ${tokens(tokenCount)}.`,
    failed: (message: string) => `The answer failed. ${message}`,
  },
} as const;
