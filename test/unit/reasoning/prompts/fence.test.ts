import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { fence } from '../../../../src/reasoning/prompts/fence.ts';

describe('A fence', () => {
  it('is longer than any run of backticks inside', () => {
    expect(fence('a', 'ts')).toBe('```ts\na\n```');
    expect(fence('x ```` y', '')).toBe('`````\nx ```` y\n`````');
  });

  it('holds any text as one block of code, as a Markdown parser reads it', () => {
    // CommonMark replaces NUL and normalizes line ends, so neither is part of what a block can give back.
    const line = fc.string({ unit: fc.constantFrom('`', '~', ' ', 'a', '#', '\n', '<', '\t', 'é') });
    fc.assert(
      fc.property(line, (text) => {
        const tokens = new MarkdownIt().parse(fence(text, 'ts'), {});
        expect(tokens.map(({ type }) => type)).toEqual(['fence']);
        expect(tokens[0]?.content).toBe(text.endsWith('\n') ? text : `${text}\n`);
      }),
    );
  });
});
