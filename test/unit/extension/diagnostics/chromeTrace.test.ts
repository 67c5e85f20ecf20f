import { describe, expect, it } from 'vitest';
import { chromeTrace } from '../../../../src/extension/diagnostics/chromeTrace.ts';
import { diagnosticsJson } from '../../../../src/extension/diagnostics/diagnosticsJson.ts';
import { unpackUint32 } from '../../../../src/protocol/unpackRouting.ts';
import { answerRecord, diagnosticsState, expertsOfShape, packed } from '../../../support/diagnosticsState.ts';

describe('the trace for Chrome', () => {
  const state = diagnosticsState({
    questions: { a1: 'What is wrong?' },
    answers: [
      answerRecord('a1', { startedAtMs: 5000 }),
      answerRecord('a2', { startedAtMs: 9000, finishReason: 'cancelled' }),
    ],
  });
  const { traceEvents } = chromeTrace(state);

  it('has each answer with its steps, in microseconds from the first', () => {
    const [first, second] = traceEvents.filter(({ cat }) => cat === 'answer');
    expect(first).toMatchObject({ name: 'What is wrong?', ph: 'X', ts: 0 });
    expect(second).toMatchObject({ name: 'a2', ts: 4_000_000, args: { finishReason: 'cancelled' } });
    const steps = traceEvents.filter(({ cat }) => cat === 'prefill' || cat === 'decode');
    expect(steps.map(({ name, ts, dur }) => [name, ts, dur]).slice(0, 3)).toEqual([
      ['prefill', 10_000, 100_000],
      ['decode', 110_000, 100_000],
      ['decode', 210_000, 50_000],
    ]);
    const [answer] = state.answers;
    const end = Math.max(...steps.slice(0, 3).map(({ ts, dur = 0 }) => ts + dur));
    expect(end).toBe(first?.dur);
    expect(answer?.steps.length).toBe(3);
  });

  it('counts tokens per second and shows evictions at their time', () => {
    const speeds = traceEvents.filter(({ ph }) => ph === 'C').map(({ args }) => args);
    expect(speeds.slice(0, 2)).toEqual([{ prefill: 200 }, { decode: 40 }]);
    const evicted = traceEvents.filter(({ ph }) => ph === 'i');
    expect(evicted).toMatchObject([{ name: 'evicted: thought', ts: 1_000_000, args: { tokens: 30 } }]);
  });
});

describe('the JSON of the diagnostics', () => {
  it('has numbers where the engine has base64, and no path of this machine', () => {
    const experts = { ...expertsOfShape(2, 3), gateBias: packed(Float32Array.of(0, 1, 2, 3, 4, Number.NaN)) };
    const json = JSON.parse(diagnosticsJson(diagnosticsState({ experts }))) as Record<string, unknown>;
    const counts = [...unpackUint32(experts.counts)];
    expect(json).toMatchObject({
      format: 'glassbox-diagnostics',
      version: 1,
      experts: {
        counts: {
          prompt: [counts.slice(0, 3), counts.slice(3, 6)],
          answer: [counts.slice(12, 15), counts.slice(15)],
        },
        gateBias: [
          [0, 1, 2],
          [3, 4, null],
        ],
      },
    });
    expect(JSON.stringify(json)).not.toContain('.gguf');
  });
});
