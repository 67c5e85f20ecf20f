import { check, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { comparison } from '../../../../bench/evaluation/comparison.ts';
import { describeFailures } from '../../../../bench/evaluation/failures.ts';
import { setReport } from '../../../../bench/evaluation/report.ts';
import { parseSamples } from '../../../../bench/evaluation/sample.ts';
import { reply, results, wrong } from './replies.ts';

const think = {
  set: 'second',
  mode: 'think',
  replies: [reply('a'), wrong('b', { problem: 'noThought' }), reply('c', { task: 'bug' })],
} as const;
const off = {
  set: 'second',
  mode: 'off',
  replies: [
    reply('a', { thoughtTokens: 0 }),
    wrong('b', { thoughtTokens: 0 }),
    wrong('c', { task: 'bug', thoughtTokens: 0 }),
  ],
} as const;
const copied = ({ replies, ...run }: typeof think | typeof off) => ({ ...run, replies: [...replies] });
const both = results([copied(think), copied(off)]);

describe('the report of a set', () => {
  const markdown = setReport(both, 'second');
  const rows = markdown.split('\n').map((line) => line.replaceAll(/ +/gu, ' '));

  it.each([
    '### Second set: 3 questions',
    '| right answers | questions | thinking | answer only |',
    '| `trace` | 2 | 50.0 % (9–91) | 50.0 % (9–91) |',
    '| `bug` | 1 | 100.0 % (21–100) | 0.0 % (0–79) |',
    '| all | 3 | 66.7 % (21–94) | 33.3 % (6–79) |',
    '| `trace` | 50.0 % | 100.0 % | 30.0 | 10.0 | 10.0 | 410 | 410 |',
    'Wrong form, thinking: no thought 1.',
  ])('says %s', (row) => {
    expect(rows).toContain(row);
  });

  it('says how the figures came about, without a date', () => {
    expect(markdown).toContain('`npm run eval -- nano --label nano`');
    expect(markdown).toContain('Glassbox Nano, Q8_0 (8.50 bits per weight, 11.0 MB), greedy');
    expect(markdown).not.toMatch(/20\d\d-/u);
  });

  it('is formatted', async () => {
    expect(
      await check(`${markdown}\n`, { ...(await resolveConfig('docs/nano.md')), parser: 'markdown' }),
    ).toBe(true);
  });

  it('knows only sets that were asked', () => {
    expect(() => setReport(both, 'heldout')).toThrow(RangeError);
  });
});

describe('a comparison', () => {
  const rowsOf = (markdown: string) => markdown.split('\n').map((line) => line.replaceAll(/ +/gu, ' '));
  const before = results([copied(think)], 'before');
  const after = results(
    [
      {
        set: 'second',
        mode: 'think',
        replies: [wrong('a'), reply('b'), reply('c', { task: 'bug' }), reply('d')],
      },
    ],
    'after',
  );

  it('is over the questions that all were asked, and counts what was gained and lost', () => {
    const markdown = comparison('Before and after', [before, after]);
    expect(rowsOf(markdown)).toEqual(
      expect.arrayContaining([
        '### Before and after',
        '- **before**: Glassbox Nano, Q8_0; `npm run eval -- nano --label before`',
        '| Second set, thinking, 3 questions | before | after | first to last: gained, lost |',
        '| `trace` | 50.0 % (9–91) | 50.0 % (9–91) | +1 −1 |',
        '| all | 66.7 % (21–94) | 66.7 % (21–94) | +1 −1 |',
      ]),
    );
  });

  it('has a table for each mode that all files hold', () => {
    const markdown = comparison('Quantized', [both, { ...both, label: 'float' }]);
    expect(markdown).toMatch(/Second set, thinking, 3 questions/);
    expect(markdown).toMatch(/Second set, answer only, 3 questions/);
  });

  it('has a column for each run where files hold different modes, or one file two', () => {
    expect(rowsOf(comparison('Thought', [both]))).toContain(
      '| Second set, 3 questions | nano, thinking | nano, answer only | first to last: gained, lost |',
    );
    const onlyAnswer = results([copied(off)], 'direct');
    expect(comparison('Thought', [before, onlyAnswer])).toMatch(/before, thinking \| +direct, answer only/);
  });

  it('is formatted', async () => {
    const markdown = `${comparison('Before and after', [before, after])}\n`;
    expect(await check(markdown, { ...(await resolveConfig('docs/nano.md')), parser: 'markdown' })).toBe(
      true,
    );
  });

  it('needs something to compare', () => {
    expect(() => comparison('Nothing', [before])).toThrow('nothing to compare');
    const others = results([{ set: 'second', mode: 'think', replies: [reply('z')] }], 'others');
    expect(() => comparison('Nothing', [before, others])).toThrow('no question in common');
  });
});

describe('the failures of a run', () => {
  const samples = parseSamples(
    ['a', 'b', 'c', 'e']
      .map((id) =>
        JSON.stringify({
          id,
          task: id === 'c' ? 'bug' : 'trace',
          language: 'javascript',
          question: `Question ${id}?`,
          thought: '',
          answer: `Expected ${id}`,
          check: { kind: 'output', lines: ['1'] },
        }),
      )
      .join('\n'),
    'samples',
  );

  it('are the first of each task, with question, expectation, thought and answer', () => {
    const replies = [...think.replies, wrong('e')];
    expect(describeFailures({ ...think, replies }, samples, 1)).toBe(
      [
        '==== b (Second set, thinking): wrong, form: noThought',
        '-- question\nQuestion b?',
        '-- expected\nExpected b',
        '-- thought\na = 1',
        '-- got\nIt prints:\n\n```\n1\n```',
      ].join('\n'),
    );
  });
});
