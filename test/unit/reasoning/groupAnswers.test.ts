import { describe, expect, it } from 'vitest';
import { groupAnswers } from '../../../src/reasoning/answers/groupAnswers.ts';

const members = (answers: readonly string[]): (readonly number[])[] =>
  groupAnswers(answers).groups.map((group) => group.members);

describe('answers to one question', () => {
  it('are one group when they come to the same, however they say it', () => {
    expect(
      members([
        'Divide by 3.\n\n\\[\n\\boxed{x = 5}\n\\]',
        'So **the answer is 5**.',
        'Long story. The answer is: $5.0$.',
        '5',
        'The answer is 6.',
      ]),
    ).toEqual([[0, 1, 2, 3], [4]]);
  });

  it('are told apart by their last block of code, not by what stands around it', () => {
    const code = '```js\nreturn a + b;\n```';
    expect(
      members([
        `Try this:\n\n${code}`,
        `First I had\n\n\`\`\`js\nreturn a;\n\`\`\`\n\nbut better:\n\n${code}\n\nDone.`,
        '~~~\n    return a + b;   \n\n~~~',
        '```js\nreturn A + b;\n```',
      ]),
    ).toEqual([[0, 1, 2], [3]]);
  });

  it('are compared whole where they name no value', () => {
    expect(members(['It returns the  sum.', '**It returns the sum**', 'It returns the product.'])).toEqual([
      [0, 1],
      [2],
    ]);
  });

  it('have a majority when one group is larger than every other', () => {
    const { groups, majority } = groupAnswers(['7', 'The answer is 8.', '8', '9', '7', 'Answer: 8']);
    expect(majority).toBe(0);
    expect(groups).toEqual([
      { value: '8', members: [1, 2, 5] },
      { value: '7', members: [0, 4] },
      { value: '9', members: [3] },
    ]);
  });

  it('have none in a tie, and none where nobody answered', () => {
    expect(groupAnswers(['7', '8'])).toEqual({
      groups: [
        { value: '7', members: [0] },
        { value: '8', members: [1] },
      ],
    });
    expect(groupAnswers([])).toEqual({ groups: [] });
  });

  it('may be anything', () => {
    const odd = ['', '```', '\\boxed{', '\\boxed{{}', 'answer is', '\\boxed{}', '💡'.repeat(3000)];
    expect(members(odd).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});
