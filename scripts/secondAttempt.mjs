/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * What is used of the report of Vitest's JSON reporter.
 * @typedef {{
 *   readonly name: string,
 *   readonly status: string,
 *   readonly assertionResults: readonly { readonly fullName: string, readonly status: string }[],
 * }} FileResult `name` is the path of a test file; a file that does not load has failed and has no tests
 * @typedef {{ readonly testResults: readonly FileResult[] }} Results
 */

/** More failed files than these are not tried again: that is no chance, and would take as long as the suite. */
const mostFiles = 2;

/**
 * Which files of a suite are worth a second attempt.
 * @param {Results} results
 * @returns {readonly string[]} paths; none where nothing failed or too much did
 */
export function filesToTryAgain(results) {
  const failed = results.testResults.filter(hasFailed).map(({ name }) => name);
  return failed.length <= mostFiles ? failed : [];
}

/**
 * @param {Results} results
 * @returns {Counts} a file that does not load counts as one failure
 */
export function countsOf({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { status, assertionResults } of testResults) {
    if (status === 'failed' && assertionResults.length === 0) counts.failed += 1;
    for (const result of assertionResults) counts[outcome(result.status)] += 1;
  }
  return counts;
}

/**
 * Two attempts as one: of a file that was tried again, each test counts once, by its second result. One that failed passes
 * only if it was seen to pass: skipped the second time, or gone with a file that did not load, it has failed twice.
 * @param {Results} first
 * @param {Results} second
 * @returns {{ readonly results: Results, readonly passedLater: readonly string[] }} `passedLater`: tests that failed at first, as
 *   `FILE > TEST`; a file that did not load or did not close at first by its name
 */
export function withSecondAttempt(first, second) {
  /** @type {string[]} */
  const passedLater = [];
  const testResults = first.testResults.map((before) => {
    const after = second.testResults.find(({ name }) => name === before.name);
    if (!hasFailed(before) || !after || after.assertionResults.length === 0) return before;
    const failedBefore = before.assertionResults.filter(({ status }) => outcome(status) === 'failed');
    if (failedBefore.length === 0 && !hasFailed(after)) passedLater.push(before.name);
    const assertionResults = after.assertionResults.map((test) => {
      if (!failedBefore.some(({ fullName }) => fullName === test.fullName)) return test;
      if (outcome(test.status) === 'passed') {
        passedLater.push(`${before.name} > ${test.fullName}`);
        return test;
      }
      return { ...test, status: 'failed' };
    });
    const gone = failedBefore.filter(
      ({ fullName }) => !assertionResults.some((test) => test.fullName === fullName),
    );
    return { ...after, assertionResults: [...assertionResults, ...gone] };
  });
  return { results: { ...first, testResults }, passedLater };
}

/** @param {FileResult} file */
function hasFailed({ status }) {
  return status === 'failed';
}

/**
 * @param {string} status
 * @returns {keyof Counts}
 */
function outcome(status) {
  return status === 'passed' || status === 'failed' ? status : 'skipped';
}
