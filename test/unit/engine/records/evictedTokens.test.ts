import { describe, expect, it } from 'vitest';
import { EvictedTokens } from '../../../../src/engine/records/evictedTokens.ts';

const answer = (firstPosition: number, tokens: readonly number[]) => ({
  firstPosition,
  tokens,
  phases: tokens.map(() => 'answer' as const),
});

describe('evicted tokens', () => {
  it('are given back as they were', () => {
    const evicted = new EvictedTokens(10);
    const gone = { firstPosition: 7, tokens: [70_000, 2], phases: ['thought', 'answer'] as const };
    evicted.add(3, gone);
    expect(evicted.get(3)).toEqual(gone);
    expect(evicted.get(4)).toBeUndefined();
  });

  it('make room from the oldest on when there are too many', () => {
    const evicted = new EvictedTokens(5);
    evicted.add(0, answer(0, [1, 2]));
    evicted.add(1, answer(0, [3, 4]));
    evicted.add(2, answer(0, [5, 6]));
    expect([0, 1, 2].map((id) => evicted.readable(id))).toEqual([0, 2, 2]);
    expect(evicted.get(0)).toBeUndefined();
  });

  it('keep the beginning of an eviction that is larger than all room', () => {
    const evicted = new EvictedTokens(3);
    evicted.add(0, answer(4, [1, 2, 3, 4, 5]));
    expect(evicted.get(0)).toMatchObject({ firstPosition: 4, tokens: [1, 2, 3] });
    evicted.add(1, answer(4, [6]));
    expect([0, 1].map((id) => evicted.readable(id))).toEqual([0, 1]);
  });
});
