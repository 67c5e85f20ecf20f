import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { EventLoopDelay } from '../../../src/extension/eventLoopDelay.ts';

describe('The delay of the event loop', () => {
  it('is at least as long as a computation that blocks it', async () => {
    const delay = new EventLoopDelay();
    try {
      await sleep(20);
      delay.reset();
      const end = performance.now() + 100;
      while (performance.now() < end);
      await sleep(20);
      // The timer is due at most 5 ms after the computation began, so at least 95 ms of it are delay.
      expect(delay.summary().max).toBeGreaterThanOrEqual(90);
      expect(delay.summary().maxBusy).toBeLessThanOrEqual(delay.summary().max);
    } finally {
      delay.dispose();
    }
  });

  it('is forgotten when a new measurement starts', async () => {
    const delay = new EventLoopDelay();
    await sleep(20);
    delay.reset();
    expect(delay.summary()).toEqual({ max: 0, maxBusy: 0, samples: 0, mean: 0 });
    delay.dispose();
  });
});
