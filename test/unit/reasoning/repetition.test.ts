import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RepetitionLoop, RepetitionOptions } from '../../../src/reasoning/repetition.ts';
import { RepetitionDetector } from '../../../src/reasoning/repetition.ts';

/** Words, white space runs, single digits and single other characters: about what a vocabulary makes of a text. */
function tokensOf(text: string): number[] {
  const ids = new Map<string, number>();
  return (text.match(/ ?[A-Za-z]+|\n+ *| +|\d|./gu) ?? []).map((piece) => {
    const id = ids.get(piece) ?? ids.size;
    ids.set(piece, id);
    return id;
  });
}

/** The first loop that is reported, and after how many tokens. */
function firstLoop(
  tokens: readonly number[],
  options?: RepetitionOptions,
): (RepetitionLoop & { at: number }) | undefined {
  const detector = new RepetitionDetector(options);
  for (const [index, token] of tokens.entries()) {
    const loop = detector.push(token);
    if (loop) return { ...loop, at: index + 1 };
  }
  return undefined;
}

/** The definition, read from the whole sequence. */
function loopAtEnd(
  tokens: readonly number[],
  options: Required<RepetitionOptions>,
): RepetitionLoop | undefined {
  for (let period = 1; period <= Math.min(options.maxPeriod, tokens.length - 1); period++) {
    let run = period;
    while (
      run < tokens.length &&
      tokens[tokens.length - 1 - run] === tokens[tokens.length - 1 - run + period]
    )
      run++;
    if (run > period && run >= options.minTokens && run >= options.minRepeats * period) {
      return { period, repeats: Math.floor(run / period) };
    }
  }
  return undefined;
}

describe('RepetitionDetector', () => {
  it('agrees with the definition on any sequence', () => {
    const options = { maxPeriod: 7, minTokens: 6, minRepeats: 3 };
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 2 }), { maxLength: 60 }), (tokens) => {
        const detector = new RepetitionDetector(options);
        for (let i = 0; i < tokens.length; i++) {
          expect(detector.push(tokens[i] ?? 0)).toEqual(loopAtEnd(tokens.slice(0, i + 1), options));
        }
      }),
      { numRuns: 1000, seed: 1 },
    );
  });

  const intro = 'Okay, so I need to find out why the total is wrong. Let me look at the loop first.\n\n';
  const loops: readonly [what: string, round: string][] = [
    ['a sentence', 'Wait, no, that is not right. '],
    ['a word', ' wait'],
    [
      'a doubt of two paragraphs',
      'Wait, maybe the index is off by one. Let me check again: i starts at 0 and goes to n.\n\nHmm, but then the last item is skipped. So it must be the discount that is added twice, once for each of the items in the cart.\n\n',
    ],
    ['a line of code', '    total += item.price * item.quantity;\n'],
    ['an empty list item', '- \n'],
  ];
  it.each(loops)('finds %s that is written over and over', (_what, round) => {
    const period = tokensOf(round.repeat(4)).length - tokensOf(round.repeat(3)).length;
    const begin = tokensOf(intro).length;
    const loop = firstLoop(tokensOf(intro + round.repeat(400)));
    expect(loop?.period).toBe(period);
    expect(loop?.repeats).toBeGreaterThanOrEqual(3);
    // The documented threshold, plus a round where the introduction and the first round share no context.
    expect(loop?.at).toBeLessThanOrEqual(begin + Math.max(384, 3 * period) + period);
  });

  it('goes on counting while the loop goes on', () => {
    const detector = new RepetitionDetector();
    let last: RepetitionLoop | undefined;
    for (let i = 0; i < 1000; i++) last = detector.push(i % 10);
    expect(last).toEqual({ period: 10, repeats: 100 });
    expect(detector.push(77)).toBeUndefined();
  });

  const rows = (count: number, row: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => row(i)).join('');
  const ordinary: readonly [what: string, text: string][] = [
    ['a numbered list', rows(200, (i) => `${i + 1}. Check that item ${i + 1} is in the cart.\n`)],
    ['a table', `| a | b | c |\n|${'---|'.repeat(40)}\n${rows(60, (i) => `| ${i} | ${i * i} | no |\n`)}`],
    ['a matrix of zeros', rows(9, () => '[0, 0, 0, 0, 0, 0, 0, 0, 0],\n')],
    [
      'deep JSON indentation and closing brackets',
      `${rows(40, (i) => `${'  '.repeat(i)}{ "child":\n`)}${rows(40, (i) => `${'  '.repeat(40 - i)}}\n`)}`,
    ],
    ['the digits of 10^100', `1${'0'.repeat(100)}`],
    ['digits of 1/7', `0.${'142857'.repeat(30)}`],
    ['a rule of equal signs', '='.repeat(120)],
    ['cases of a switch', rows(100, (i) => `    case ${i}:\n      return false;\n`)],
    [
      'the same paragraph twice',
      `${'Every word of this paragraph is repeated once, because the model restates its plan before it acts. '.repeat(2)}Then it goes on.`,
    ],
    ['a hex dump', rows(64, (i) => `${(i * 16).toString(16).padStart(8, '0')}  00 00 00 00 00 00 00 00\n`)],
  ];
  it.each(ordinary)('is not alarmed by %s', (_what, text) => {
    expect(firstLoop(tokensOf(intro + text))).toBeUndefined();
  });
});
