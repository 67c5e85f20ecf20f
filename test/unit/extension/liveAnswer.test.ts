import { describe, expect, it } from 'vitest';
import {
  emptyAnswer,
  type LiveAnswer,
  withEvent,
  withFailure,
  withResult,
} from '../../../src/extension/chat/liveAnswer.ts';
import type { GenerationEvent } from '../../../src/protocol/generation.ts';

const begun: LiveAnswer = { node: emptyAnswer('a', 'q', 0), status: { kind: 'waiting', what: 'prompt' } };

/** Events 100 ms apart. */
function play(...events: readonly GenerationEvent[]): LiveAnswer {
  return events.reduce((live, event, index) => withEvent(live, event, index * 100), begun);
}

describe('An answer that is being written', () => {
  it('shows how much of the prompt is computed and how much was reused', () => {
    const live = play(
      { type: 'prompt', promptTokens: 100, reusedTokens: 60 },
      { type: 'prefill', done: 20, total: 40, elapsedMs: 5 },
    );
    expect(live.status).toEqual({ kind: 'prefill', done: 20, total: 40, reused: 60 });
  });

  it('keeps thought and answer apart and measures the thought', () => {
    const thinking = play(
      { type: 'thoughtStart', forced: true },
      { type: 'text', channel: 'thought', text: 'Hm', tokens: 1 },
      { type: 'text', channel: 'thought', text: 'm.', tokens: 2 },
    );
    expect(thinking.status).toEqual({ kind: 'thinking' });
    expect(thinking.node).toMatchObject({ thought: 'Hmm.', thoughtTokens: 3, thoughtMs: 200, answer: '' });

    const ended = withEvent(
      thinking,
      { type: 'thoughtEnd', reason: 'budget', tokens: 4, elapsedMs: 250 },
      400,
    );
    const answering = withEvent(ended, { type: 'text', channel: 'answer', text: 'Yes.', tokens: 2 }, 500);
    expect(answering.status).toEqual({ kind: 'answering' });
    expect(answering.node).toMatchObject({
      thought: 'Hmm.',
      thoughtTokens: 4,
      thoughtMs: 250,
      thoughtEnd: 'budget',
      answer: 'Yes.',
      answerTokens: 2,
    });
  });

  it('takes the last word of the engine for its text, counts and timings', () => {
    const timings = {
      promptTokens: 5,
      reusedTokens: 0,
      prefillMs: 1,
      decodedTokens: 2,
      decodeMs: 1,
      timeToFirstTokenMs: 1,
      backendMs: 1,
    };
    const done = withResult(play({ type: 'text', channel: 'answer', text: 'Ye', tokens: 1 }), {
      requestId: 'a',
      thought: '',
      answer: 'Yes',
      thoughtTokens: 0,
      answerTokens: 2,
      finishReason: 'stop',
      sampling: {
        temperature: 0,
        topK: 0,
        topP: 1,
        minP: 0,
        repetitionPenalty: 1,
        repetitionWindow: 64,
        seed: 1,
      },
      timings,
      contextTokens: 7,
      contextCapacity: 100,
    });
    expect(done.status).toEqual({ kind: 'done', finish: 'stop' });
    expect(done.node).toMatchObject({ answer: 'Yes', answerTokens: 2, finish: 'stop', timings });
  });

  it('keeps what is written when it breaks off, and says what happened', () => {
    const failed = withFailure(
      play({ type: 'text', channel: 'answer', text: 'Half', tokens: 1 }),
      'The engine ended.',
    );
    expect(failed.status).toEqual({ kind: 'failed', message: 'The engine ended.' });
    expect(failed.node).toMatchObject({ answer: 'Half', error: 'The engine ended.' });
  });
});
