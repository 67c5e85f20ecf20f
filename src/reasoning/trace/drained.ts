/** What a job in steps comes to, done at once. */
export function drained<Result>(job: Generator<undefined, Result>): Result {
  for (;;) {
    const step = job.next();
    if (step.done === true) return step.value;
  }
}
