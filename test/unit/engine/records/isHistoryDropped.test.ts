import { describe, expect, it } from 'vitest';
import { isHistoryDropped } from '../../../../src/engine/records/isHistoryDropped.ts';
import type { ChatMessage } from '../../../../src/protocol/generation.ts';

const spoken = (...contents: string[]): ChatMessage[] =>
  contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content }));
const SYSTEM: ChatMessage = { role: 'system', content: 'Be brief.' };

describe('old messages are left out', () => {
  const before = [SYSTEM, ...spoken('one', 'first', 'two', 'second', 'three')];

  it('when the conversation begins with a later message', () => {
    expect(isHistoryDropped(before, [SYSTEM, ...spoken('two', 'second', 'three')])).toBe(true);
    expect(isHistoryDropped(before, spoken('three'))).toBe(true);
  });

  it('not when it begins as before, or with something new', () => {
    expect(isHistoryDropped(before, [SYSTEM, ...spoken('one', 'first', 'changed')])).toBe(false);
    expect(isHistoryDropped(before, spoken('changed'))).toBe(false);
    expect(isHistoryDropped([], spoken('one'))).toBe(false);
    expect(isHistoryDropped(spoken('again', 'yes', 'again'), spoken('again'))).toBe(false);
  });
});
