import { describe, expect, it } from 'vitest';
import { answerParts } from '../../../src/reasoning/answers/codeBlocks.ts';

describe('An answer taken apart', () => {
  it('has its blocks, each with its tag and its lines as they are, and the lines around them', () => {
    expect(answerParts('One:\n\n```js title\n  a \n\n```\nTwo:\n~~~\nb\n~~~\nend')).toEqual({
      blocks: [
        { tag: 'js title', lines: ['  a ', ''], closed: true },
        { tag: '', lines: ['b'], closed: true },
      ],
      around: [['One:', ''], ['Two:'], ['end']],
    });
  });

  it('takes the indentation of a fence from its lines, as far as they have it', () => {
    expect(answerParts('1. So:\n   ```js\n   a\n     b\n c\n   ```').blocks).toEqual([
      { tag: 'js', lines: ['a', '  b', 'c'], closed: true },
    ]);
  });

  it('does not take one kind of fence, or a shorter one, for the end of another', () => {
    expect(answerParts('~~~\n```\na\n```\n~~~').blocks).toEqual([
      { tag: '', lines: ['```', 'a', '```'], closed: true },
    ]);
    expect(answerParts('````\n```\n````').blocks).toEqual([{ tag: '', lines: ['```'], closed: true }]);
  });

  it('says when a block is not closed', () => {
    expect(answerParts('```\na').blocks).toEqual([{ tag: '', lines: ['a'], closed: false }]);
  });

  it('reads every kind of line break', () => {
    expect(answerParts('a\r\n```\rb\r```').blocks).toEqual([{ tag: '', lines: ['b'], closed: true }]);
  });
});
