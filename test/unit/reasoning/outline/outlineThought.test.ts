import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outline } from '../../../../src/reasoning/outline/outline.ts';
import { outlineThought } from '../../../../src/reasoning/outline/outlineThought.ts';
import { relateAnswer } from '../../../../src/reasoning/outline/relateAnswer.ts';
import { outlineText } from './outlineText.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../fixtures/thoughts');
const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.txt') && !file.endsWith('.outline.txt'))
  .map((file) => file.slice(0, -'.txt'.length));

function fixture(name: string): { thought: string; answer: string } {
  const [thought = '', answer = ''] = readFileSync(path.join(FOLDER, `${name}.txt`), 'utf8').split(
    '\n===== answer =====\n',
  );
  return { thought, answer: answer.trim() };
}

const brief = ({ steps }: Outline): string[] => steps.map(({ kind, title }) => `${kind}: ${title}`);

/** What an outline promises and this one does not keep. */
function brokenPromises(thought: string, { steps }: Outline): string[] {
  const broken: string[] = [];
  let end = 0;
  let depth = -1;
  for (const [index, step] of steps.entries()) {
    if (step.start !== end || step.end <= step.start) broken.push(`${index} leaves a gap`);
    if (step.depth > depth + 1) broken.push(`${index} lies too deep`);
    if (step.title === '' || step.title.length > 80 || /[\n\r\t]/u.test(step.title))
      broken.push(`title of ${index}`);
    if (step.repeats !== undefined && step.repeats >= index) broken.push(`${index} repeats what comes later`);
    ({ end, depth } = step);
  }
  if (end !== (steps.length === 0 ? 0 : thought.length)) broken.push('does not reach the end');
  if (steps.length > 0 !== (thought.trim() !== '')) broken.push('is empty, or should be');
  return broken;
}

/** Each takes a second at most; a machine that is busy with something else gives it few of them a minute. */
const PATIENCE_MS = 600_000;

describe('the outline of a thought as models write them', () => {
  it('is tried on twenty at least', () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(20);
  });

  it.each(NAMES)('%s', async (name) => {
    const { thought, answer } = fixture(name);
    const outline = outlineThought(thought);
    expect(brokenPromises(thought, outline)).toEqual([]);
    const text = outlineText(outline, relateAnswer(thought, outline, answer));
    await expect(text).toMatchFileSnapshot(path.join(FOLDER, `${name}.outline.txt`));
  });
});

describe('an outline', () => {
  it('is empty where there is no text', () => {
    expect(outlineThought('').steps).toEqual([]);
    expect(outlineThought(' \n\n\t').steps).toEqual([]);
  });

  it(
    'covers any text without a gap, and is the same each time',
    () => {
      const piece = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 12 }),
        fc.constantFrom(
          'Wait, ',
          'So the answer is 5.',
          '\n\n',
          '\n',
          '- item',
          '  1. item',
          '```\n',
          '\\[',
          '## Plan',
          'Case 2: ',
          '**Case 1.1**\n',
          'Let me check. ',
          'Hmm',
          '。',
          '情况一：',
          '\ud83e',
        ),
      );
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
          const thought = pieces.join('');
          const outline = outlineThought(thought);
          expect(brokenPromises(thought, outline)).toEqual([]);
          expect(outlineThought(thought)).toEqual(outline);
        }),
        { numRuns: 200, seed: 7 },
      );
    },
    PATIENCE_MS,
  );

  it(
    'does not change before its last steps while the thought is written',
    () => {
      for (const name of NAMES.filter((each) => each !== 'loop')) {
        const { thought } = fixture(name);
        const whole = outlineThought(thought).steps;
        for (let length = 0; length <= thought.length; length += 61) {
          const { steps } = outlineThought(thought.slice(0, length));
          // The last step may still grow, and what comes next may turn its end into another one.
          for (const [index, step] of steps.slice(0, -2).entries()) expect(whole[index]).toEqual(step);
        }
      }
    },
    PATIENCE_MS,
  );

  it('takes a beginning that says what is asked for no doubt', () => {
    expect(brief(outlineThought('Hmm, so the question is how many primes there are below 20.'))).toEqual([
      'restate: The question is how many primes there are below 20',
    ]);
  });

  it('keeps code with the step that shows it, whatever the code says', () => {
    const thought =
      'Let me write it:\n\n```js\n// Wait, is this right?\n\n// So the answer is 5.\n```\n\nWait, no.';
    expect(outlineThought(thought).steps.map(({ kind }) => kind)).toEqual(['try', 'doubt']);
  });

  it('nests items below what announces them, and lists below items', () => {
    const thought = 'My plan is:\n\n- read\n  - the file\n  - the flags\n- write\n\nLet me compute the size.';
    expect(outlineThought(thought).steps.map(({ depth, title }) => [depth, title])).toEqual([
      [0, 'My plan is'],
      [1, 'read'],
      [2, 'the file'],
      [2, 'the flags'],
      [1, 'write'],
      [0, 'Let me compute the size'],
    ]);
  });

  it('makes one step of a loop, keeps what comes before it and what comes after', () => {
    const thought = `Let me compute the sum of the list.\n\n${'Wait, is it 12? Let me check that once more.\n\n'.repeat(20)}Okay, the answer is 12.`;
    const { steps } = outlineThought(thought);
    expect(steps.map(({ kind, loop }) => [kind, loop?.repeats])).toEqual([
      ['try', undefined],
      ['doubt', 20],
      ['conclude', undefined],
    ]);
  });

  it('does not take a table of numbers, or three rounds, for a loop', () => {
    const zeros = '[0, 0, 0, 0, 0, 0, 0, 0],\n'.repeat(8);
    const thrice = 'Wait, is it 12? Let me check that once more, from the beginning to the end.\n\n'.repeat(
      3,
    );
    for (const text of [zeros, thrice]) {
      expect(outlineThought(text).steps.some(({ loop }) => loop)).toBe(false);
    }
  });

  it('says which step a step says again', () => {
    const { steps } = outlineThought(
      'Let me compute 3 * 4 + 5, which is 17.\n\nHmm, is that all there is to it, or did I forget the tax?\n\nSo let me compute 3 * 4 + 5 again: which is 17.',
    );
    expect(steps.map(({ repeats }) => repeats)).toEqual([undefined, undefined, 0]);
  });

  const hostile: readonly [what: string, text: string][] = [
    ['one word', 'wait '.repeat(40_000)],
    ['one sentence', 'Wait. '.repeat(34_000)],
    ['sentences', 'Aa. Bb. '.repeat(25_000)],
    ['items', '- x\n'.repeat(50_000)],
    ['lists in lists', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}- x${i}`).join('\n')],
    ['fences', '```\n'.repeat(50_000)],
    ['formulas that never end', '\\[\n\n'.repeat(50_000)],
    ['cases', Array.from({ length: 9000 }, (_, i) => `Case ${i % 1000}: x${i}`).join('\n')],
    ['fillers', 'so '.repeat(66_000)],
    ['full stops that end nothing', `${'.'.repeat(200_000)}x`],
    ['quotes that end nothing', `.${'"'.repeat(200_000)}x`],
    ['one conclusion', `So the answer is${' '.repeat(1000)}${'?!.'.repeat(66_000)}x`],
    ['one line', 'x'.repeat(200_000)],
    [
      'turns',
      Array.from({ length: 9000 }, (_, i) => `Wait, ${i} is off.\n\nSo the answer is ${i}.\n\n`).join(''),
    ],
  ];
  it.each(hostile)(
    'is made of 200 KB of %s',
    (_what, text) => {
      const outline = outlineThought(text);
      relateAnswer(text, outline, text);
      expect(outline.steps[0]?.start).toBe(0);
      expect(outline.steps.at(-1)?.end).toBe(text.length);
      expect(Math.max(...outline.steps.map(({ depth }) => depth))).toBeLessThanOrEqual(6);
    },
    PATIENCE_MS,
  );
});

describe('the answer beside the last conclusion', () => {
  const relation = (thought: string, answer: string): string =>
    relateAnswer(thought, outlineThought(thought), answer).kind;

  const pairs: readonly [thought: string, answer: string, kind: string][] = [
    ['So the answer is 42.', 'It is **42**.', 'same'],
    ['So the answer is 42.', 'It is 142.', 'differs'],
    ['So the answer is 1,440 minutes.', 'A day has 1440 minutes.', 'same'],
    ['Therefore, \\boxed{x = 3}', 'The answer is \\(3\\).', 'same'],
    ['Therefore, \\boxed{\\frac{1}{2}}', '\\boxed{1/2}', 'same'],
    ['Therefore, \\boxed{\\frac{1}{2}}', '\\boxed{2/1}', 'differs'],
    // Only the last conclusion counts.
    ['So the answer is 5.\n\nWait, I misread it.\n\nSo the answer is 4.', '5', 'differs'],
    ['x:1,print 1\nx:2,print 2', 'It prints:\n\n```\n1\n2\n```', 'same'],
    ['x:1,print 12', 'It prints:\n\n```\n2\n```', 'differs'],
    ['Let me write it:\n```js\n  a();\n```', 'Here:\n\n```js\na();\n```', 'same'],
    ['Let me write it:\n```js\na();\n```', '```js\nb();\n```', 'differs'],
    ['So the fix is to close the file in finally.', 'Close the file in a `finally` block.', 'same'],
    ['So the bug is on line 4.', 'Line 7 is wrong.', 'differs'],
    ['所以答案是 22。', '答案是 22。', 'same'],
    ['Let me think about it.', '42', 'noConclusion'],
    ['So the answer is 42.', '', 'noConclusion'],
    ['', '42', 'noConclusion'],
  ];
  it.each(pairs)('%j and %j: %s', (thought, answer, kind) => {
    expect(relation(thought, answer)).toBe(kind);
  });
});
