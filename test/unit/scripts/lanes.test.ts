import { describe, expect, it } from 'vitest';
import { lanes } from '../../../scripts/lanes.mjs';

/** A job that ends when it is told to. */
function controlled(): { readonly job: () => Promise<string>; readonly end: (result: string) => void } {
  let end: (result: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (end = resolve));
  return { job: () => ended, end };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Lanes', () => {
  it('run as many jobs at a time as there are lanes, in their order', async () => {
    const inLane = lanes(2);
    const started: number[] = [];
    const jobs = [controlled(), controlled(), controlled(), controlled()];
    const results = jobs.map(({ job }, index) =>
      inLane(() => {
        started.push(index);
        return job();
      }),
    );
    await settled();
    expect(started).toEqual([0, 1]);
    jobs[1]?.end('second');
    await settled();
    expect(started).toEqual([0, 1, 2]);
    jobs[0]?.end('first');
    jobs[2]?.end('third');
    jobs[3]?.end('fourth');
    expect(await Promise.all(results)).toEqual(['first', 'second', 'third', 'fourth']);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('go on with the next job when one fails, and tell whoever gave it', async () => {
    const inLane = lanes(1);
    const failed = inLane(() => Promise.reject(new Error('no disk')));
    const next = inLane(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('no disk');
    expect(await next).toBe('done');
  });

  it('are free again when nothing waits', async () => {
    const inLane = lanes(1);
    expect(await inLane(() => Promise.resolve(1))).toBe(1);
    expect(await inLane(() => Promise.resolve(2))).toBe(2);
  });
});
