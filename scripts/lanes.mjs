/**
 * Runs jobs in the order in which they are given, so many at a time.
 * @param {number} count
 * @returns {<Result>(job: () => Promise<Result>) => Promise<Result>} resolves or rejects as the job does
 */
export function lanes(count) {
  let free = count;
  /** @type {(() => void)[]} */
  const waiting = [];
  return async (job) => {
    if (free > 0) free -= 1;
    else await /** @type {Promise<void>} */ (new Promise((resolve) => waiting.push(resolve)));
    try {
      return await job();
    } finally {
      // The lane goes to whoever waits, or is free again.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
