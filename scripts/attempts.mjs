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

/** How often a file is tried in all. */
export const MOST_ATTEMPTS = 3;

/** More failed files than these are not tried again: that is no chance, and would take as long as the suite. */
const mostFiles = 2;

/**
 * Which files of a suite are worth another attempt.
 * @param {Results} results
 * @returns {readonly string[]} paths; none where nothing failed or too much did
 */
export function filesToTryAgain(results) {
  const failed = results.testResults.filter(hasFailed).map(({ name }) => name);
  return failed.length <= mostFiles ? failed : [];
}

/**
 * @param {Results} results
 * @returns {Counts} a file that fails beside its tests (it does not load, or does not close) counts as one failure
 */
export function countsOf({ testResults }) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of testResults) {
    if (failsBesideTests(file)) counts.failed += 1;
    for (const result of file.assertionResults) counts[outcome(result.status)] += 1;
  }
  return counts;
}

/**
 * Two attempts as one (the first of them may be such a one, too): of a file that was tried again, each test counts once, as passed when
 * it was seen to pass in either. One that failed and was skipped the other time, or was not there, has failed.
 * @param {Results} first
 * @param {Results} second
 * @returns {{ readonly results: Results, readonly passedOnce: readonly string[] }} `passedOnce`: tests that passed in one attempt and
 *   failed in the other, as `FILE > TEST`; a file that did not load or did not close at first by its name
 */
export function withAnotherAttempt(first, second) {
  /** @type {string[]} */
  const passedOnce = [];
  const testResults = first.testResults.map((before) => {
    const after = second.testResults.find(({ name }) => name === before.name);
    if (!hasFailed(before) || !after || after.assertionResults.length === 0) return before;
    if (failsBesideTests(before) && !hasFailed(after)) passedOnce.push(before.name);
    const names = new Set(
      [...before.assertionResults, ...after.assertionResults].map(({ fullName }) => fullName),
    );
    const assertionResults = [...names].map((fullName) => {
      const outcomes = [before, after].flatMap((attempt) => outcomeIn(attempt, fullName) ?? []);
      if (outcomes.includes('passed') && outcomes.includes('failed'))
        passedOnce.push(`${before.name} > ${fullName}`);
      const status = outcomes.includes('passed')
        ? 'passed'
        : outcomes.includes('failed')
          ? 'failed'
          : 'skipped';
      return { fullName, status };
    });
    // Whether a file whose tests failed would have closed is not known.
    const isClosed = !failsBesideTests(after) && !(failsBesideTests(before) && hasFailed(after));
    const isPassed = isClosed && assertionResults.every(({ status }) => status !== 'failed');
    return { name: before.name, status: isPassed ? 'passed' : 'failed', assertionResults };
  });
  return { results: { ...first, testResults }, passedOnce };
}

/**
 * @param {FileResult} file
 * @param {string} test
 * @returns {keyof Counts | undefined}
 */
function outcomeIn({ assertionResults }, test) {
  const found = assertionResults.find(({ fullName }) => fullName === test);
  return found && outcome(found.status);
}

/**
 * Whether it is not a test that failed: the file does not load, or does not close.
 * @param {FileResult} file
 */
function failsBesideTests(file) {
  return hasFailed(file) && file.assertionResults.every(({ status }) => outcome(status) !== 'failed');
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
