import { describe, expect, it } from 'vitest';
import { OnceFor } from '../../../src/engine/onceFor.ts';

describe('What is made once for a key', () => {
  it('is made once, also for two who ask at the same time, and again when that is asked for', async () => {
    const once = new OnceFor<number>();
    let made = 0;
    const make = async (): Promise<number> => ++made;
    expect(await Promise.all([once.get('a', make, false), once.get('a', make, false)])).toEqual([1, 1]);
    expect(await once.get('b', make, false)).toBe(2);
    expect(await once.get('a', make, true)).toBe(3);
    expect(await once.get('a', make, false)).toBe(3);
  });

  it('is made again after it failed', async () => {
    const once = new OnceFor<number>();
    await expect(once.get('a', () => Promise.reject(new Error('no driver')), false)).rejects.toThrow(
      'no driver',
    );
    expect(await once.get('a', () => Promise.resolve(1), false)).toBe(1);
  });
});
