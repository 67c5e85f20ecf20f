import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whenQuiet } from '../../../src/extension/models/whenQuiet.ts';
import type { EngineState } from '../../../src/protocol/engine.ts';

type Seen = Pick<EngineState, 'status' | 'conversations'>;
const loaded: Seen = { status: 'ready', conversations: [] };
const answered: Seen = {
  status: 'ready',
  conversations: [{ conversationId: 'chat', tokens: 9, capacity: 64, kvBytes: 1 }],
};
const answering: Seen = { ...answered, status: 'generating' };

let state: Seen | undefined;
let acts: number;
let giveUp: () => void;
beforeEach(() => {
  vi.useFakeTimers();
  acts = 0;
  state = loaded;
  giveUp = whenQuiet(
    () => Promise.resolve(state),
    () => acts++,
  );
});
afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;

it('waits for an answer, and then for a minute in which nobody asks', async () => {
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(acts).toBe(0);
  state = answering;
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  state = answered;
  await vi.advanceTimersByTimeAsync(MINUTE / 2);
  state = answering;
  await vi.advanceTimersByTimeAsync(MINUTE / 2);
  state = answered;
  await vi.advanceTimersByTimeAsync(MINUTE - 1);
  expect(acts).toBe(0);
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(acts).toBe(1);
});

it('ends with the engine', async () => {
  state = undefined;
  await vi.advanceTimersByTimeAsync(MINUTE);
  state = answered;
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(acts).toBe(0);
});

it('can be given up', async () => {
  state = answered;
  await vi.advanceTimersByTimeAsync(MINUTE / 2);
  giveUp();
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(acts).toBe(0);
});
