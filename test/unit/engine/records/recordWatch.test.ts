import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordWatch } from '../../../../src/engine/records/recordWatch.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the watch over records', () => {
  const watchWith = (): { watch: RecordWatch; told: [string, number][] } => {
    const told: [string, number][] = [];
    const start = Date.now();
    const now = (): number => Date.now() - start;
    return { watch: new RecordWatch((id) => told.push([id, now()]), now), told };
  };

  it('tells the first change at once, then at most one in 100 ms, and the last one always', () => {
    const { watch, told } = watchWith();
    watch.watch('a');
    for (let ms = 0; ms < 250; ms += 10) {
      watch.changed('a');
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([
      ['a', 0],
      ['a', 100],
      ['a', 200],
      ['a', 300],
    ]);
  });

  it('tells nothing of conversations that nobody watches', () => {
    const { watch, told } = watchWith();
    watch.watch('a');
    watch.changed('b');
    watch.changed('a');
    watch.changed('a');
    watch.unwatch('a');
    watch.changed('a');
    vi.advanceTimersByTime(1000);
    expect(told).toEqual([['a', 0]]);
  });

  it('keeps conversations apart', () => {
    const { watch, told } = watchWith();
    watch.watch('a');
    watch.watch('b');
    watch.changed('a');
    vi.advanceTimersByTime(50);
    watch.changed('b');
    expect(told).toEqual([
      ['a', 0],
      ['b', 50],
    ]);
  });
});
