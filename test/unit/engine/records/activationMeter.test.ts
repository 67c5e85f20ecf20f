import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActivationMeter } from '../../../../src/engine/records/activationMeter.ts';

const piece = { tokens: 100, contextTokens: 100, writtenKvBytes: () => 0, newKvBytes: 50 };

describe('The working memory of forward passes', () => {
  /** What the process takes now. */
  let now: { residentBytes: number; heapBytes: number };
  let looks: number;
  let meter: ActivationMeter;

  /** A pass in which the process takes so much, one after the other, at 10 ms each. */
  const pass = async (
    ...steps: readonly { residentBytes: number; heapBytes?: number }[]
  ): Promise<string> => {
    for (const step of steps) {
      now = { ...now, ...step };
      await vi.advanceTimersByTimeAsync(10);
    }
    return 'logits';
  };

  beforeEach(() => {
    vi.useFakeTimers();
    now = { residentBytes: 1000, heapBytes: 200 };
    looks = 0;
    meter = new ActivationMeter(() => {
      looks++;
      return now;
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is the most that the process takes beyond what it had, without cache and heap', async () => {
    expect(meter.largest).toBeUndefined();
    const result = await meter.during(piece, () =>
      pass({ residentBytes: 1500 }, { residentBytes: 1800, heapBytes: 260 }, { residentBytes: 1300 }),
    );
    expect(result).toBe('logits');
    // 1800 - 1000, without 60 of heap and 50 of cache.
    expect(meter.largest).toEqual({ bytes: 690, tokens: 100, contextTokens: 100 });
  });

  it('counts from before the first piece, so that memory which stays with the process is not forgotten', async () => {
    await meter.during(piece, () => pass({ residentBytes: 1700 }));
    const later = { tokens: 100, contextTokens: 200, writtenKvBytes: () => 50, newKvBytes: 50 };
    await meter.during(later, () => pass({ residentBytes: 1850 }));
    expect(meter.largest).toEqual({ bytes: 750, tokens: 100, contextTokens: 200 });
  });

  it('is looked at for larger pieces only, and never for a single token', async () => {
    const single = { ...piece, tokens: 1 };
    await meter.during(single, () => pass({ residentBytes: 9000 }, { residentBytes: 1000 }));
    expect([looks, meter.largest]).toEqual([0, undefined]);
    await meter.during(piece, () => pass({ residentBytes: 1700 }));
    looks = 0;
    await meter.during({ ...piece, tokens: 99, contextTokens: 500 }, () => pass({ residentBytes: 9000 }));
    await meter.during(piece, () => pass({ residentBytes: 9000 }));
    expect([looks, meter.largest?.bytes]).toEqual([0, 650]);
  });

  it('is what it was when a pass fails or a cache was given back, and nothing goes on looking', async () => {
    await meter.during(piece, () => pass({ residentBytes: 1700 }));
    const larger = { ...piece, contextTokens: 300 };
    const failing = meter.during(larger, () => Promise.reject(new Error('cancelled')));
    await expect(failing).rejects.toThrow('cancelled');
    meter.stop();
    await meter.during(larger, () => pass({ residentBytes: 9000 }));
    looks = 0;
    await vi.advanceTimersByTimeAsync(100);
    expect([looks, meter.largest?.bytes]).toEqual([0, 650]);
  });
});
