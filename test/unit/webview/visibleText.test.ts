import { describe, expect, it } from 'vitest';
import { quotedText } from '../../../webview/quotedText.ts';
import { visibleLines } from '../../../webview/visibleLines.ts';
import { visibleText } from '../../../webview/visibleText.ts';

describe('A text of a model', () => {
  it('shows what would be invisible or turn the line', () => {
    expect(visibleText('a\r\nb\tc')).toBe('a↵b⇥c');
    expect(visibleText('x\u202egnp')).toBe('x·gnp');
    expect(visibleText('\u0000\u200b')).toBe('··');
    // Overrides, embeddings, isolates, marks and the Arabic letter mark: each turns what stands beside it.
    expect(visibleText('\u202a\u202d\u2066\u2069\u200e\u061c')).toBe('······');
    expect(visibleText('')).toBe('∅');
  });

  it('keeps its lines where they are to be read, and loses nothing else', () => {
    expect(visibleLines('a\r\nb\rc\n\td')).toBe('a\nb\nc\n\td');
    expect(visibleLines('let x = 1; \u2067// ok')).toBe('let x = 1; ·// ok');
    expect(visibleLines('日本語 עברית 😀')).toBe('日本語 עברית 😀');
  });

  it('shows the spaces at its ends in quotes', () => {
    expect(quotedText('  a b ')).toBe('␣␣a b␣');
    expect(quotedText(' ')).toBe('␣');
  });
});
