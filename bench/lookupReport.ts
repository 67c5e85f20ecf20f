import { describeThreads } from '../src/protocol/describeThreads.ts';
import type { LookupPair } from './lookupSession.ts';
import type { MeasuredOn } from './measuredOn.ts';
import type { MeasuredThreads } from './measuredThreads.ts';
import type { PassCost } from './scriptedSession.ts';
import { median } from './statistics.ts';

export interface LookupMeasured {
  /** The model, what it was asked, and what its replies are: its own, or the samples' own texts. */
  readonly title: string;
  readonly threads: MeasuredThreads;
  readonly pairs: readonly LookupPair[];
  readonly passes?: readonly PassCost[];
}

export interface LookupSetting extends MeasuredOn {
  readonly temperature: number;
}

/** What it gains to look up what a refactored text repeats, as Markdown. */
export function lookupReport(setting: LookupSetting, measured: readonly LookupMeasured[]): string {
  const { command, date, cpu, versions, temperature } = setting;
  return [
    `\`${command}\`, ${date}, ${cpu}, ${versions}, temperature ${temperature}. ` +
      'Each question is answered plainly and with lookups, one after the other, as many times as the command says (models that answer for real: behind once that does not count); of each the ' +
      'median counts. Speeds are of all decoded tokens, thought and answer.',
    ...measured.map(section),
  ].join('\n\n');
}

function section({ title, threads, pairs: ofRounds, passes }: LookupMeasured): string {
  const pairs = medians(ofRounds);
  const tasks = [...new Set(pairs.map(({ task }) => task))];
  const rows = tasks.map((task) =>
    row(
      task,
      pairs.filter((pair) => pair.task === task),
    ),
  );
  return [
    `### ${title}, ${describeThreads(threads)}`,
    '',
    '| | replies | tokens | plain, ms a token | with lookups | times as fast | median | guesses right |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    row('**all**', pairs),
    '',
    sameness(ofRounds),
    ...(passes ? ['', passTable(passes)] : []),
  ].join('\n');
}

/** One of each reply, with the medians of its times. */
function medians(pairs: readonly LookupPair[]): readonly LookupPair[] {
  return [...new Set(pairs.map(({ id }) => id))].flatMap((reply) => {
    const rounds = pairs.filter(({ id }) => id === reply);
    const [first] = rounds;
    const plainMs = median(rounds.map((pair) => pair.plainMs));
    const lookupMs = median(rounds.map((pair) => pair.lookupMs));
    return first ? { ...first, plainMs, lookupMs } : [];
  });
}

function sameness(pairs: readonly LookupPair[]): string {
  const compared = pairs.flatMap(({ isSame }) => isSame ?? []);
  if (compared.length === 0) return 'The replies are given, whatever the model chose.';
  return `${compared.filter((isSame) => isSame).length} of ${compared.length} replies were the same, token for token.`;
}

function row(name: string, pairs: readonly LookupPair[]): string {
  const sum = (of: (pair: LookupPair) => number): number =>
    pairs.reduce((total, pair) => total + of(pair), 0);
  const tokens = sum(({ tokens }) => tokens);
  const plain = sum(({ plainMs }) => plainMs);
  const lookup = sum(({ lookupMs }) => lookupMs);
  const drafted = sum(({ drafted }) => drafted);
  const right = drafted === 0 ? '' : `${((100 * sum(({ accepted }) => accepted)) / drafted).toFixed(0)} %`;
  return [
    `| ${name}`,
    pairs.length,
    tokens,
    milliseconds(plain / tokens),
    milliseconds(lookup / tokens),
    (plain / lookup).toFixed(2),
    median(pairs.map(({ plainMs, lookupMs }) => plainMs / lookupMs)).toFixed(2),
    `${right} |`,
  ].join(' | ');
}

/** A small model's tokens take less than a tenth of one. */
function milliseconds(value: number): string {
  return value.toFixed(value < 1 ? 3 : 2);
}

function passTable(passes: readonly PassCost[]): string {
  const single = passes.find(({ rows }) => rows === 1)?.ms ?? NaN;
  return [
    `| tokens in one pass | ${passes.map(({ rows }) => rows).join(' | ')} |`,
    `| --- | ${passes.map(() => '---:').join(' | ')} |`,
    `| ms (median) | ${passes.map(({ ms }) => ms.toFixed(1)).join(' | ')} |`,
    `| of a pass of one | ${passes.map(({ ms }) => (ms / single).toFixed(2)).join(' | ')} |`,
  ].join('\n');
}
