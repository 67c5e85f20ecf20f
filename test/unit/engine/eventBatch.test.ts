import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BatchWait, EventBatch } from '../../../src/engine/eventBatch.ts';
import type { GenerationEvent } from '../../../src/protocol/generation.ts';

const text = (piece: string): GenerationEvent => ({
  type: 'text',
  channel: 'answer',
  text: piece,
  tokens: 1,
});
const speed: GenerationEvent = { type: 'speed', tokensPerSecond: 50, contextTokens: 10 };

describe('Events on their way out of the engine', () => {
  let sent: (readonly GenerationEvent[])[];
  let waits: BatchWait[];
  let batch: EventBatch;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    waits = [];
    batch = new EventBatch((events, wait) => {
      sent.push(events);
      waits.push(wait);
    }, Date.now);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leave at once after a pause, and then at most once in 16 ms, joined', () => {
    batch.push(text('a'));
    vi.advanceTimersByTime(5);
    batch.push(text('b'));
    batch.push(text('c'));
    batch.push(speed);
    vi.advanceTimersByTime(11);
    expect(sent).toEqual([[text('a')], [{ ...text('bc'), tokens: 2 }, speed]]);
  });

  it('say how many texts there were and how long they waited', () => {
    batch.push(text('a'));
    vi.advanceTimersByTime(4);
    batch.push(text('b'));
    vi.advanceTimersByTime(6);
    batch.push(text('c'));
    batch.push(speed);
    batch.flush();
    vi.advanceTimersByTime(50);
    batch.push(speed);
    expect(waits).toEqual([
      { texts: 1, waitedMs: 0 },
      { texts: 2, waitedMs: 6 },
      { texts: 0, waitedMs: 0 },
    ]);
  });
});
