import { median } from './statistics.ts';
import type { TracesPlan, TracesRound } from './tracesSession.ts';

/** So long nothing may keep the extension host from its other work. */
const LIMIT_MS = 50;

/** What a trace costs the extension host, as Markdown. */
export function tracesReport(
  { tokens, layers, experts, topK }: Omit<TracesPlan, 'rounds'>,
  rounds: readonly TracesRound[],
): string {
  const of = (value: (round: TracesRound) => number): number[] => rounds.map(value);
  const row = (name: string, values: readonly number[]): string =>
    `| ${name} | ${median(values).toFixed(1)} | ${Math.max(...values).toFixed(1)} |`;
  const longest = Math.max(...of(({ parseMs }) => parseMs), ...of(({ blockedMs }) => blockedMs));
  const megabytes = median(of(({ fileBytes }) => fileBytes)) / 1e6;
  return [
    `| ${tokens} tokens, ${layers} layers, ${topK} of ${experts} experts | median ms of computing | worst |`,
    '| --- | ---: | ---: |',
    row(
      "the engine's last message is parsed, at once",
      of(({ parseMs }) => parseMs),
    ),
    row(
      'the trace is assembled and written, in turns',
      of(({ saveMs }) => saveMs),
    ),
    row(
      'of that the longest piece, in which all else waits',
      of(({ blockedMs }) => blockedMs),
    ),
    '',
    `The file has ${megabytes.toFixed(2)} MB. The host was never kept from its other work for more than ${longest.toFixed(1)} ms ` +
      `(${rounds.length} rounds), ${longest <= LIMIT_MS ? 'within' : 'over'} the limit of ${LIMIT_MS} ms.`,
  ].join('\n');
}
