import { describe, expect, it } from 'vitest';
import { SerialQueue } from '../../../src/engine/serialQueue.ts';

function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('the serial queue', () => {
  it('runs jobs one at a time, in the order they came', async () => {
    const queue = new SerialQueue();
    const log: string[] = [];
    const first = gate();
    const jobs = [
      queue.run(async () => {
        log.push('first begins');
        await first.opened;
        log.push('first ends');
      }),
      queue.run(async () => void log.push('second')),
    ];
    await Promise.resolve();
    first.open();
    await Promise.all(jobs);
    expect(log).toEqual(['first begins', 'first ends', 'second']);
  });

  it('rejects a job at once that is cancelled while it waits, and never starts it', async () => {
    const queue = new SerialQueue();
    const first = gate();
    const running = queue.run(() => first.opened);
    const cancellation = new AbortController();
    let started = false;
    const waiting = queue.run(async () => {
      started = true;
    }, cancellation.signal);
    cancellation.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'request/cancelled' });
    first.open();
    await running;
    expect(started).toBe(false);
  });

  it('does not let a later job overtake the running one when the one between gives up', async () => {
    const queue = new SerialQueue();
    const first = gate();
    const log: string[] = [];
    const running = queue.run(async () => {
      await first.opened;
      log.push('first');
    });
    const cancellation = new AbortController();
    const second = queue.run(async () => undefined, cancellation.signal);
    const third = queue.run(async () => void log.push('third'));
    cancellation.abort();
    await expect(second).rejects.toMatchObject({ code: 'request/cancelled' });
    first.open();
    await Promise.all([running, third]);
    expect(log).toEqual(['first', 'third']);
  });

  it('goes on after a job that failed', async () => {
    const queue = new SerialQueue();
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(queue.run(async () => 'yes')).resolves.toBe('yes');
    expect(queue.size).toBe(0);
  });
});
