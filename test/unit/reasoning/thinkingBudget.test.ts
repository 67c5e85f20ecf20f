import { describe, expect, it } from 'vitest';
import { ReasoningStream } from '../../../src/reasoning/reasoningStream.ts';
import { closingText, ThinkingBudget } from '../../../src/reasoning/thinkingBudget.ts';

/** Reasons for tokens that never repeat. */
const reasons = (budget: ThinkingBudget, count: number) =>
  Array.from({ length: count }, (_, i) => budget.push(i));

describe('ThinkingBudget', () => {
  it('closes the thought after the last token of the budget', () => {
    const budget = new ThinkingBudget({ budgetTokens: 3 });
    expect(reasons(budget, 3)).toEqual([undefined, undefined, 'budget']);
    expect(budget.tokens).toBe(3);
  });

  it('has no limit at 0', () => {
    expect(
      reasons(new ThinkingBudget({ budgetTokens: 0 }), 5000).every((reason) => reason === undefined),
    ).toBe(true);
  });

  it('closes it when the user wants the answer, even when the budget is spent too', () => {
    const budget = new ThinkingBudget({ budgetTokens: 1 });
    budget.answerNow();
    expect(budget.push(1)).toBe('answerNow');
  });

  it('closes a loop and says what repeats', () => {
    const budget = new ThinkingBudget({ budgetTokens: 0, repetition: { minTokens: 12, minRepeats: 3 } });
    const seen = Array.from({ length: 12 }, (_, i) => budget.push(i % 4));
    expect(seen.slice(0, 11).every((reason) => reason === undefined)).toBe(true);
    expect(seen[11]).toBe('loop');
    expect(budget.loop).toEqual({ period: 4, repeats: 3 });
  });
});

describe('closingText', () => {
  it.each(['So it is', 'So it is\n', 'It is `', 'It is </thi'])(
    'closes a thought that ends in %j',
    (thought) => {
      const stream = new ReasoningStream({ startsInThought: true });
      const events = [
        ...stream.push(thought),
        ...stream.push(closingText()),
        ...stream.push('Yes'),
        ...stream.end(),
      ];
      const text = (channel: string) =>
        events
          .map((event) => (event.type === 'text' && event.channel === channel ? event.text : ''))
          .join('');
      expect(text('thought')).toBe(thought.trimEnd());
      expect(text('answer')).toBe('Yes');
    },
  );
});
