import { expect, test, vi } from 'vitest';
import { polled } from '../../../../native/webgpu/polling.ts';

/** As Dawn's binding does: a turn that asks for the next one for as long as something is pending. */
function pollUntil(isDone: () => boolean, turn: () => void): void {
  setImmediate(() => {
    turn();
    if (!isDone()) pollUntil(isDone, turn);
  });
}

test('a poller gets another setImmediate, and nobody else does', async () => {
  const own = globalThis.setImmediate;
  const seen: (typeof setImmediate)[] = [];
  let done = false;
  polled(() => {
    seen.push(globalThis.setImmediate);
    pollUntil(
      () => done,
      () => seen.push(globalThis.setImmediate),
    );
  });
  expect(globalThis.setImmediate).toBe(own);
  await vi.waitUntil(() => seen.length > 5);
  expect(globalThis.setImmediate).toBe(own);
  done = true;
  expect(seen).not.toContain(own);
});

test('after a short spin the poller sleeps between its turns', async () => {
  let turns = 0;
  let done = false;
  polled(() => {
    pollUntil(
      () => done,
      () => (turns += 1),
    );
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const afterSpin = turns;
  await new Promise((resolve) => setTimeout(resolve, 50));
  // At most one turn a millisecond; without sleep there are thousands. A slow machine makes it fewer.
  expect(turns - afterSpin).toBeLessThan(500);
  done = true;
});

test('what the call throws comes through, and the global is put back', () => {
  const own = globalThis.setImmediate;
  expect(() =>
    polled(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(globalThis.setImmediate).toBe(own);
});
