import { describe, expect, it } from 'vitest';
import { promptMessages } from '../../../src/extension/chat/prompt.ts';
import { answer, question } from './conversations.ts';

const messagesOf = (...args: Parameters<typeof promptMessages>) =>
  promptMessages(...args).map(({ message }) => [message.role, message.content]);

describe('The prompt of a conversation', () => {
  it('holds questions with their attachments and answers without their thoughts', () => {
    const asked = { ...question('q1', null, 'Why?'), attachments: [{ label: 'a.ts', content: 'CODE' }] };
    const answered = { ...answer('a1', 'q1', 'Because.'), thought: 'SECRET' };
    expect(messagesOf([asked, answered, question('q2', 'a1', 'And?')])).toEqual([
      ['user', 'CODE\n\nWhy?'],
      ['assistant', 'Because.'],
      ['user', 'And?'],
    ]);
  });

  it('alternates although an answer broke off before its first word, and loses no question', () => {
    const path = [question('q1', null, 'One'), answer('a1', 'q1'), question('q2', 'a1', 'Two')];
    expect(promptMessages(path)).toEqual([
      { message: { role: 'user', content: 'One\n\nTwo' }, nodeIds: ['q1', 'q2'] },
    ]);
  });

  it('starts at the node that the user agreed to start from', () => {
    const path = [question('q1', null, 'One'), answer('a1', 'q1', 'Yes'), question('q2', 'a1', 'Two')];
    expect(messagesOf(path, 'q2')).toEqual([['user', 'Two']]);
  });

  it('is whole when that node is on another branch', () => {
    const path = [question('q1', null, 'One'), answer('a1', 'q1', 'Yes'), question('q2', 'a1', 'Two')];
    expect(messagesOf(path, 'q9')).toHaveLength(3);
  });
});
