import { describe, expect, it } from 'vitest';
import { answerMarkdown } from '../../../../src/extension/refactor/answerMarkdown.ts';

const shown = (answer: string): string => answerMarkdown(answer, (text) => `<${text}>`);

describe('An answer below its code', () => {
  it('is escaped where it is no block of code', () => {
    expect(shown('![x](https://example.com/a.png)\nand <b>')).toBe(
      '<![x](https://example.com/a.png)\nand <b>>',
    );
  });

  it('keeps its blocks of code, and their language', () => {
    expect(shown('Line 2 is wrong:\n\n```typescript\nconst a = 1;\n```\nThat is all.')).toBe(
      '<Line 2 is wrong:>\n\n```typescript\nconst a = 1;\n```\n\n<That is all.>',
    );
  });

  it('shows a block that is not closed yet', () => {
    expect(shown('See:\n```js\nconst a')).toBe('<See:>\n\n```js\nconst a\n```');
  });

  it('cannot be left from inside of a block', () => {
    expect(shown('````\n```\n![x](y)\n````')).toBe('````\n```\n![x](y)\n````');
    expect(shown('~~~\n```\n![x](y)\n~~~')).toBe('````\n```\n![x](y)\n````');
  });

  it('does not end a block at another kind of fence', () => {
    expect(shown('```\na\n~~~\nb\n```')).toBe('```\na\n~~~\nb\n```');
  });
});
