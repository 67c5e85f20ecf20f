import { describe, expect, it } from 'vitest';
import { LineShape } from '../../../../src/engine/speculation/lineShape.ts';
import { TOKEN_CLASS } from '../../../../src/models/ngrams/tokenClass.ts';

const { name, number, apart, lineEnd } = TOKEN_CLASS;
const [IF, OPEN, A, B, SPACED, ONE, LINE, OTHER_LINE] = [0, 1, 2, 3, 4, 5, 6, 7];
const CLASSES = Uint8Array.from([0, 0, name, name, name | apart, number, lineEnd, lineEnd]);

function shapeOf(...tokens: number[]): number {
  const line = new LineShape(CLASSES);
  for (const token of tokens) line.goOn(token);
  return line.value;
}

describe('the shape of a line', () => {
  it('is that of other names, of however many pieces', () => {
    expect(shapeOf(IF, A, OPEN)).toBe(shapeOf(IF, B, A, B, OPEN));
    expect(shapeOf(IF, A, ONE, OPEN)).toBe(shapeOf(IF, B, OPEN));
  });

  it('tells other signs, names from numbers, and one name from two', () => {
    const shapes = [
      [IF, A],
      [OPEN, A],
      [IF, ONE],
      [IF, A, SPACED],
      [IF, A, OPEN],
    ].map((tokens) => shapeOf(...tokens));
    expect(new Set(shapes).size).toBe(shapes.length);
  });

  it('begins anew with each line, and knows how the one before it ended', () => {
    expect(shapeOf(IF, A, LINE, OPEN)).toBe(shapeOf(LINE, OPEN));
    expect(shapeOf(IF, A, LINE, A, OPEN)).toBe(shapeOf(LINE, B, OPEN));
    expect(shapeOf(LINE, OPEN)).not.toBe(shapeOf(OTHER_LINE, OPEN));
    const line = new LineShape(CLASSES);
    expect([IF, LINE, A].map((token) => line.goOn(token))).toEqual([false, true, false]);
  });

  it('goes on from a copy as from itself', () => {
    const [line, copy] = [new LineShape(CLASSES), new LineShape(CLASSES)];
    for (const token of [IF, A]) line.goOn(token);
    copy.copyFrom(line);
    for (const token of [B, OPEN]) copy.goOn(token);
    expect(copy.value).toBe(shapeOf(IF, A, B, OPEN));
    expect(line.value).toBe(shapeOf(IF, A));
  });
});
