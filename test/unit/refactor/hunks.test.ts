import { applyPatch, type StructuredPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHunks, type Hunk, hunkPlaces, hunksOf, linesWithBreaks } from '../../../src/refactor/hunks.ts';

const ids = (hunks: readonly Hunk[]): readonly string[] => hunks.map(({ id }) => id);

describe('Hunks', () => {
  const original = 'one\ntwo\nthree\nfour\nfive\n';
  const proposed = 'zero\none\n2\nthree\nfive\n';

  it('are the lines that a proposal adds, changes and takes away, each run of them one', () => {
    expect(hunksOf(original, proposed)).toEqual([
      { id: 'line-1', originalStart: 0, originalLines: [], proposedStart: 0, proposedLines: ['zero\n'] },
      { id: 'line-2', originalStart: 1, originalLines: ['two\n'], proposedStart: 2, proposedLines: ['2\n'] },
      { id: 'line-4', originalStart: 3, originalLines: ['four\n'], proposedStart: 4, proposedLines: [] },
    ]);
  });

  it('are none between equal texts', () => {
    expect(hunksOf(original, original)).toEqual([]);
    expect(hunksOf('', '')).toEqual([]);
  });

  it('can be chosen one by one', () => {
    const hunks = hunksOf(original, proposed);
    expect(applyHunks(original, hunks, new Set(['line-2']))).toBe('one\n2\nthree\nfour\nfive\n');
    expect(applyHunks(original, hunks, new Set(['line-1', 'line-4']))).toBe('zero\none\ntwo\nthree\nfive\n');
  });

  it('see a final line break that comes or goes, and other line endings', () => {
    expect(hunksOf('a\nb', 'a\nb\n')).toMatchObject([
      { id: 'line-2', originalLines: ['b'], proposedLines: ['b\n'] },
    ]);
    expect(hunksOf('a\r\nb\r\n', 'a\nb\r\n')).toMatchObject([{ id: 'line-1', originalLines: ['a\r\n'] }]);
  });

  it('are not applied to a text that they were not made for', () => {
    expect(() => applyHunks('one\nTWO\n', hunksOf(original, proposed), new Set())).toThrow(RangeError);
  });
});

/** Edits of random kinds, lengths and places, one after the other. */
interface RandomEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly string[];
}

const line = fc.constantFrom('', 'a', 'b', '  a', '}', '\t}', 'return a;', 'é', '// a');
const anEdit: fc.Arbitrary<RandomEdit> = fc.record({
  at: fc.nat(30),
  remove: fc.nat(4),
  insert: fc.array(line, { maxLength: 4 }),
});
const someLines = fc.array(line, { maxLength: 24 });
const lineBreak = fc.constantFrom('\n', '\r\n');

function edited(lines: readonly string[], edits: readonly RandomEdit[]): readonly string[] {
  return edits.reduce<readonly string[]>((now, { at, remove, insert }) => {
    const from = Math.min(at, now.length);
    return [...now.slice(0, from), ...insert, ...now.slice(from + remove)];
  }, lines);
}

const textOf = (lines: readonly string[], end: string, endsWithBreak: boolean): string =>
  lines.join(end) + (endsWithBreak && lines.length > 0 ? end : '');

/** The chosen hunks as a patch without context, which jsdiff applies with no tolerance: what a plain patch gives. */
function patchOf(hunks: readonly Hunk[], chosen: ReadonlySet<string>): StructuredPatch {
  const signed = (sign: string, lines: readonly string[]): readonly string[] =>
    lines.flatMap((each) =>
      each.endsWith('\n') ? [sign + each.slice(0, -1)] : [sign + each, '\\ No newline at end of file'],
    );
  let grown = 0;
  return {
    oldFileName: 'a',
    newFileName: 'b',
    oldHeader: undefined,
    newHeader: undefined,
    hunks: hunks
      .filter(({ id }) => chosen.has(id))
      .map(({ originalStart, originalLines, proposedLines }) => {
        const newStart = originalStart + grown + 1;
        grown += proposedLines.length - originalLines.length;
        return {
          // In a patch that was parsed jsdiff counts from the line at which a hunk goes, also where it takes none away.
          oldStart: originalStart + 1,
          oldLines: originalLines.length,
          newStart,
          newLines: proposedLines.length,
          lines: [...signed('-', originalLines), ...signed('+', proposedLines)],
        };
      }),
  };
}

describe('For 10,000 random sequences of edits', () => {
  const change = fc.record({
    lines: someLines,
    edits: fc.array(anEdit, { maxLength: 5 }),
    end: lineBreak,
    newEnd: lineBreak,
    endsWithBreak: fc.boolean(),
    newEndsWithBreak: fc.boolean(),
    choice: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  });

  it('all hunks give the proposal, none the original, and any mixture what a plain patch gives', () => {
    fc.assert(
      fc.property(change, ({ lines, edits, end, newEnd, endsWithBreak, newEndsWithBreak, choice }) => {
        const original = textOf(lines, end, endsWithBreak);
        const proposed = textOf(edited(lines, edits), newEnd, newEndsWithBreak);
        const hunks = hunksOf(original, proposed);
        expect(applyHunks(original, hunks, new Set(ids(hunks)))).toBe(proposed);
        expect(applyHunks(original, hunks, new Set())).toBe(original);

        const chosen = new Set(ids(hunks).filter((_, i) => choice[i % choice.length]));
        const mixture = applyHunks(original, hunks, chosen);
        expect(mixture).toBe(
          applyPatch(original, patchOf(hunks, chosen), { fuzzFactor: 0, autoConvertLineEndings: false }),
        );
        for (const { hunk, applied, start, end: placeEnd } of hunkPlaces(original, hunks, chosen)) {
          expect(mixture.slice(start, placeEnd)).toBe(
            (applied ? hunk.proposedLines : hunk.originalLines).join(''),
          );
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it('ids are unique, the same when computed again, and lines are kept to the last unit', () => {
    fc.assert(
      fc.property(change, ({ lines, edits, end, endsWithBreak }) => {
        const original = textOf(lines, end, endsWithBreak);
        const proposed = textOf(edited(lines, edits), end, endsWithBreak);
        const hunks = hunksOf(original, proposed);
        expect(new Set(ids(hunks)).size).toBe(hunks.length);
        expect(ids(hunksOf(original, proposed))).toEqual(ids(hunks));
        expect(linesWithBreaks(original).join('')).toBe(original);
      }),
    );
  });
});
