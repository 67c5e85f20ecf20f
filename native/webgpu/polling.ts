import { performance } from 'node:perf_hooks';

/** How long Dawn is asked at every turn of the event loop before it is asked once in a millisecond. */
const SPIN_MS = 2;
const SLEEP_MS = 1;

/**
 * Calls Dawn and polls for it more gently than it does itself.
 *
 * While a promise of Dawn's is pending, its Node binding asks the driver for news in every turn of the event loop, through the
 * global `setImmediate`: that keeps a core busy for as long as the GPU computes. Here it is given another `setImmediate`
 * while it runs, and only then: one that is as quick in the first milliseconds, when short work ends, and sleeps after them.
 * Every call that returns a promise of Dawn's goes through this.
 */
export function polled<Result>(call: () => Result): Result {
  spinUntilMs = performance.now() + SPIN_MS;
  return withGentleImmediate(call);
}

let spinUntilMs = 0;

function withGentleImmediate<Result>(call: () => Result): Result {
  const own = globalThis.setImmediate;
  globalThis.setImmediate = gentle(own);
  try {
    return call();
  } finally {
    globalThis.setImmediate = own;
  }
}

function gentle(own: typeof setImmediate): typeof setImmediate {
  // Dawn's callback takes no parameters.
  const schedule = (tick: (...parameters: never[]) => void): NodeJS.Immediate => {
    // Dawn asks for its next turn from within this one.
    const turn = (): void => {
      withGentleImmediate(() => {
        tick();
      });
    };
    if (performance.now() < spinUntilMs) return own(turn);
    setTimeout(turn, SLEEP_MS);
    // Dawn does not look at what it gets: a handle of an immediate that does nothing.
    return own(() => undefined);
  };
  return Object.assign(schedule, { __promisify__: own.__promisify__ });
}
