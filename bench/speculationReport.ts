import type { Decoded, SpeculationRound } from './speculationSession.ts';
import { median, medianRatio } from './statistics.ts';

/** What guessing ahead gains, as Markdown. */
export function speculationReport(rounds: readonly SpeculationRound[]): string {
  const ms = (of: (round: SpeculationRound) => Decoded): number[] =>
    rounds.map((round) => of(round).decodeMs / of(round).tokens);
  const [off, on] = [ms((round) => round.off), ms((round) => round.on)];
  const ratios = off.map((each, round) => each / (on[round] ?? NaN));
  const sum = (of: (decoded: Decoded) => number): number =>
    rounds.reduce((total, round) => total + of(round.on), 0);
  const share = sum(({ accepted }) => accepted) / sum(({ drafted }) => drafted);
  const prefill = medianRatio(
    rounds.map((round) => round.on.prefillMs),
    rounds.map((round) => round.off.prefillMs),
  );
  return [
    '| decode | ms a token (median) |',
    '| --- | ---: |',
    `| without guesses | ${median(off).toFixed(2)} |`,
    `| with | ${median(on).toFixed(2)} |`,
    '',
    `${(100 * share).toFixed(0)} % of ${sum(({ drafted }) => drafted)} guesses were right. Decoding is ${median(ratios).toFixed(2)} times as fast ` +
      `with them (median of ${rounds.length} replies; ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), and a prompt takes ` +
      `${prefill.toFixed(2)} times as long.`,
  ].join('\n');
}
