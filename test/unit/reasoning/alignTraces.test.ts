import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignTraces, type AlignedTrace } from '../../../src/reasoning/alignTraces.ts';
import { outlineThought } from '../../../src/reasoning/outline/outlineThought.ts';

const traceOf = (thought: string, ids: readonly number[] = []): AlignedTrace => ({
  thought,
  outline: outlineThought(thought),
  ids: Uint32Array.from(ids),
});

const PARAGRAPHS = {
  task: 'Okay, so I need to find the sum of 3, 4 and 5.',
  plan: 'Let me think about adding them one after the other.',
  check: 'Let me check it: 5 + 4 + 3 = 12, so the order does not matter.',
  doubt: 'Wait, did they ask for the sum or for the product of the numbers?',
  end: 'So the answer is 12.',
} as const;
type Name = keyof typeof PARAGRAPHS;

const thoughtOf = (...names: readonly Name[]): string => names.map((name) => PARAGRAPHS[name]).join('\n\n');
const rows = (a: string, b: string): string[] =>
  alignTraces(traceOf(a), traceOf(b)).pairs.map((pair) => `${pair.a ?? '-'}${pair.b ?? '-'}`);

describe('two traces of one question', () => {
  it('stand side by side where they say the same, with gaps where one of them says nothing', () => {
    expect(
      rows(thoughtOf('task', 'plan', 'check', 'end'), thoughtOf('task', 'plan', 'doubt', 'check', 'end')),
    ).toEqual(['00', '11', '-2', '23', '34']);
    expect(rows(thoughtOf('task', 'doubt', 'end'), thoughtOf('task', 'end'))).toEqual(['00', '1-', '21']);
  });

  it('stand side by side also where the words are not quite the same', () => {
    const a = `${PARAGRAPHS.task}\n\nLet me check it: 3 + 4 + 5 is 12.`;
    const b = `${PARAGRAPHS.task}\n\nWait, this is odd.\n\nLet me verify it again: 3 + 4 + 5 is 12 indeed.`;
    expect(rows(a, b)).toEqual(['00', '-1', '12']);
  });

  it('have nothing in common with an empty one', () => {
    expect(rows('', thoughtOf('task', 'end'))).toEqual(['-0', '-1']);
    expect(rows(thoughtOf('task', 'end'), '')).toEqual(['0-', '1-']);
    expect(rows('', '')).toEqual([]);
  });

  it('part at the first token that differs, or where the shorter one ends', () => {
    const at = (a: readonly number[], b: readonly number[]): number | undefined =>
      alignTraces(traceOf('', a), traceOf('', b)).partsAt;
    expect(at([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(at([1, 2], [1, 2, 4])).toBe(2);
    expect(at([1, 2, 4], [1, 2])).toBe(2);
    expect(at([], [7])).toBe(0);
    expect(at([1, 2], [1, 2])).toBeUndefined();
  });

  it('keep every step once and in order, and a trace beside itself is paired throughout', () => {
    const names = fc.array(fc.constantFrom<Name>('task', 'plan', 'check', 'doubt', 'end'), { maxLength: 9 });
    fc.assert(
      fc.property(names, names, (first, second) => {
        const [a, b] = [traceOf(thoughtOf(...first)), traceOf(thoughtOf(...second))];
        const { pairs } = alignTraces(a, b);
        expect(pairs.flatMap((pair) => pair.a ?? [])).toEqual([...a.outline.steps.keys()]);
        expect(pairs.flatMap((pair) => pair.b ?? [])).toEqual([...b.outline.steps.keys()]);
        expect(alignTraces(a, a).pairs.every((pair) => pair.a === pair.b && pair.likeness > 0.99)).toBe(true);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('may have thousands of steps', () => {
    const long = (from: number): string =>
      Array.from(
        { length: 1500 },
        (_, i) => `Wait, item ${from + i} costs ${(from + i) * 7}.\n\nSo the answer is ${from + i}.`,
      ).join('\n\n');
    const [a, b] = [traceOf(long(0)), traceOf(long(5))];
    const { pairs } = alignTraces(a, b);
    expect(a.outline.steps).toHaveLength(3000);
    // Five items are only in the first, five only in the second; the rest are the same. At the ends two pairs of steps that
    // are half alike may be worth more than one of equal ones.
    expect(pairs.filter(({ likeness }) => likeness > 0.99).length).toBeGreaterThan(2 * 1490);
  });
});
