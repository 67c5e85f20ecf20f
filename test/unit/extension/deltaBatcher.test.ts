import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeltaBatcher, type TextsSent } from '../../../src/extension/chat/deltaBatcher.ts';

type Delta = Parameters<DeltaBatcher['add']>[0];

const delta = (answer: string, answerTokens: number, answerId = 'a'): Delta => ({
  type: 'delta',
  answerId,
  thought: '',
  answer,
  thoughtTokens: 0,
  answerTokens,
  thoughtMs: 0,
});

describe('Text on its way to the page', () => {
  let sent: Delta[];
  let waits: TextsSent[];
  let batcher: DeltaBatcher;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    waits = [];
    batcher = new DeltaBatcher((message, texts) => {
      sent.push(message);
      waits.push(texts);
    }, Date.now);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes out at once after a pause, and then at most once every 16 ms', () => {
    for (let token = 1; token <= 100; token += 1) {
      batcher.add(delta(`${token} `, token));
      vi.advanceTimersByTime(5);
    }
    vi.advanceTimersByTime(16);
    // 100 tokens, 5 ms apart: 500 ms hold 31 whole frames, besides the first message and the last.
    expect(sent.length).toBeLessThanOrEqual(33);
    expect(sent[0]).toEqual(delta('1 ', 1));
    expect(sent.map(({ answer }) => answer).join('')).toBe(
      Array.from({ length: 100 }, (_, i) => `${i + 1} `).join(''),
    );
    expect(sent.at(-1)?.answerTokens).toBe(100);
  });

  it('says how long it waited, and that figures without text are no text', () => {
    batcher.add(delta('a', 1));
    vi.advanceTimersByTime(4);
    batcher.add(delta('b', 2));
    vi.advanceTimersByTime(6);
    batcher.add(delta('', 2));
    batcher.add(delta('c', 3));
    vi.advanceTimersByTime(6);
    // Sent 16 ms after the first: `b` waited for 12, `c` for 6.
    expect(waits).toEqual([
      { texts: 1, waitedMs: 0 },
      { texts: 2, waitedMs: 18 },
    ]);
  });

  it('is sent whole when something else has to follow it', () => {
    batcher.add(delta('a', 1));
    batcher.add(delta('b', 2));
    batcher.flush();
    expect(sent.map(({ answer }) => answer)).toEqual(['a', 'b']);
    vi.advanceTimersByTime(100);
    expect(sent).toHaveLength(2);
  });

  it('is never mixed with that of another answer', () => {
    batcher.add(delta('a', 1));
    batcher.add(delta('b', 2));
    batcher.add(delta('c', 1, 'other'));
    batcher.flush();
    expect(sent.map(({ answerId, answer }) => [answerId, answer])).toEqual([
      ['a', 'a'],
      ['a', 'b'],
      ['other', 'c'],
    ]);
  });
});
