import { describe, expect, it } from 'vitest';
import { sameLine } from '../../../../src/extension/refactor/sameLine.ts';

describe('The same line of another text', () => {
  const text = 'one\ntwo\nthree\n';

  it('is found where all line endings became longer, or shorter', () => {
    const other = text.replaceAll('\n', '\r\n');
    expect(other.slice(sameLine(text, text.indexOf('three'), other))).toBe('three\r\n');
    expect(text.slice(sameLine(other, other.indexOf('two'), text))).toBe('two\nthree\n');
  });

  it('is the first one for the first one', () => {
    expect(sameLine(text, 0, 'other')).toBe(0);
  });

  it('is the end of a text that has fewer lines', () => {
    expect(sameLine(text, text.indexOf('three'), 'a\nb')).toBe(3);
  });
});
