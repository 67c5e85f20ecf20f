import { describe, expect, it } from 'vitest';
import { isAtHunk } from '../../../../src/extension/refactor/shownHunks.ts';
import { hunksOf } from '../../../../src/refactor/hunks.ts';

describe('A cursor', () => {
  const [changed] = hunksOf('a\nb\nc\n', 'a\nB\nC\n');
  const [added] = hunksOf('a\nb\n', 'a\nnew\nb\n');
  if (!changed || !added) throw new Error('There are no hunks.');

  it('is at a change on the lines that go', () => {
    const shown = { hunk: changed, line: 11, removed: 2 };
    expect([10, 11, 12, 13].map((line) => isAtHunk(shown, line))).toEqual([false, true, true, false]);
  });

  it('is at lines that come on the lines before and behind them', () => {
    const shown = { hunk: added, line: 11, removed: 0 };
    expect([9, 10, 11, 12].map((line) => isAtHunk(shown, line))).toEqual([false, true, true, false]);
  });
});
