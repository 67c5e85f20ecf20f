import { GlassboxError } from '../protocol/errors.ts';

/**
 * Runs one job at a time, in the order they came. A job that is cancelled while it waits never starts: its
 * promise rejects with `request/cancelled` at once.
 */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Jobs that wait or run. */
  get size(): number {
    return this.#waiting;
  }

  run<T>(job: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#waiting++;
    const previous = this.#last;
    const outcome = (async () => {
      try {
        await untilDoneOrCancelled(previous, signal);
        return await job();
      } finally {
        this.#waiting--;
      }
    })();
    // The next job waits for the running one even if this one gave up its place.
    this.#last = Promise.allSettled([previous, outcome]);
    return outcome;
  }
}

function untilDoneOrCancelled(previous: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = (): void =>
      reject(new GlassboxError('request/cancelled', 'The request was cancelled before its turn came.'));
    if (signal?.aborted) {
      cancel();
      return;
    }
    signal?.addEventListener('abort', cancel, { once: true });
    void previous.finally(() => {
      signal?.removeEventListener('abort', cancel);
      resolve();
    });
  });
}
