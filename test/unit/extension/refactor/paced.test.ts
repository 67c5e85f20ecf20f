import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paced } from '../../../../src/extension/refactor/paced.ts';

describe('Something that is paced', () => {
  let runs: number[];
  let paced: Paced;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    runs = [];
    paced = new Paced(() => runs.push(Date.now()), 500);
  });
  afterEach(() => {
    paced.dispose();
    vi.useRealTimers();
  });

  it('runs at once at the first request', () => {
    paced.request();
    expect(runs).toEqual([0]);
  });

  it('leaves gaps while requests come faster, and answers the last of them', () => {
    for (let ms = 0; ms <= 1200; ms += 80) {
      paced.request();
      vi.advanceTimersByTime(80);
    }
    vi.advanceTimersByTime(10_000);
    expect(runs).toEqual([0, 500, 1000, 1500]);
  });

  it('runs at once again after a pause', () => {
    paced.request();
    vi.advanceTimersByTime(500);
    expect(runs).toEqual([0]);
    paced.request();
    expect(runs).toEqual([0, 500]);
  });

  it('runs now when that is asked for, which answers what waited', () => {
    paced.request();
    paced.request();
    vi.advanceTimersByTime(100);
    paced.now();
    vi.advanceTimersByTime(10_000);
    expect(runs).toEqual([0, 100]);
  });

  it('runs no more once it is disposed of', () => {
    paced.request();
    paced.request();
    paced.dispose();
    vi.advanceTimersByTime(10_000);
    expect(runs).toEqual([0]);
  });
});
