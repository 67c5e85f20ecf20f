import { setImmediate } from 'node:timers/promises';

/** A frame at 60 Hz, half of it for others. */
const TURN_MS = 8;

/**
 * Does a long job in turns of a few milliseconds. Between two of them the process does all else that waits: messages, timers,
 * requests of the editor. A turn is as long as a step of the job at least.
 * @param now milliseconds on a steady clock
 */
export async function inTurns<Result>(
  job: Generator<undefined, Result>,
  now: () => number = () => performance.now(),
): Promise<Result> {
  for (;;) {
    const until = now() + TURN_MS;
    do {
      const step = job.next();
      if (step.done === true) return step.value;
    } while (now() < until);
    await setImmediate();
  }
}
