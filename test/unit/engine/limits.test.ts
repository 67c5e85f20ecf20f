import { describe, expect, it } from 'vitest';
import { replyReserve } from '../../../src/engine/replyReserve.ts';
import { thoughtBudget } from '../../../src/engine/thoughtBudget.ts';

describe('the budget of a thought', () => {
  it('is what the user says, also when that is no limit', () => {
    expect(thoughtBudget({ mode: 'force', budgetTokens: 7 }, true, 1000)).toBe(7);
    expect(thoughtBudget({ mode: 'force', budgetTokens: 0 }, true, 1000)).toBe(0);
  });

  it('has no limit for a model that thinks by itself', () => {
    expect(thoughtBudget({ mode: 'auto' }, false, 1000)).toBe(0);
  });

  it('leaves half of the reply to the answer when the thought is forced', () => {
    expect(thoughtBudget({ mode: 'force' }, true, 100)).toBe(50);
    expect(thoughtBudget({ mode: 'force' }, true, 100_000)).toBe(512);
  });
});

describe('the reserve for a reply', () => {
  it('is a quarter of a small context and 512 tokens of a large one', () => {
    expect(replyReserve(400, undefined)).toBe(100);
    expect(replyReserve(8192, undefined)).toBe(512);
  });

  it('is no more than the reply may take', () => {
    expect(replyReserve(8192, 16)).toBe(16);
  });
});
