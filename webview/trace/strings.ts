import type { AnswerRelation } from '../../src/reasoning/outline/relateAnswer.ts';
import type { StepKind } from '../../src/reasoning/outline/outline.ts';
import type { FinishReason, ReasoningMode, ThoughtEnd, TokenOrigin } from '../../src/protocol/generation.ts';
import type { MeasureKind } from './measures.ts';

/** Every text of the trace page, in one place so that it can be translated. */

const numbers = new Intl.NumberFormat('en');
const dates = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const count = (value: number) => numbers.format(value);
const tokens = (value: number) => `${count(value)} ${value === 1 ? 'token' : 'tokens'}`;

const percent = (fraction: number) => {
  const value = 100 * fraction;
  if (value >= 99.995 || value === 0) return `${Math.round(value)} %`;
  return value < 0.01 ? '< 0.01 %' : `${value.toFixed(value < 1 ? 2 : 1)} %`;
};
const milliseconds = (ms: number) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const finishes: Record<FinishReason, string> = {
  stop: 'ended by the model',
  length: 'cut off at its token limit',
  loop: 'cut off: it repeated itself',
  contextFull: 'cut off: the context was full',
  cancelled: 'stopped',
};
const thoughtEnds: Record<ThoughtEnd, string> = {
  model: 'the model closed its thought',
  budget: 'the thinking budget closed the thought',
  answerNow: 'Answer Now closed the thought',
  loop: 'the thought was closed because it repeated itself',
  unfinished: 'the thought is unfinished',
};
const modes: Record<ReasoningMode, string> = {
  auto: 'thinks as it likes',
  force: 'made to think',
  off: 'not to think',
};

export const strings = {
  count,
  tokens,
  seconds,
  milliseconds,
  date: (ms: number) => dates.format(ms),
  finish: (finish: FinishReason) => finishes[finish],
  thoughtEnd: (end: ThoughtEnd) => thoughtEnds[end],
  mode: (mode: ReasoningMode) => modes[mode],
  budget: (budget: number) => (budget === 0 ? 'no thinking budget' : `thinking budget ${tokens(budget)}`),
  sampling: (temperature: number, seed: number) =>
    temperature === 0 ? 'greedy' : `temperature ${temperature}, seed ${seed}`,
  branchedFrom: (token: number) => `goes on from token ${token + 1} of an earlier answer`,
  about: 'About this answer',
  question: 'Question',
  answer: 'Answer',
  noQuestion: 'Trace of an answer',

  relation: (relation: AnswerRelation) => {
    switch (relation.kind) {
      case 'same':
        return `The answer says what the thought concluded: ${relation.conclusion}`;
      case 'differs':
        return `The answer differs from the thought’s last conclusion: ${relation.conclusion} ≠ ${relation.answer}`;
      case 'noConclusion':
        return 'No conclusion was found in the thought.';
    }
  },

  reading: 'Reading the trace…',
  notTrace: 'This trace cannot be shown.',
  problems: 'This file is not whole. What could be read of it is shown:',

  measure: 'Colour by',
  measures: {
    probability: 'probability',
    entropy: 'entropy',
    time: 'time',
    origin: 'how it came about',
    expert: 'expert',
    none: 'nothing',
  } satisfies Record<MeasureKind, string>,
  layer: 'Layer',
  legend: 'Legend',
  notInLegend: 'not measured',
  filter: 'Show',
  filters: {
    all: 'all tokens',
    unlikely: 'probability below 50 %',
    uncertain: 'entropy above 1 nat',
    notBest: 'not the most likely',
    guessed: 'guessed ahead',
    forced: 'written for the model',
    thought: 'the thought',
    answer: 'the answer',
  },
  filtered: (found: number) => tokens(found),
  search: 'Search in the text',
  found: (at: number, of: number) => (of === 0 ? 'not found' : `${count(at)} of ${count(of)}`),
  previous: 'Previous match',
  next: 'Next match',

  tokensOf: (name: string) => `Tokens: ${name}`,
  tokenLabel: (text: string, level: string | undefined) => (level === undefined ? text : `${text}, ${level}`),
  tokenDetails: 'The chosen token',
  tokenTitle: (token: number, of: number) => `Token ${count(token + 1)} of ${count(of)}`,
  noTokens: 'This trace has no tokens.',
  figures: {
    part: 'Part of',
    origin: 'Came about',
    probability: 'Probability',
    entropy: 'Entropy',
    time: 'Time',
    id: 'Id',
  },
  channels: { thought: 'the thought', answer: 'the answer' },
  origins: {
    sampled: 'sampled',
    guessed: 'guessed ahead, then chosen',
    forced: 'given to the model',
  } satisfies Record<TokenOrigin, string>,
  notMeasured: 'not measured',
  probability: (logProbability: number) => percent(Math.exp(logProbability)),
  nats: (value: number) => `${value.toFixed(3)} nats`,
  alternatives: 'Might have been',
  noAlternatives: 'The model was not asked for this token, so there are no alternatives.',
  text: 'Text',
  choice: 'Choice',
  chosen: 'chosen',
  continueFromHere: 'Continue',
  continueWith: (text: string) => `Continue from here with ${text}`,
  experts: 'Experts',
  expertsAndWeights: 'Expert × weight',
  expertWeight: (expert: number, weight: number) => `${expert} × ${weight.toFixed(3)}`,
  notRouted: 'No pass that read this token was recorded.',

  outline: 'Outline of the thought',
  strip: 'The thought over time',
  noThought: 'This answer has no thought.',
  kinds: {
    restate: 'restating',
    plan: 'planning',
    try: 'trying',
    check: 'checking',
    doubt: 'doubting',
    conclude: 'concluding',
  } satisfies Record<StepKind, string>,
  repeats: (step: number) => `repeats step ${step + 1}`,
  loop: (rounds: number) => `loop of ${count(rounds)} rounds`,
  tokensUnit: ' tokens',
  answerStep: 'The answer',
  stripText: (parts: readonly string[]) => `The thought over time: ${parts.join(', ')}.`,
  share: (kind: string, fraction: number) => `${kind} ${percent(fraction)}`,
  untimed: 'widths by tokens: no times were measured',

  compared: 'Compared',
  same: 'Both traces have the same tokens.',
  partAt: (token: number, one: string, other: string) =>
    `They part at token ${count(token + 1)}: ${one} and ${other}.`,
  endsFirst: 'end of the reply',
  showParting: 'Show where they part',
  step: 'Step',
  alignment: 'Steps side by side',
  only: '—',

  severalTitle: (answers: number) => `${answers} answers to one question`,
  majority: (votes: number, of: number) =>
    `${2 * votes > of ? 'Majority' : 'Most frequent'}: ${votes} of ${of}`,
  noMajority: 'No majority: no answer was given more often than every other.',
  group: (index: number, size: number) => `Group ${index + 1}: ${size} ${size === 1 ? 'answer' : 'answers'}`,
  openTrace: 'Open trace',
  openTraceOf: (name: string) => `Open trace of ${name}`,
  answerOf: (group: number) => `What group ${group + 1} answers`,
  mostCameToThis: 'most came to this',
  chooseToCompare: (name: string) => `${name}: compare`,
  compareChosen: 'Compare the chosen two',
  chosenToCompare: (names: readonly string[]) =>
    names.length === 2
      ? names.join(' and ')
      : names.length === 1
        ? `${names.join()} and one more: choose it`
        : 'Choose any two answers below.',
};
