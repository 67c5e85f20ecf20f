import { describe, expect, it } from 'vitest';
import { countsOf, filesToTryAgain, type Results, withAnotherAttempt } from '../../../scripts/attempts.mjs';

/** As Vitest reports it, less what nobody reads. */
function resultsOf(files: Readonly<Record<string, Readonly<Record<string, string>>>>): Results {
  return {
    testResults: Object.entries(files).map(([name, tests]) => {
      const assertionResults = Object.entries(tests).map(([fullName, status]) => ({ fullName, status }));
      const isFailed =
        assertionResults.length === 0 || assertionResults.some(({ status }) => status === 'failed');
      return { name, status: isFailed ? 'failed' : 'passed', assertionResults };
    }),
  };
}

const walk = { 'opens a file': 'passed', 'asks about it': 'failed', 'closes it': 'skipped' };
const first = resultsOf({ 'e2e/walk.test.ts': walk, 'e2e/other.test.ts': { 'is there': 'passed' } });

describe('another attempt', () => {
  it('is made for a file that failed, and for no other', () => {
    expect(filesToTryAgain(first)).toEqual(['e2e/walk.test.ts']);
    expect(filesToTryAgain(resultsOf({ 'e2e/other.test.ts': { 'is there': 'passed' } }))).toEqual([]);
  });

  it('is made for a file that did not load', () => {
    expect(filesToTryAgain(resultsOf({ 'e2e/walk.test.ts': {} }))).toEqual(['e2e/walk.test.ts']);
  });

  it('is not made where three files failed: that is no chance', () => {
    expect(filesToTryAgain(resultsOf({ a: walk, b: walk, c: walk }))).toEqual([]);
  });

  it('counts each test once, and names those that had failed', () => {
    const second = resultsOf({
      'e2e/walk.test.ts': { 'opens a file': 'passed', 'asks about it': 'passed', 'closes it': 'passed' },
    });
    const { results, passedOnce } = withAnotherAttempt(first, second);
    expect(countsOf(results)).toEqual({ passed: 4, failed: 0, skipped: 0 });
    expect(passedOnce).toEqual(['e2e/walk.test.ts > asks about it']);
  });

  it('fails with what fails a second time', () => {
    const { results, passedOnce } = withAnotherAttempt(first, resultsOf({ 'e2e/walk.test.ts': walk }));
    expect(countsOf(results)).toEqual({ passed: 2, failed: 1, skipped: 1 });
    expect(passedOnce).toEqual([]);
  });

  it('fails with what failed at first and was not seen to pass', () => {
    const skipped = { 'opens a file': 'passed', 'asks about it': 'skipped', 'closes it': 'skipped' };
    const { results, passedOnce } = withAnotherAttempt(first, resultsOf({ 'e2e/walk.test.ts': skipped }));
    expect(countsOf(results)).toEqual({ passed: 2, failed: 1, skipped: 1 });
    expect(passedOnce).toEqual([]);
  });

  it('passes what was seen to pass in either attempt, and names it', () => {
    const second = { 'opens a file': 'failed', 'asks about it': 'passed', 'closes it': 'failed' };
    const { results, passedOnce } = withAnotherAttempt(first, resultsOf({ 'e2e/walk.test.ts': second }));
    expect(countsOf(results)).toEqual({ passed: 3, failed: 1, skipped: 0 });
    expect(passedOnce).toEqual(['e2e/walk.test.ts > opens a file', 'e2e/walk.test.ts > asks about it']);
  });

  it('fails with what failed at first and is not there any more', () => {
    const { results } = withAnotherAttempt(
      first,
      resultsOf({ 'e2e/walk.test.ts': { 'opens a file': 'passed' } }),
    );
    expect(countsOf(results)).toEqual({ passed: 2, failed: 1, skipped: 1 });
  });

  it('is made of what two attempts failed in, and passes what passes in the third', () => {
    const later = { 'opens a file': 'passed', 'asks about it': 'passed', 'closes it': 'failed' };
    const both = withAnotherAttempt(first, resultsOf({ 'e2e/walk.test.ts': later }));
    expect(countsOf(both.results)).toEqual({ passed: 3, failed: 1, skipped: 0 });
    expect(filesToTryAgain(both.results)).toEqual(['e2e/walk.test.ts']);
    const last = { 'opens a file': 'passed', 'asks about it': 'passed', 'closes it': 'passed' };
    const { results, passedOnce } = withAnotherAttempt(both.results, resultsOf({ 'e2e/walk.test.ts': last }));
    expect(countsOf(results)).toEqual({ passed: 4, failed: 0, skipped: 0 });
    expect(filesToTryAgain(results)).toEqual([]);
    expect([...both.passedOnce, ...passedOnce]).toEqual([
      'e2e/walk.test.ts > asks about it',
      'e2e/walk.test.ts > closes it',
    ]);
  });

  it('leaves the first result where the file does not load the second time, or did not run', () => {
    for (const second of [resultsOf({ 'e2e/walk.test.ts': {} }), resultsOf({})]) {
      expect(countsOf(withAnotherAttempt(first, second).results)).toEqual({
        passed: 2,
        failed: 1,
        skipped: 1,
      });
    }
  });

  describe('of a file that does not close', () => {
    const [closed] = resultsOf({ 'e2e/walk.test.ts': { 'opens a file': 'passed' } }).testResults;
    if (!closed) throw new Error('There is one file.');
    const good: Results = { testResults: [closed] };
    const open: Results = { testResults: [{ ...closed, status: 'failed' }] };
    const failed = resultsOf({ 'e2e/walk.test.ts': { 'opens a file': 'failed' } });

    it('names the file when it closes', () => {
      const { results, passedOnce } = withAnotherAttempt(open, good);
      expect(countsOf(results)).toEqual({ passed: 1, failed: 0, skipped: 0 });
      expect(passedOnce).toEqual(['e2e/walk.test.ts']);
    });

    it('is made once more when it does not close again, or a test fails meanwhile', () => {
      for (const [first, second] of [
        [open, open],
        [open, failed],
        [failed, open],
      ] as const) {
        const both = withAnotherAttempt(first, second);
        expect(countsOf(both.results)).toEqual({ passed: 1, failed: 1, skipped: 0 });
        expect(filesToTryAgain(both.results)).toEqual(['e2e/walk.test.ts']);
        const { results, passedOnce } = withAnotherAttempt(both.results, good);
        expect(countsOf(results)).toEqual({ passed: 1, failed: 0, skipped: 0 });
        expect(passedOnce).toEqual(['e2e/walk.test.ts']);
        expect(filesToTryAgain(results)).toEqual([]);
      }
    });
  });

  it('names a file that loads only the second time', () => {
    const { results, passedOnce } = withAnotherAttempt(
      resultsOf({ 'e2e/walk.test.ts': {} }),
      resultsOf({ 'e2e/walk.test.ts': { 'opens a file': 'passed' } }),
    );
    expect(countsOf(results)).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(passedOnce).toEqual(['e2e/walk.test.ts']);
  });
});
