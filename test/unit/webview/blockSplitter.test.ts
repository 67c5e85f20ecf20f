import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockSplitter } from '../../../webview/chat/blockSplitter.ts';
import { renderMarkdown, topLevelBlockStarts } from '../../../webview/chat/markdown.ts';

/** Pieces that meet at every corner of the block grammar: openers, closers, blank lines, indents, half markers. */
const fragments = [
  '\n', '\n\n', '\r\n', '\r', ' ', '  ', '    ', '\t', '```', '````', '~~~', '```ts\n', '``', '`code`', '- ', '* ', '1. ',
  '2) ', '10. ', '> ', '# ', '## ', '---', '===', '***', '**bold**', '*em', '| a | b |', '|---|:-:|', 'a | b', '-|-',
  '[link](https://example.com)', '[ref]', '[ref]: https://example.com\n', '![image](https://example.com/i.png)',
  '<think>', '</think>', '<script>alert(1)</script>', '<!-- ', '-->', '<div>', 'word', 'two words', '\\', '&amp;',
  '\0', '🙂', 'שלום', 'https://example.com', '+ ', '    indented', 'let x = 1;\n',
]; // prettier-ignore
const text = fc.array(fc.constantFrom(...fragments), { maxLength: 60 }).map((parts) => parts.join(''));

/** A text together with a way of cutting it into pieces. */
const cutText = text.chain((whole) =>
  fc.array(fc.nat({ max: whole.length }), { maxLength: 30 }).map((cuts) => {
    const offsets = [0, ...cuts.sort((a, b) => a - b), whole.length];
    const pieces = offsets.slice(1).map((end, index) => whole.slice(offsets[index], end));
    return { whole, pieces };
  }),
);

function split(pieces: readonly string[]): string[] {
  const splitter = new BlockSplitter(topLevelBlockStarts);
  const blocks = pieces.flatMap((piece) => [...splitter.push(piece)]);
  return [...blocks, ...splitter.finish()];
}

const renderBlocks = (blocks: readonly string[]) => blocks.map((block) => renderMarkdown(block)).join('');

describe('BlockSplitter', () => {
  it('gives blocks that render to the same as the whole text, for every way of cutting the stream', () => {
    fc.assert(
      fc.property(cutText, ({ whole, pieces }) => {
        expect(renderBlocks(split(pieces))).toBe(renderMarkdown(whole));
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same blocks character by character as at once', () => {
    fc.assert(
      fc.property(text, (whole) => {
        expect(renderBlocks(split([...whole]))).toBe(renderBlocks(split([whole])));
      }),
      { numRuns: 500 },
    );
  });

  it('finishes a paragraph when the next block begins', () => {
    const splitter = new BlockSplitter(topLevelBlockStarts);
    expect(splitter.push('First paragraph.\n\nSec')).toEqual([]);
    expect(splitter.push('ond.\n')).toEqual(['First paragraph.\n\n']);
    expect(splitter.open).toEqual({ kind: 'markdown', source: 'Second.\n' });
  });

  it('lets an open code block grow by appending only', () => {
    fc.assert(
      fc.property(cutText, ({ whole, pieces }) => {
        const splitter = new BlockSplitter(topLevelBlockStarts);
        splitter.push('```ts\n');
        let shown = '';
        for (const piece of pieces) {
          if (splitter.push(piece).length > 0) return;
          const { open } = splitter;
          expect(open.kind).toBe('code');
          if (open.kind !== 'code') return;
          expect(open.code.startsWith(shown), JSON.stringify(whole)).toBe(true);
          shown = open.code;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('holds back a line that may become the closing fence', () => {
    const splitter = new BlockSplitter(topLevelBlockStarts);
    splitter.push('```js\nlet a = 1;\n``');
    expect(splitter.open).toEqual({ kind: 'code', language: 'js', code: 'let a = 1;\n' });
    expect(splitter.push('`\n')).toEqual(['```js\nlet a = 1;\n```\n']);
    expect(splitter.open).toEqual({ kind: 'none' });
  });

  it('shows an unclosed fence as code to the end', () => {
    const blocks = split(['Look:\n\n```\nnever closed\n', '# not a heading\n']);
    expect(blocks).toHaveLength(2);
    expect(renderMarkdown(blocks[1] ?? '')).toContain('# not a heading');
  });

  it('does not turn a paragraph into a heading while a list is being typed under it', () => {
    const splitter = new BlockSplitter(topLevelBlockStarts);
    splitter.push('Steps:\n-');
    expect(splitter.open).toEqual({ kind: 'markdown', source: 'Steps:\n' });
  });

  it('parses an open block only up to its own start again, not the text before it', () => {
    const parsed: number[] = [];
    const splitter = new BlockSplitter((source) => {
      parsed.push(source.length);
      return topLevelBlockStarts(source);
    });
    for (let index = 0; index < 200; index++) splitter.push(`Paragraph ${index}.\n\n`);
    // Two neighbouring paragraphs at most are in the tail: 'Paragraph 199.\n\n' twice.
    expect(Math.max(...parsed)).toBeLessThanOrEqual(2 * 'Paragraph 199.\n\n'.length);
  });
});
