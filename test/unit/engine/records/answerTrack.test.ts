import { describe, expect, it } from 'vitest';
import { AnswerTrack } from '../../../../src/engine/records/answerTrack.ts';
import { AnswerTracks } from '../../../../src/engine/records/answerTracks.ts';

const START = {
  requestId: 'q',
  arrivedAt: 1000,
  startedAtMs: 1_800_000_000_000,
  promptTokens: 30,
  cachedTokens: 12,
  mismatch: undefined,
};

/** A prompt of 30 tokens, 10 of them reused, 20 computed in 200 ms; then tokens of 1 + 9 ms each. */
function answered(tokens: number): AnswerTrack {
  const track = new AnswerTrack(START);
  track.reused(10, 1050);
  track.prefilled(0, 1050);
  track.prefilled(8, 1130);
  track.prefilled(20, 1250);
  let at = 1250;
  for (let token = 0; token < tokens; token++) {
    track.sampled(1, (at += 1));
    track.computed(9, (at += 9));
  }
  return track;
}

describe('the record of an answer', () => {
  it('splits its time, and estimates what reuse saved from what was computed', () => {
    const track = answered(5);
    track.recorded(0.5);
    track.ended('stop', { drafted: 4, accepted: 3, byPosition: [{ drafted: 4, accepted: 3 }], bySource: [] });
    track.recorded(100);
    expect(track.record).toMatchObject({
      requestId: 'q',
      finishReason: 'stop',
      reusedTokens: 10,
      prefillMs: 200,
      // 10 tokens at 200 ms / 20.
      estimatedSavedMs: 100,
      timeToFirstTokenMs: 251,
      decodedTokens: 5,
      decodeMs: 50,
      backendMs: 45,
      samplingMs: 5,
      recordingMs: 0.5,
      speculation: { drafted: 4, accepted: 3 },
    });
  });

  it('says nothing that is not known yet', () => {
    const { record } = new AnswerTrack(START);
    expect(record.estimatedSavedMs).toBeNull();
    expect(record).not.toHaveProperty('timeToFirstTokenMs');
    expect(record).not.toHaveProperty('finishReason');
  });

  it.each([5, 1000, 100_000])('has steps without gaps that add up to %d tokens', (tokens) => {
    const { steps, decodeMs, backendMs } = answered(tokens).record;
    const decode = steps.filter(({ kind }) => kind === 'decode');
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    expect(steps.length).toBeLessThan(300);
    expect(sum(decode.map((step) => step.tokens))).toBe(tokens);
    expect(sum(decode.map((step) => step.durationMs))).toBe(decodeMs);
    expect(sum(decode.map((step) => step.backendMs))).toBe(backendMs);
    expect(steps.slice(1).map(({ startMs }) => startMs)).toEqual(
      steps.slice(0, -1).map(({ startMs, durationMs }) => startMs + durationMs),
    );
    expect(steps[0]).toMatchObject({ kind: 'prefill', startMs: 50, durationMs: 80, tokens: 8 });
  });
});

describe('the answers of a conversation', () => {
  it('are numbered, and the oldest go', () => {
    const tracks = new AnswerTracks();
    for (let index = 0; index < 40; index++) tracks.start({ ...START, requestId: `q${index}` });
    const { firstAnswer, answers } = tracks.result();
    expect(firstAnswer).toBe(8);
    expect(answers.map(({ requestId }) => requestId).slice(0, 2)).toEqual(['q8', 'q9']);
    expect(tracks.result(39)).toMatchObject({ firstAnswer: 39, answers: [{ requestId: 'q39' }] });
    expect(tracks.result(99)).toEqual({ firstAnswer: 40, answers: [] });
  });
});
