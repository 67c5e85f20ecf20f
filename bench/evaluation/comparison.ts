import type { Mode } from './grade.ts';
import { markdownTable } from './markdownTable.ts';
import { MODE_TITLES, shareText, tableRows } from './report.ts';
import type { Reply, Results, Run } from './results.ts';
import { SETS, SET_TITLES, type SetName } from './sample.ts';

interface Column {
  readonly label: string;
  readonly run: Run;
}

/**
 * Right answers of several results side by side, over the questions that all of them were asked. Where every file holds the
 * same modes there is a table for each mode, else a column for each run.
 * @throws Error when there are not two runs of one set, or they have no question in common
 */
export function comparison(title: string, all: readonly Results[]): string {
  const tables = SETS.flatMap((set) => setTables(set, all));
  if (tables.length === 0) throw new Error('There is nothing to compare: no two runs are of the same set.');
  return [`### ${title}`, '', ...origins(all), ...tables].join('\n').trim();
}

function origins(all: readonly Results[]): string[] {
  return [
    ...all.map(
      ({ label, command, model }) => `- **${label}**: ${model.name}, ${model.quantization}; \`${command}\``,
    ),
    '',
  ];
}

function setTables(set: SetName, all: readonly Results[]): string[] {
  const files = all
    .map(({ label, runs }) => ({ label, runs: runs.filter((run) => run.set === set) }))
    .filter(({ runs }) => runs.length > 0);
  const modes = files.map(({ runs }) => runs.map((run) => run.mode).join());
  const alike = files.length > 1 && modes.every((each) => each === modes[0]);
  if (!alike) {
    const columns = files.flatMap(({ label, runs }) =>
      runs.map((run) => ({ label: `${label}, ${MODE_TITLES[run.mode]}`, run })),
    );
    return table(SET_TITLES[set], columns);
  }
  return (files[0]?.runs ?? []).flatMap(({ mode }) => {
    const columns = files.flatMap(({ label, runs }) =>
      runs.filter((run) => run.mode === mode).map((run) => ({ label, run })),
    );
    return table(`${SET_TITLES[set]}, ${MODE_TITLES[mode satisfies Mode]}`, columns);
  });
}

function table(name: string, columns: readonly Column[]): string[] {
  if (columns.length < 2) return [];
  const [first, ...others] = columns.map(({ run }) => new Set(run.replies.map(({ id }) => id)));
  const shared = new Set([...(first ?? [])].filter((id) => others.every((ids) => ids.has(id))));
  if (shared.size === 0) throw new Error(`${name}: the results have no question in common.`);
  const runs = columns.map(({ run }) => ({
    ...run,
    replies: run.replies.filter(({ id }) => shared.has(id)),
  }));
  return [
    ...markdownTable([
      [
        `${name}, ${shared.size} questions`,
        ...columns.map(({ label }) => label),
        'first to last: gained, lost',
      ],
      ...tableRows(runs, (summaries, replies) => [
        ...summaries.map(({ accuracy }) => shareText(accuracy)),
        changes(replies.at(0) ?? [], replies.at(-1) ?? []),
      ]),
    ]),
    '',
  ];
}

/** How many questions only the later run answered right, and how many only the earlier. */
function changes(before: readonly Reply[], after: readonly Reply[]): string {
  const right = (replies: readonly Reply[]) =>
    new Set(replies.filter(({ correct }) => correct).map(({ id }) => id));
  const without = (ids: ReadonlySet<string>, others: ReadonlySet<string>): number =>
    [...ids].filter((id) => !others.has(id)).length;
  const [rightBefore, rightAfter] = [right(before), right(after)];
  return `+${without(rightAfter, rightBefore)} −${without(rightBefore, rightAfter)}`;
}
