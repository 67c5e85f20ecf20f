import { describe, expect, it } from 'vitest';
import { layoutRows, rowOf } from '../../../../webview/trace/tokenRows.ts';
import { scrollFor, visibleRange } from '../../../../webview/trace/visibleRange.ts';
import { traceOf } from './traces.ts';

const rowsOf = (texts: readonly string[], columns: number, channels?: readonly number[]): number[] => [
  ...layoutRows(traceOf(texts, channels ? { channels: Uint8Array.from(channels) } : {}).tokens, columns)
    .starts,
];

describe('Rows of tokens', () => {
  it('end where a token does not fit, after a line break, and where the answer begins', () => {
    expect(rowsOf(['aaa', 'bbb', 'ccc'], 6)).toEqual([0, 2, 3]);
    expect(rowsOf(['a', 'b\n', 'c'], 80)).toEqual([0, 2, 3]);
    expect(rowsOf(['a', 'b', 'c'], 80, [0, 0, 1])).toEqual([0, 2, 3]);
  });

  it('hold a token that is longer than any row on its own', () => {
    expect(rowsOf(['a', 'x'.repeat(100), 'b'], 20)).toEqual([0, 1, 2, 3]);
  });

  it('have each token once, in order, however many there are', () => {
    const texts = Array.from({ length: 50_000 }, (_, index) =>
      index % 37 === 0 ? '\n' : ` w${index % 100}`,
    );
    const rows = layoutRows(traceOf(texts).tokens, 80);
    expect(rows.starts[0]).toBe(0);
    expect(rows.starts.at(-1)).toBe(50_000);
    for (const token of [0, 1, 36, 37, 25_000, 49_999]) {
      const row = rowOf(rows, token);
      expect(rows.starts[row]).toBeLessThanOrEqual(token);
      expect(rows.starts[row + 1]).toBeGreaterThan(token);
    }
  });

  it('are none where there are no tokens', () => {
    const rows = layoutRows(traceOf([]).tokens, 80);
    expect(rows.rows).toBe(0);
    expect(rowOf(rows, 0)).toBe(0);
  });
});

describe('What is drawn of many rows', () => {
  const viewport = (scrollTop: number) => ({ scrollTop, height: 440, rowHeight: 22 });

  it('is what is seen and a little around it, never more', () => {
    const { first, end } = visibleRange(4000, viewport(22 * 1000));
    expect(first).toBeLessThanOrEqual(1000);
    expect(end).toBeGreaterThanOrEqual(1020);
    expect(end - first).toBeLessThan(60);
  });

  it('stays within the rows that there are', () => {
    expect(visibleRange(5, viewport(0))).toEqual({ first: 0, end: 5 });
    expect(visibleRange(0, viewport(100))).toEqual({ first: 0, end: 0 });
    const beyond = visibleRange(10, viewport(22 * 100));
    expect(beyond.end).toBe(10);
    expect(beyond.first).toBeLessThanOrEqual(10);
  });

  it('is moved for a row that is not seen, and only then', () => {
    expect(scrollFor(5, viewport(0))).toBeUndefined();
    expect(scrollFor(20, viewport(0))).toBe(22);
    expect(scrollFor(0, viewport(22))).toBe(0);
    // Far away: in the middle.
    expect(scrollFor(500, viewport(0))).toBe(500 * 22 - 209);
  });
});
