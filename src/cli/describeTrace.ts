import type { ThoughtEnd } from '../protocol/generation.ts';
import type { OutlineStep } from '../reasoning/outline/outline.ts';
import { describeExpertLoad } from './describeRecords.ts';
import { describeGuesses } from './describeGuesses.ts';
import { formatSpeed } from './format.ts';
import { printable } from './printable.ts';
import type { TraceSummary, UnlikelyToken } from './summarizeTrace.ts';

const SHOWN_CHARACTERS = 200;
const CONTEXT_CHARACTERS = 30;

const CLOSED: Record<ThoughtEnd, string> = {
  model: 'closed by the model',
  budget: 'closed when its budget was spent',
  answerNow: 'closed by "answer now"',
  loop: 'closed because it repeated itself',
  unfinished: 'not finished',
};

/** A trace's figures for people. Texts of the file appear as `printable` makes them. */
export function describeTrace(summary: TraceSummary): string {
  const { problems, experts } = summary;
  return [
    ...problems.map((problem) => `problem: ${problem}`),
    ...figures(summary),
    '',
    ...outlineLines(summary),
    '',
    ...unlikelyLines(summary.unlikely),
    ...(experts ? ['', describeExpertLoad(experts)] : []),
  ].join('\n');
}

function figures({ about, tokens, certainty }: TraceSummary): string[] {
  const { model, sampling, timings, finish, thoughtEnd, budgetTokens } = about;
  const computed = Math.max(0, timings.promptTokens - timings.reusedTokens);
  const limit = budgetTokens > 0 ? ` of at most ${budgetTokens}` : '';
  const rows: [string, string][] = [
    ['question', shown(about.question)],
    ['model', `${shown(model.name)}, ${shown(model.architecture)}, ${shown(model.quantization)}`],
    ['backend', shown(about.backend)],
    ['asked', new Date(Math.min(about.createdAt, 8.64e15)).toISOString()],
    [
      'sampling',
      `temperature ${sampling.temperature}, top-k ${sampling.topK}, top-p ${sampling.topP}, min-p ${sampling.minP}, ` +
        `repetition penalty ${sampling.repetitionPenalty}, seed ${sampling.seed}`,
    ],
    ['thought', `${tokens.thought} tokens${limit}${thoughtEnd ? `, ${CLOSED[thoughtEnd]}` : ''}`],
    ['answer', `${tokens.answer} tokens, finished: ${finish}`],
    [
      'prefill',
      `${computed} tokens at ${formatSpeed(computed, timings.prefillMs)}` +
        (timings.reusedTokens > 0 ? `, ${timings.reusedTokens} reused` : ''),
    ],
    [
      'decode',
      `${timings.decodedTokens} tokens at ${formatSpeed(timings.decodedTokens, timings.decodeMs)}` +
        describeGuesses(timings.speculation),
    ],
    ...(certainty
      ? [
          [
            'certainty',
            `a token's probability is ${percent(certainty.meanProbability)} on average, its entropy ` +
              `${certainty.meanEntropyNats.toFixed(2)} nats`,
          ] satisfies [string, string],
        ]
      : []),
    ...(about.branchedFrom
      ? [
          [
            'branch',
            `of ${shown(about.branchedFrom.id)}, from its token ${about.branchedFrom.token}`,
          ] satisfies [string, string],
        ]
      : []),
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`);
}

function outlineLines({ outline, relation }: TraceSummary): string[] {
  if (outline.length === 0) return ['there is no thought'];
  const characters = outline.at(-1)?.end ?? 1;
  const steps = outline.map((step, index) => {
    const share = `${Math.round((100 * (step.end - step.start)) / characters)} %`.padStart(5);
    return `${String(index + 1).padStart(4)} ${share}  ${step.kind.padEnd(8)}  ${'  '.repeat(step.depth)}${printable(step.title)}${marks(step)}`;
  });
  const answer =
    relation.kind === 'noConclusion'
      ? 'the thought draws no conclusion that the answer could be compared with'
      : `the answer ${relation.kind === 'same' ? 'says the same as' : 'differs from'} the last conclusion: ` +
        `"${shown(relation.conclusion)}" and "${shown(relation.answer)}"`;
  return ['thought, by steps:', ...steps, answer];
}

function marks({ repeats, loop }: OutlineStep): string {
  if (loop) return `  (a loop: ${loop.repeats} times)`;
  return repeats === undefined ? '' : `  (says ${repeats + 1} again)`;
}

function unlikelyLines(unlikely: readonly UnlikelyToken[]): string[] {
  if (unlikely.length === 0) return ['no token has a probability: they were not recorded'];
  const rows = unlikely.map(({ index, channel, before, text, probability, best }) => {
    const expected = best ? `  rather than ${quoted(best.text)} ${percent(best.probability)}` : '';
    const context = printable(before).slice(-CONTEXT_CHARACTERS).padStart(CONTEXT_CHARACTERS);
    return `${String(index).padStart(6)}  ${channel.padEnd(7)}  ${context}${quoted(text)} ${percent(probability)}${expected}`;
  });
  return ['least likely tokens that were chosen:', ...rows];
}

function quoted(text: string): string {
  return `"${shown(text)}"`;
}

function shown(text: string): string {
  const line = printable(text);
  return line.length <= SHOWN_CHARACTERS ? line : `${line.slice(0, SHOWN_CHARACTERS - 1)}…`;
}

/** Small shares keep two digits that say something. */
function percent(share: number): string {
  return share >= 0.001 || share === 0
    ? `${(100 * share).toFixed(1)} %`
    : `${(100 * share).toExponential(1)} %`;
}
