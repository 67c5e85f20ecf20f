import { describe, expect, it } from 'vitest';
import { renderQuestion } from '../../../src/extension/chat/attachments.ts';

describe('A question', () => {
  it('comes after what is attached to it', () => {
    const attachments = [
      { label: 'a', content: 'A' },
      { label: 'b', content: 'B' },
    ];
    expect(renderQuestion({ text: 'Why?', attachments })).toBe('A\n\nB\n\nWhy?');
  });
});
