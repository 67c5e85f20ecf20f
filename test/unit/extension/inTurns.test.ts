import { describe, expect, it } from 'vitest';
import { inTurns } from '../../../src/extension/inTurns.ts';

describe('A long job in turns', () => {
  it('gives what it comes to, and lets others in between its turns', async () => {
    let clock = 0;
    const happened: string[] = [];
    function* job(): Generator<undefined, string> {
      for (let step = 1; step <= 6; step++) {
        happened.push(`step ${step}`);
        // Milliseconds: two steps are a turn.
        clock += 5;
        yield;
      }
      return 'done';
    }
    setImmediate(() => {
      happened.push('somebody else');
      setImmediate(() => happened.push('somebody else again'));
    });
    expect(await inTurns(job(), () => clock)).toBe('done');
    expect(happened.slice(0, 2)).toEqual(['step 1', 'step 2']);
    expect(happened.indexOf('somebody else')).toBeLessThan(happened.indexOf('step 5'));
    expect(happened.indexOf('somebody else again')).toBeLessThan(happened.indexOf('step 6'));
  });

  it('does what is short at once', async () => {
    let others = 0;
    setImmediate(() => others++);
    function* job(): Generator<undefined, number> {
      yield;
      return 7;
    }
    // A clock that stands still: no turn is ever over.
    const result = await inTurns(job(), () => 0);
    expect([result, others]).toEqual([7, 0]);
  });

  it('fails as the job does', async () => {
    function* job(): Generator<undefined, never> {
      yield;
      throw new Error('It contradicts itself.');
    }
    await expect(inTurns(job())).rejects.toThrow('It contradicts itself.');
  });
});
