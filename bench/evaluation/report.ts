import { describeThreads } from '../../src/protocol/describeThreads.ts';
import type { FormProblem, Mode } from './grade.ts';
import { markdownTable } from './markdownTable.ts';
import type { Reply, Results, Run } from './results.ts';
import { SET_TITLES, type SetName } from './sample.ts';
import { byTask, summarize, type Share, type Summary } from './summary.ts';

/** What the tables call a mode. */
export const MODE_TITLES: Readonly<Record<Mode, string>> = { think: 'thinking', off: 'answer only' };

/** One set of `results` as Markdown: what is right, then the form and the cost, the modes side by side. */
export function setReport(results: Results, set: SetName): string {
  const runs = results.runs.filter((run) => run.set === set);
  const [first] = runs;
  if (!first) throw new RangeError(`there are no results of the ${set} set`);
  return [
    `### ${SET_TITLES[set]}: ${first.replies.length} questions`,
    '',
    ...origin(results, ' In brackets the 95 % interval (Wilson).'),
    '',
    ...markdownTable([
      ['right answers', 'questions', ...runs.map(({ mode }) => MODE_TITLES[mode])],
      ...tableRows(runs, (summaries) => [
        String(summaries[0]?.questions ?? 0),
        ...summaries.map(({ accuracy }) => shareText(accuracy)),
      ]),
    ]),
    '',
    ...markdownTable([
      [
        'form and cost',
        ...runs.map(({ mode }) => `right form, ${MODE_TITLES[mode]}`),
        ...(runs.some(({ mode }) => mode === 'think') ? ['tokens of thought'] : []),
        ...runs.map(({ mode }) => `of answer, ${MODE_TITLES[mode]}`),
        ...runs.map(({ mode }) => `tokens/s, ${MODE_TITLES[mode]}`),
      ],
      ...tableRows(runs, (summaries) => [
        ...summaries.map(({ form }) => percent(form.value)),
        ...summaries
          .filter((_, i) => runs[i]?.mode === 'think')
          .map(({ thoughtTokens }) => tokens(thoughtTokens)),
        ...summaries.map(({ answerTokens }) => tokens(answerTokens)),
        ...summaries.map(({ tokensPerSecond }) => tokensPerSecond?.toFixed(0) ?? '–'),
      ]),
    ]),
    ...runs.flatMap(formProblems),
  ].join('\n');
}

/** What was wrong with the form, most frequent first. */
function formProblems({ mode, replies }: Run): string[] {
  const counts = new Map<FormProblem, number>();
  for (const { problem } of replies) {
    if (problem !== undefined) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const kinds = [...counts].toSorted(([, a], [, b]) => b - a);
  return [
    '',
    `Wrong form, ${MODE_TITLES[mode]}: ${kinds.map(([kind, n]) => `${FORM_WORDS[kind]} ${n}`).join(', ')}.`,
  ];
}

const FORM_WORDS: Readonly<Record<FormProblem, string>> = {
  unfinished: 'not finished',
  leakedTag: 'a tag in the text',
  noThought: 'no thought',
  thoughtNotClosed: 'thought not closed',
  thoughtUnasked: 'a thought nobody asked for',
  answerForm: 'another form of answer',
};

/** Where figures come from: the command, the model, the machine. No date: who asks when is in the history. */
export function origin(
  { command, model, sampling, machine }: Pick<Results, 'command' | 'model' | 'sampling' | 'machine'>,
  note = '',
): string[] {
  const sampled =
    sampling.temperature === 0 ? 'greedy' : `temperature ${sampling.temperature}, seed ${sampling.seed}`;
  return [
    `\`${command}\``,
    '',
    `${model.name}, ${model.quantization} (${model.bitsPerWeight.toFixed(2)} bits per weight, ` +
      `${(model.fileBytes / 1e6).toFixed(1)} MB), ${sampled}; ${machine.runtime}, ${describeThreads(machine)}, ${machine.cpu}.${note}`,
  ];
}

/** A row for each task, and one for all of them. */
export function tableRows(
  runs: readonly Run[],
  cells: (summaries: readonly Summary[], replies: readonly (readonly Reply[])[]) => readonly string[],
): string[][] {
  const tasks = runs.map((run) => byTask(run.replies));
  const names = [...new Set(tasks.flatMap((each) => [...each.keys()]))].filter((task) =>
    tasks.every((each) => each.has(task)),
  );
  const row = (name: string, replies: readonly (readonly Reply[])[]): string[] => [
    name,
    ...cells(replies.map(summarize), replies),
  ];
  return [
    ...names.map((task) =>
      row(
        `\`${task}\``,
        tasks.map((each) => each.get(task) ?? []),
      ),
    ),
    row(
      'all',
      runs.map((run) => run.replies),
    ),
  ];
}

/** `83.3 % (72–91)` */
export function shareText({ value, low, high }: Share): string {
  return `${percent(value)} (${(100 * low).toFixed(0)}–${(100 * high).toFixed(0)})`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const tokens = (mean: number): string => mean.toFixed(1);
