import { describe, expect, it } from 'vitest';
import { blockLines, parseAnswer } from '../../../../bench/evaluation/markdownAnswer.ts';

describe('an answer taken apart', () => {
  it('has the text around its block, and the block without white space at line ends', () => {
    expect(parseAnswer('It prints:  \n\n```js  \na \t\n\n  b\n```\n\nThere. ')).toEqual({
      lead: 'It prints:',
      blocks: [{ tag: 'js', lines: ['a', '', '  b'], closed: true }],
      rest: 'There.',
    });
  });

  it('reads every kind of line break', () => {
    const { blocks } = parseAnswer('```\r\n1\r\n2\r3\n```\r\n');
    expect(blocks).toEqual([{ tag: '', lines: ['1', '2', '3'], closed: true }]);
  });

  it('has a block that is empty', () => {
    expect(parseAnswer('```\n```').blocks).toEqual([{ tag: '', lines: [], closed: true }]);
  });

  it('notices a block that nothing closes', () => {
    expect(parseAnswer('```js\nconst a = 1;').blocks).toEqual([
      { tag: 'js', lines: ['const a = 1;'], closed: false },
    ]);
  });

  it('closes a longer fence only with one as long', () => {
    expect(parseAnswer('````\n```\ninside\n```\n````').blocks).toEqual([
      { tag: '', lines: ['```', 'inside', '```'], closed: true },
    ]);
  });

  it('keeps code between backticks in a sentence a sentence', () => {
    expect(parseAnswer('It returns `x`, or ```y```.')).toEqual({
      lead: 'It returns `x`, or ```y```.',
      blocks: [],
      rest: '',
    });
  });

  it('does not take code that is indented like code for a fence', () => {
    expect(parseAnswer('    ```\n').blocks).toEqual([]);
  });

  it('finds two blocks', () => {
    expect(parseAnswer('```\n1\n```\nor\n```\n2\n```').blocks.map(({ lines }) => lines)).toEqual([
      ['1'],
      ['2'],
    ]);
  });
});

describe('the lines of a block', () => {
  it('count a final line break to the line before it', () => {
    expect(blockLines('a\nb\n')).toEqual(blockLines('a \r\nb'));
    expect(blockLines('a\n\n')).toEqual(['a', '']);
  });
});
