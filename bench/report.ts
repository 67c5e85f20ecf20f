import type { MeasuredOn } from './measuredOn.ts';
import { withPart, type MeasuredPart } from './measuredPart.ts';
import type { BenchModel } from './models.ts';
import type { GlassboxResult, SessionPlan, SessionResult } from './session.ts';
import { tokensPerSecond } from './session.ts';
import { median, medianRatio } from './statistics.ts';

export interface Round {
  readonly glassbox: GlassboxResult;
  readonly llamaCpp: SessionResult;
  readonly backend: SessionResult;
}

export interface Measured {
  readonly model: BenchModel;
  readonly rounds: readonly Round[];
}

export interface Environment extends MeasuredOn {
  readonly plan: Omit<SessionPlan, 'modelPath'>;
  readonly rounds: number;
  /** Bytes per second. */
  readonly memoryBandwidth: number;
}

/** The measurements as Markdown. */
export function report(environment: Environment, all: readonly Measured[]): string {
  const { command, date, cpu, versions, plan, rounds, memoryBandwidth } = environment;
  return [
    `\`${command}\`, ${date}, ${cpu}, ${versions}.`,
    `${plan.threads} threads, context ${plan.contextTokens}, ${rounds} interleaved rounds, medians; each engine in a`,
    `process of its own. Memory bandwidth, ${plan.threads} threads reading: ${gigabytes(memoryBandwidth)} GB/s.`,
    '',
    ...all.flatMap((measured) => [...modelReport(measured, plan, memoryBandwidth), '']),
  ].join('\n');
}

function modelReport(
  { model, rounds }: Measured,
  { promptTokens, decodeTokens }: Omit<SessionPlan, 'modelPath'>,
  memoryBandwidth: number,
): string[] {
  const ours = rounds.map((round) => round.glassbox);
  const theirs = rounds.map((round) => round.llamaCpp);
  const backend = rounds.map((round) => round.backend);
  const compared = (
    what: string,
    measure: (result: SessionResult) => number,
    digits: number,
    unit: string,
  ): string[] => {
    const [a, b] = [ours.map(measure), theirs.map(measure)];
    return [
      what,
      `${median(a).toFixed(digits)} ${unit}`,
      `${median(b).toFixed(digits)} ${unit}`,
      ratio(medianRatio(a, b)),
    ];
  };
  const bandwidthShare = (results: readonly SessionResult[]): string =>
    percent(
      median(
        results.map((result) => (tokensPerSecond.decode(result) * model.bytesPerToken) / memoryBandwidth),
      ),
    );
  const second = ours.map((result) => result.secondQuestionMs);
  const reprocessed = ours.map((result) => result.reprocessedMs);
  const [last] = ours.slice(-1);

  return [
    `### ${model.description}`,
    '',
    `${(model.fileBytes / 1e6).toFixed(0)} MB; ${last?.runtime ?? ''}.`,
    '',
    ...table([
      ['', 'Glassbox', 'llama.cpp', 'ratio'],
      compared(`prefill ${promptTokens}`, tokensPerSecond.prefill, 1, 'tokens/s'),
      compared(`decode ${decodeTokens}`, tokensPerSecond.decode, 1, 'tokens/s'),
      ['memory bandwidth used by decode', bandwidthShare(ours), bandwidthShare(theirs), ''],
      compared('warm load', (result) => result.loadMs, 0, 'ms'),
      compared('peak resident memory', (result) => (result.peakBytes ?? NaN) / 1e6, 0, 'MB'),
    ]),
    '',
    ...table([
      ['Glassbox alone', ''],
      [
        `second question (${last?.secondReusedTokens ?? 0} of ${last?.secondPromptTokens ?? 0} tokens reused): time to first token`,
        `${median(second).toFixed(0)} ms; reprocessed ${median(reprocessed).toFixed(0)} ms, ` +
          `${medianRatio(reprocessed, second).toFixed(1)} times as long`,
      ],
      [
        'decode time above the backend, as the engine counts it',
        percent(median(ours.map((result) => result.aboveBackend))),
      ],
      [
        'decode speed of the whole engine, as a share of the bare backend',
        percent(medianRatio(ours.map(tokensPerSecond.decode), backend.map(tokensPerSecond.decode))),
      ],
    ]),
  ];
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)];
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const ratio = (value: number): string => value.toFixed(2);
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);

const PART: MeasuredPart = {
  begin: '<!-- measured by npm run bench: begin -->',
  end: '<!-- measured by npm run bench: end -->',
};

/** `page` with what stands between its markers replaced. @throws Error when it has no markers */
export const withReport = (page: string, markdown: string): string => withPart(page, PART, markdown);
