import { diagnosedAnswers } from '../../protocol/diagnosedAnswers.ts';
import type { DiagnosedAnswer, DiagnosticsState } from '../../protocol/diagnostics.ts';

/** An event of the Trace Event Format that chrome://tracing and Perfetto read. Times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'i' | 'C' | 'M';
  readonly ts: number;
  readonly dur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly cat?: string;
  /** Of an instant: over the whole process. */
  readonly s?: 'p';
  readonly args: Readonly<Record<string, unknown>>;
}

export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly TraceEvent[];
}

const ENGINE = 1;
const [ANSWERS, STEPS] = [1, 2];

/** The timeline of a conversation's answers: each with its waiting, prefill and decode, the speed, and what was evicted. */
export function chromeTrace(state: DiagnosticsState): ChromeTrace {
  const { questions, kv, model } = state;
  const { answers } = diagnosedAnswers(state);
  const starts = [
    ...answers.map(({ startedAtMs }) => startedAtMs),
    ...(kv?.evictions ?? []).map(({ atMs }) => atMs),
  ];
  const originMs = starts.reduce((first, ms) => Math.min(first, ms), starts[0] ?? 0);
  const evictions = (kv?.evictions ?? []).map(
    ({ reason, atMs, firstPosition, tokens, phases }): TraceEvent => ({
      name: `evicted: ${reason}`,
      cat: 'kv',
      ph: 'i',
      s: 'p',
      ts: micro(atMs - originMs),
      pid: ENGINE,
      tid: ANSWERS,
      args: { firstPosition, tokens, ...phases },
    }),
  );
  return {
    displayTimeUnit: 'ms',
    traceEvents: [
      named('process_name', 0, `Glassbox engine${model ? `, ${model.name}` : ''}`),
      named('thread_name', ANSWERS, 'answers'),
      named('thread_name', STEPS, 'prefill and decode'),
      ...answers.flatMap((answer) => answerEvents(answer, originMs, questions[answer.requestId])),
      ...evictions,
    ],
  };
}

function answerEvents(answer: DiagnosedAnswer, originMs: number, question: string | undefined): TraceEvent[] {
  const { steps, startedAtMs, mismatch: _mismatch, ...figures } = answer;
  const startMs = startedAtMs - originMs;
  const last = steps.at(-1);
  // Of an answer of an earlier session the steps are not known.
  const endMs = last ? last.startMs + last.durationMs : (answer.timeToFirstTokenMs ?? 0) + answer.decodeMs;
  const at = { pid: ENGINE, ph: 'X' as const };
  return [
    {
      ...at,
      name: question ?? answer.requestId,
      cat: 'answer',
      ts: micro(startMs),
      dur: micro(endMs),
      tid: ANSWERS,
      args: figures,
    },
    ...steps.flatMap(({ kind, startMs: stepMs, durationMs, tokens, backendMs, samplingMs }): TraceEvent[] => [
      {
        ...at,
        name: kind,
        cat: kind,
        ts: micro(startMs + stepMs),
        dur: micro(durationMs),
        tid: STEPS,
        args: { tokens, backendMs, samplingMs },
      },
      {
        name: 'tokens/s',
        ph: 'C',
        ts: micro(startMs + stepMs),
        pid: ENGINE,
        tid: STEPS,
        args: { [kind]: durationMs > 0 ? (tokens * 1000) / durationMs : 0 },
      },
    ]),
  ];
}

function named(name: string, tid: number, value: string): TraceEvent {
  return { name, ph: 'M', ts: 0, pid: ENGINE, tid, args: { name: value } };
}

/** Whole microseconds: the format's readers expect no more. */
function micro(ms: number): number {
  return Math.round(ms * 1000);
}
