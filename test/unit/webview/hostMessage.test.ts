import { describe, expect, it } from 'vitest';
import { parseHostMessage } from '../../../webview/chat/hostMessage.ts';

describe('parseHostMessage', () => {
  it('takes a message of the host as it is', () => {
    const message = { type: 'announce', text: 'Hello' };
    expect(parseHostMessage(message)).toBe(message);
  });

  it.each([
    null,
    undefined,
    1,
    'state',
    [],
    {},
    { type: 'unknown' },
    { type: 'toString' },
    { type: '__proto__' },
  ])('drops %j, which is no message of ours', (value) => {
    expect(parseHostMessage(value)).toBeUndefined();
  });

  it('drops a delta whose numbers are none', () => {
    const delta = {
      type: 'delta',
      answerId: 'a',
      thought: '',
      answer: '',
      thoughtTokens: 1,
      answerTokens: 1,
      thoughtMs: 1,
    };
    expect(parseHostMessage(delta)).toBe(delta);
    expect(parseHostMessage({ ...delta, thoughtMs: Number.NaN })).toBeUndefined();
    expect(parseHostMessage({ ...delta, thoughtTokens: '1' })).toBeUndefined();
  });
});
