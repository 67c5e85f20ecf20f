import { median, medianInterval } from './statistics.ts';

export interface Decoding {
  /** Forward passes of one token each. */
  readonly tokens: number;
  readonly elapsedMs: number;
}

/** The same answers, with and without records. */
export interface RecordsRound {
  readonly on: Decoding;
  readonly off: Decoding;
}

/** What recording may cost of decode. */
const LIMIT = 0.03;

/** What records cost, as Markdown. @param part what is recorded, for people */
export function recordsReport(rounds: readonly RecordsRound[], part: string): string {
  const [on, off] = [rounds.map(({ on }) => msPerToken(on)), rounds.map(({ off }) => msPerToken(off))];
  const costs = rounds.map((round) => msPerToken(round.on) / msPerToken(round.off) - 1);
  const cost = median(costs);
  const [lower, upper] = medianInterval(costs);
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return [
    '| decode | ms a token (median) |',
    '| --- | ---: |',
    `| with ${part} | ${median(on).toFixed(3)} |`,
    `| without | ${median(off).toFixed(3)} |`,
    '',
    `Recording ${part} costs ${percent(cost)} of decode (median of ${rounds.length} rounds; 95 % interval ` +
      `${percent(lower)} to ${percent(upper)}), ` +
      `${cost < LIMIT ? 'under' : 'over'} the limit of ${percent(LIMIT)}.`,
  ].join('\n');
}

export function msPerToken({ elapsedMs, tokens }: Decoding): number {
  return elapsedMs / tokens;
}
