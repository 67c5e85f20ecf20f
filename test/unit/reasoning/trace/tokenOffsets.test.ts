import { describe, expect, it } from 'vitest';
import { tokenAtOffset, tokenOffsets } from '../../../../src/reasoning/trace/tokenOffsets.ts';

describe('Where tokens begin in a text', () => {
  it('is counted behind the tag and the line break that are no part of it', () => {
    const offsets = tokenOffsets('a > b', ['<th', 'ink', '>', '\n', 'a', ' >', ' b', '\n', '</think>']);
    expect([...offsets]).toEqual([0, 0, 0, 0, 0, 1, 3, 5, 5]);
  });

  it('is found again behind a character that several tokens write', () => {
    const offsets = tokenOffsets('so 🙂 is fine', ['so', ' \uFFFD', '\uFFFD', '\uFFFD', ' is', ' fine']);
    expect([...offsets]).toEqual([0, 2, 3, 3, 5, 8]);
  });

  it('ascends and stays in the text, whatever the tokens say', () => {
    const offsets = tokenOffsets('abc', ['x', 'abc', '\uFFFD', 'abc', 'abc']);
    expect([...offsets]).toEqual([...offsets].sort((a, b) => a - b));
    expect(Math.max(...offsets)).toBeLessThanOrEqual(3);
    expect([...tokenOffsets('abc', [])]).toEqual([]);
  });

  it('says which token holds a place', () => {
    const offsets = tokenOffsets('one two', ['one', ' two']);
    expect([0, 2, 3, 6].map((offset) => tokenAtOffset(offsets, offset))).toEqual([0, 0, 1, 1]);
    expect(tokenAtOffset(new Uint32Array(), 3)).toBe(0);
  });
});
