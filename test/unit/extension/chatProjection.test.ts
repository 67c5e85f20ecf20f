import { describe, expect, it } from 'vitest';
import { comesFromAnAnswer } from '../../../src/extension/chat/answerText.ts';
import { droppedNotice, turnViews } from '../../../src/extension/chat/chatProjection.ts';
import { answer, conversationOf, english, question } from './conversations.ts';

describe('What the page shows of a conversation', () => {
  const conversation = conversationOf(question('q1', null), { ...answer('a1', 'q1', 'Yes'), finish: 'stop' });

  it('gives each turn its place among its versions', () => {
    const twice = conversationOf(
      question('q1', null),
      { ...answer('a1', 'q1'), finish: 'stop' },
      answer('a2', 'q1'),
    );
    expect(turnViews(english, twice, undefined).map(({ id, branch }) => [id, branch])).toEqual([
      ['q1', { index: 0, count: 1 }],
      ['a2', { index: 1, count: 2 }],
    ]);
  });

  it('shows the answer being written from what is known of it now', () => {
    const node = { ...answer('a1', 'q1', 'Yes, but'), thought: 'Hm' };
    const [, shown] = turnViews(english, conversation, { node, status: { kind: 'answering' } });
    expect(shown).toMatchObject({ answer: 'Yes, but', thought: 'Hm', status: { kind: 'answering' } });
  });

  it('says of an answer without an end that its window was closed, and keeps its text', () => {
    const cutOff = conversationOf(question('q1', null), answer('a1', 'q1', 'Half an'));
    const [, shown] = turnViews(english, cutOff, undefined);
    expect(shown).toMatchObject({
      answer: 'Half an',
      status: { kind: 'failed', message: expect.stringContaining('closed') },
    });
  });

  it('reminds of what the model does not read any more, on the branch where that is so', () => {
    const long = conversationOf(
      question('q1', null),
      answer('a1', 'q1', 'Yes'),
      question('q2', 'a1'),
      answer('a2', 'q2'),
    );
    expect(droppedNotice(english, { ...long, keepFromId: 'q2' })?.message).toContain('first 2 messages');
    expect(droppedNotice(english, { ...long, keepFromId: 'elsewhere' })).toBeUndefined();
    expect(droppedNotice(english, long)).toBeUndefined();
  });
});

describe('Text that may be inserted', () => {
  const conversation = conversationOf(question('q1', null, 'asked'), {
    ...answer('a1', 'q1', 'Do this:\n\n1. First\n   ```ts\n   let a = 1;\n     a += 1;\n   ```'),
    thought: 'rm -rf would be wrong',
  });

  it('is part of an answer, also where a list indents it', () => {
    expect(comesFromAnAnswer(conversation, 'let a = 1;\n  a += 1;\n')).toBe(true);
  });

  it('is never a thought, a question or nothing', () => {
    expect(comesFromAnAnswer(conversation, 'rm -rf')).toBe(false);
    expect(comesFromAnAnswer(conversation, 'asked')).toBe(false);
    expect(comesFromAnAnswer(conversation, ' \n')).toBe(false);
  });
});
