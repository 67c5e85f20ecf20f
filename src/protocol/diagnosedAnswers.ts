import type { DiagnosedAnswer, DiagnosticsState } from './diagnostics.ts';

/** The answers of a conversation that something is known of, oldest first: saved ones, then those that the engine lists. */
export function diagnosedAnswers({
  answers,
  firstAnswer,
  earlier,
  firstEarlier,
}: Pick<DiagnosticsState, 'answers' | 'firstAnswer' | 'earlier' | 'firstEarlier'>): {
  readonly answers: readonly DiagnosedAnswer[];
  /** How many came before them. */
  readonly first: number;
} {
  return earlier.length === 0
    ? { answers, first: firstAnswer }
    : { answers: [...earlier, ...answers], first: firstEarlier };
}
