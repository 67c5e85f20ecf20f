import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DocumentChange, trackRange } from '../../../src/refactor/trackRange.ts';

const range = { start: 10, end: 20, touched: false };
const after = (...changes: readonly DocumentChange[]) => trackRange(range, changes);

describe('A range', () => {
  it('moves with what is put in or taken away before it', () => {
    expect(after({ offset: 0, length: 0, text: 'abc' })).toEqual({ start: 13, end: 23, touched: false });
    expect(after({ offset: 2, length: 8, text: '' })).toEqual({ start: 2, end: 12, touched: false });
  });

  it('stays where it is when something changes behind it', () => {
    expect(after({ offset: 20, length: 5, text: 'x' })).toEqual(range);
    expect(after({ offset: 30, length: 0, text: 'x' })).toEqual(range);
  });

  it('does not take in what is put at its ends', () => {
    expect(after({ offset: 10, length: 0, text: 'ab' })).toEqual({ start: 12, end: 22, touched: false });
    expect(after({ offset: 20, length: 0, text: 'ab' })).toEqual(range);
  });

  it('is touched by a change inside, or across an end, and then encloses it', () => {
    expect(after({ offset: 15, length: 0, text: 'x' })).toEqual({ start: 10, end: 21, touched: true });
    expect(after({ offset: 5, length: 6, text: '' })).toEqual({ start: 5, end: 14, touched: true });
    expect(after({ offset: 18, length: 10, text: 'xyz' })).toEqual({ start: 10, end: 21, touched: true });
    expect(after({ offset: 0, length: 40, text: '' })).toEqual({ start: 0, end: 0, touched: true });
  });

  it('stays touched', () => {
    expect(after({ offset: 15, length: 0, text: 'x' }, { offset: 0, length: 0, text: 'y' })).toMatchObject({
      touched: true,
    });
  });

  it('holds the same text after any changes, as long as it is untouched; and one that changes its text touches it', () => {
    const change = fc.record({ offset: fc.nat(40), length: fc.nat(8), text: fc.string({ maxLength: 5 }) });
    let untouched = 0;
    fc.assert(
      fc.property(fc.nat(30), fc.nat(10), fc.array(change, { maxLength: 4 }), (start, length, changes) => {
        const document = Array.from({ length: 40 }, (_, i) => String.fromCharCode(0x4e00 + i)).join('');
        const end = Math.min(start + length, document.length);
        let text = document;
        let tracked = { start, end, touched: false };
        for (const { offset, length: removed, text: put } of changes) {
          const at = Math.min(offset, text.length);
          const real = { offset: at, length: Math.min(removed, text.length - at), text: put };
          text = text.slice(0, at) + put + text.slice(at + real.length);
          tracked = trackRange(tracked, [real]);
        }
        expect(tracked.start).toBeLessThanOrEqual(tracked.end);
        expect(tracked.end).toBeLessThanOrEqual(text.length);
        if (tracked.touched) return;
        untouched += 1;
        expect(text.slice(tracked.start, tracked.end)).toBe(document.slice(start, end));
      }),
      { numRuns: 5000 },
    );
    // Else the property would say nothing.
    expect(untouched).toBeGreaterThan(500);
  });
});
