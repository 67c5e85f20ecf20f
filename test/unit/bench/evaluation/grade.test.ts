import { describe, expect, it } from 'vitest';
import { grade, hasForm, isCorrect, type GradedReply } from '../../../../bench/evaluation/grade.ts';
import type { Check } from '../../../../bench/evaluation/sample.ts';

const output: Check = { kind: 'output', lines: ['3', 'fig  ', ''] };
const line: Check = {
  kind: 'line',
  line: 3,
  fixed: '    total += price;',
  also: ['    total = total + price;'],
};
const code: Check = { kind: 'code', code: 'const a = 1;\nlog(a);\n', also: ['const a = 1; log(a);'] };
const sentence: Check = {
  kind: 'sentence',
  sentence: 'It returns the sum of the prices.',
  accept: '^It adds up (?:all )?the prices\\.$',
};

const printed = (...lines: string[]): string => `It prints:\n\n\`\`\`\n${lines.join('\n')}\n\`\`\``;
const fixed = (text: string, number = 3): string =>
  `Line ${number} is wrong: it takes away. It should be:\n\n\`\`\`js\n${text}\n\`\`\``;
const block = (text: string, tag = 'js'): string => `\`\`\`${tag}\n${text}\n\`\`\``;

/** What is right, and whether its form is. */
const right: readonly (readonly [string, Check, string, boolean])[] = [
  ['the output', output, printed('3', 'fig', ''), true],
  ['the output with white space at line ends', output, printed('3 ', 'fig\t', '  '), true],
  ['the output with CRLF', output, printed('3', 'fig', '').replaceAll('\n', '\r\n'), true],
  ['the output in a block with a tag', output, printed('3', 'fig', '').replace('```', '```text'), true],
  ['the output without its introduction', output, block('3\nfig\n', ''), false],
  ['the output with something behind it', output, `${printed('3', 'fig', '')}\n\nDone.`, false],
  ['the fixed line', line, fixed('    total += price;'), true],
  ['the fixed line without its indentation', line, fixed('total += price;'), true],
  ['the fixed line with white space behind it', line, fixed('    total += price;  '), true],
  ['the line fixed in another way', line, fixed('total = total + price;'), true],
  ['the fixed line without a reason', line, 'Line 3:\n```\ntotal += price;\n```', false],
  ['the code', code, block('const a = 1;\nlog(a);'), true],
  ['the code with another tag', code, block('const a = 1;\nlog(a);', 'python'), true],
  ['the code without a tag', code, block('const a = 1;\nlog(a);', ''), true],
  [
    'the code with white space at line ends and CRLF',
    code,
    '```ts \r\nconst a = 1; \r\nlog(a);\t\r\n``` ',
    true,
  ],
  ['the code written in another way', code, block('const a = 1; log(a);'), true],
  ['the code with an introduction', code, `Here it is:\n\n${block('const a = 1;\nlog(a);')}`, false],
  ['the code with something behind it', code, `${block('const a = 1;\nlog(a);')}\nI renamed it.`, false],
  ['the sentence', sentence, 'It returns the sum of the prices.', true],
  ['the sentence between blank lines', sentence, '\nIt returns the sum of the prices. \r\n\n', true],
  ['a sentence that says the same', sentence, 'It adds up all the prices.', true],
];

/** What is wrong, and whether its form is right all the same. */
const wrong: readonly (readonly [string, Check, string, boolean])[] = [
  ['another output', output, printed('4', 'fig', ''), true],
  ['a line too many', output, printed('3', 'fig', '', ''), true],
  ['a line too few', output, printed('3', 'fig'), true],
  ['the lines in another order', output, printed('fig', '3', ''), true],
  ['the output with an indentation', output, printed(' 3', 'fig', ''), true],
  ['the output without a block', output, 'It prints:\n\n3\nfig\n', false],
  ['two blocks, the first one right', output, `${printed('3', 'fig', '')}\n\n${block('5')}`, false],
  ['two blocks, the second one right', code, `${block('let a;')}\n${block('const a = 1;\nlog(a);')}`, false],
  ['a block that is not closed', code, '```js\nconst a = 1;\nlog(a);', false],
  ['an empty block', code, '```js\n```', true],
  ['an empty answer', output, '', false],
  ['the right line, fixed wrongly', line, fixed('    total -= price;'), true],
  ['another line, fixed rightly', line, fixed('    total += price;', 2), true],
  ['a line whose number only begins alike', line, fixed('    total += price;', 31), true],
  ['a fixed line without its number', line, block('    total += price;'), false],
  ['a number in words', line, fixed('total += price;').replace('3', 'three'), false],
  ['the whole program instead of the line', line, fixed('let total = 0;\n    total += price;'), false],
  ['two fixed lines in two blocks', line, `${fixed('total += price;')}\n${block('x')}`, false],
  ['the code without its last line', code, block('const a = 1;'), true],
  ['the code with a blank line more', code, block('const a = 1;\n\nlog(a);'), true],
  ['the code with another indentation', code, block('const a = 1;\n  log(a);'), true],
  ['the code in capitals', code, block('CONST a = 1;\nlog(a);'), true],
  ['the code without a block', code, 'const a = 1;\nlog(a);', false],
  ['another sentence', sentence, 'It returns the product of the prices.', true],
  ['the sentence without its full stop', sentence, 'It returns the sum of the prices', true],
  ['the sentence and one more line', sentence, 'It returns the sum of the prices.\nAlways.', false],
  ['the sentence in a block', sentence, block('It returns the sum of the prices.', ''), false],
  ['a sentence that begins with an accepted one', sentence, 'It adds up the prices. Twice.', true],
  ['no sentence', sentence, ' ', false],
];

describe('right is', () => {
  it.each(right)('%s', (_, check, answer) => {
    expect(isCorrect(check, answer)).toBe(true);
  });
});

describe('wrong is', () => {
  it.each(wrong)('%s', (_, check, answer) => {
    expect(isCorrect(check, answer)).toBe(false);
  });
});

describe('the form of', () => {
  it.each([...right, ...wrong])('%s', (_, check, answer, form) => {
    expect(hasForm(check, answer)).toBe(form);
  });
});

describe('a reply', () => {
  const thinking: GradedReply = {
    thought: 'a = 1 + 2 = 3',
    thoughtEnd: 'model',
    answer: printed('3', 'fig', ''),
    finishReason: 'stop',
  };
  const direct: GradedReply = { thought: '', answer: thinking.answer, finishReason: 'stop' };

  it('with a thought that the model closed is right', () => {
    expect(grade(output, 'think', thinking)).toEqual({ correct: true });
  });

  it('without a thought is right where none was asked for', () => {
    expect(grade(output, 'off', direct)).toEqual({ correct: true });
  });

  it.each([
    ['noThought', 'think', direct],
    ['noThought', 'think', { ...thinking, thought: ' \n' }],
    ['thoughtNotClosed', 'think', { ...thinking, thoughtEnd: 'loop' }],
    ['thoughtNotClosed', 'think', { ...thinking, thoughtEnd: 'budget' }],
    ['thoughtUnasked', 'off', thinking],
    ['leakedTag', 'think', { ...thinking, answer: `</think>\n${thinking.answer}` }],
    ['leakedTag', 'off', { ...direct, answer: `${direct.answer}\n<think>` }],
    ['leakedTag', 'think', { ...thinking, thought: 'a <think> b' }],
    ['leakedTag', 'think', { ...thinking, thought: '<｜User｜>What?' }],
    ['unfinished', 'think', { ...thinking, finishReason: 'length' }],
    ['unfinished', 'off', { ...direct, finishReason: 'loop' }],
    ['answerForm', 'off', { ...direct, answer: block('3\nfig\n', '') }],
  ] as const)('has a wrong form (%s) and a right answer, mode %s', (problem, mode, reply) => {
    expect(grade(output, mode, reply)).toEqual({ correct: true, problem });
  });

  it('that ends inside its thought has neither', () => {
    const reply: GradedReply = {
      thought: 'a = 1',
      thoughtEnd: 'unfinished',
      answer: '',
      finishReason: 'length',
    };
    expect(grade(output, 'think', reply)).toEqual({ correct: false, problem: 'unfinished' });
  });

  it('may compare with < and > and shift', () => {
    const compared: Check = { kind: 'code', code: 'if (a<b||c>d) x >>= 1;', also: [] };
    const answer = block('if (a<b||c>d) x >>= 1;');
    expect(grade(compared, 'off', { ...direct, answer })).toEqual({ correct: true });
  });
});
