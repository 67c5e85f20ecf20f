import { describe, expect, it } from 'vitest';
import { exportMarkdown } from '../../../src/extension/chat/exportMarkdown.ts';
import { answer, conversationOf, question } from './conversations.ts';

const conversation = conversationOf(
  { ...question('q1', null, 'Why?'), attachments: [{ label: 'a.ts', content: '`a.ts`:\n\n```\nx\n```' }] },
  { ...answer('a0', 'q1', 'OTHER BRANCH') },
  { ...answer('a1', 'q1', 'Because.'), thought: 'Let me </details> see ```.', thoughtTokens: 7 },
);

describe('A chat exported as Markdown', () => {
  it('holds the shown branch and no thought', () => {
    expect(exportMarkdown(conversation, { withThoughts: false })).toBe(
      '# Why?\n\n## Question\n\n`a.ts`:\n\n```\nx\n```\n\nWhy?\n\n## Answer\n\nBecause.\n',
    );
  });

  it('holds the thoughts, folded and as plain text, when the user asks for them', () => {
    expect(exportMarkdown(conversation, { withThoughts: true })).toContain(
      '<details>\n<summary>Thought (7 tokens)</summary>\n\n````text\nLet me </details> see ```.\n````\n\n</details>\n\nBecause.',
    );
  });

  it('says where an answer broke off', () => {
    const broken = conversationOf(question('q1', null), {
      ...answer('a1', 'q1', 'Half'),
      error: 'It\nended.',
    });
    expect(exportMarkdown(broken, { withThoughts: false })).toContain('Half\n\n> It ended.\n');
  });
});
