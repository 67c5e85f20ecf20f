import type { DiagnosticsState, DiagnosticsUpdate } from './diagnostics.ts';

/** A state with what is new. */
export function mergeDiagnostics(state: DiagnosticsState, update: DiagnosticsUpdate): DiagnosticsState {
  const { answers, firstAnswer, experts, ...rest } = update;
  return {
    ...state,
    ...rest,
    ...(experts === undefined ? {} : { experts: experts && { ...keptOf(state.experts), ...experts } }),
    ...(answers === undefined || firstAnswer === undefined ? {} : mergeAnswers(state, firstAnswer, answers)),
  };
}

function keptOf(experts: DiagnosticsState['experts']): Partial<NonNullable<DiagnosticsState['experts']>> {
  if (!experts) return {};
  const { hitRates, coactivation, gateBias } = experts;
  return {
    ...(hitRates === undefined ? {} : { hitRates }),
    ...(coactivation === undefined ? {} : { coactivation }),
    ...(gateBias === undefined ? {} : { gateBias }),
  };
}

/** As many as the engine lists. */
const LISTED = 32;

function mergeAnswers(
  state: DiagnosticsState,
  firstAnswer: number,
  answers: DiagnosticsState['answers'],
): Pick<DiagnosticsState, 'answers' | 'firstAnswer'> {
  if (state.answers.length === 0) return { answers, firstAnswer };
  const before = state.answers.slice(0, Math.max(0, firstAnswer - state.firstAnswer));
  const all = [...before, ...answers];
  const listed = all.slice(-LISTED);
  return { answers: listed, firstAnswer: firstAnswer - before.length + (all.length - listed.length) };
}
