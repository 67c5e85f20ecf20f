import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stripThought } from '../../../src/reasoning/stripThought.ts';

describe('stripThought', () => {
  const cases: readonly [what: string, reply: string, answer: string][] = [
    ['keeps the answer only', '<think>\nHm.\n</think>\n\nYes.\n', 'Yes.\n'],
    ['keeps a reply without a thought', 'Yes.\n\n- a\n- b\n', 'Yes.\n\n- a\n- b\n'],
    ['leaves nothing of a thought that is never closed', '<think>\nHm. The answer is 4', ''],
    ['knows a thought whose opening tag stood in the prompt', 'Hm.\nSo.\n</think>\n\nYes.', 'Yes.'],
    ['knows one that ends at the end of a line', 'Hm. So.</think>\nYes.', 'Yes.'],
    [
      'keeps a tag that a sentence is about',
      'The tag </think> ends it, as `</think>`\ndoes.',
      'The tag </think> ends it, as `</think>`\ndoes.',
    ],
    [
      'keeps tags in a code block',
      'Look:\n```\n<think>\na\n</think>\n```\nYes.',
      'Look:\n```\n<think>\na\n</think>\n```\nYes.',
    ],
    [
      'keeps tags in a code block after a thought',
      '<think>a</think>~~~~\n~~~\n<think>\n</think>\n~~~~\nb',
      '~~~~\n~~~\n<think>\n</think>\n~~~~\nb',
    ],
    ['strips a second thought', '<think>a</think>\nb\n<think>c\nd</think>\ne', 'b\ne'],
    ['keeps an opening tag that nothing closes', '<think>a</think>b\n<think>\nc', 'b\n<think>\nc'],
    ['keeps the indentation of code', '<think>a</think>\n  b();\n', '  b();\n'],
  ];
  it.each(cases)('%s', (_what, reply, answer) => {
    expect(stripThought(reply)).toBe(answer);
  });

  it('changes nothing that has been stripped, for any reply that holds no code', () => {
    const replies = fc
      .array(fc.constantFrom('<think>', 'a', ' b', '.\n'), { maxLength: 12 })
      .map((parts) => `<think>secret\n</think>\n${parts.join('')}`);
    fc.assert(
      fc.property(replies, (reply) => {
        const answer = stripThought(reply);
        expect(answer).not.toContain('secret');
        if (!answer.startsWith('<think>')) expect(stripThought(answer)).toBe(answer);
      }),
      { numRuns: 1000, seed: 1 },
    );
  });
});
