import { describe, expect, it } from 'vitest';
import { filterOf } from '../../../../webview/trace/filters.ts';
import { measureOf } from '../../../../webview/trace/measures.ts';
import { searchTokens } from '../../../../webview/trace/searchTokens.ts';
import { traceOf } from './traces.ts';

const four = ['a', 'b', 'c', 'd'];

describe('Tokens coloured', () => {
  it('by probability have a level that rises as it falls, and none where it was not measured', () => {
    const logProbabilities = Float32Array.from([0, Math.log(0.6), Math.log(0.01), NaN]);
    const { labels, levelOf } = measureOf(traceOf(four, { logProbabilities }), 'probability');
    expect([0, 1, 2, 3].map(levelOf)).toEqual([0, 2, 5, undefined]);
    expect(labels).toHaveLength(6);
    expect(labels[2]).toBe('≥ 50 %');
  });

  it('by entropy have a level that rises with it', () => {
    const entropies = Float32Array.from([0, 0.4, 3, NaN]);
    const { labels, levelOf } = measureOf(traceOf(four, { entropies }), 'entropy');
    expect([0, 1, 2, 3].map(levelOf)).toEqual([0, 1, 5, undefined]);
    expect(labels).toHaveLength(6);
  });

  it('by time are compared with the median, and those that took none are not', () => {
    const elapsedMs = Float32Array.from([10, 10, 45, 0]);
    const { levelOf } = measureOf(traceOf(four, { elapsedMs }), 'time');
    expect([0, 1, 2, 3].map(levelOf)).toEqual([1, 1, 5, undefined]);
  });

  it('by origin are of three kinds', () => {
    const { levelOf, labels } = measureOf(
      traceOf(four, { origins: Uint8Array.from([0, 1, 2, 0]) }),
      'origin',
    );
    expect([0, 1, 2, 3].map(levelOf)).toEqual([0, 1, 2, 0]);
    expect(labels).toHaveLength(3);
  });

  it('by expert have the most frequent first-ranked ones of the layer by name', () => {
    const trace = traceOf(four);
    const routing = {
      count: 3,
      layers: [1, 2],
      experts: 4,
      topK: 1,
      chosen: Uint16Array.from([3, 0, 3, 1, 2, 0]),
      weights: Float32Array.from([1, 1, 1, 1, 1, 0]),
    };
    const first = measureOf({ ...trace, routing }, 'expert', 0);
    expect([0, 1, 2, 3].map(first.levelOf)).toEqual([0, 0, 1, undefined]);
    expect(first.labels).toEqual(['expert 3 (2 tokens)', 'expert 2 (1 tokens)']);
    const second = measureOf({ ...trace, routing }, 'expert', 1);
    expect([0, 1, 2].map(second.levelOf)).toEqual([0, 1, undefined]);
  });
});

describe('Tokens filtered', () => {
  it('are those that are asked for', () => {
    const trace = traceOf(four, {
      logProbabilities: Float32Array.from([0, Math.log(0.4), NaN, Math.log(0.9)]),
      origins: Uint8Array.from([0, 1, 2, 0]),
      channels: Uint8Array.from([0, 0, 0, 1]),
    });
    const kept = (kind: Parameters<typeof filterOf>[1]) =>
      [0, 1, 2, 3].filter(filterOf(trace, kind) ?? (() => true));
    expect(kept('all')).toEqual([0, 1, 2, 3]);
    expect(kept('unlikely')).toEqual([1]);
    expect(kept('guessed')).toEqual([1]);
    expect(kept('forced')).toEqual([2]);
    expect(kept('thought')).toEqual([0, 1, 2]);
    expect(kept('answer')).toEqual([3]);
    // Nothing is known of their alternatives.
    expect(kept('notBest')).toEqual([]);
  });
});

describe('Search', () => {
  it('finds text across tokens, whatever its case, at the token where it begins', () => {
    const { tokens } = traceOf(['The ', 'to', 'tal', ' is', ' TOTAL', '.']);
    expect(searchTokens(tokens, 'total')).toEqual([1, 4]);
    expect(searchTokens(tokens, 'is total')).toEqual([3]);
    expect(searchTokens(tokens, 'none')).toEqual([]);
    expect(searchTokens(tokens, '')).toEqual([]);
  });
});
