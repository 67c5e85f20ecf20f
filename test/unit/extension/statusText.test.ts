import { describe, expect, it } from 'vitest';
import { emptyAnswer } from '../../../src/extension/chat/liveAnswer.ts';
import { statusText } from '../../../src/extension/statusText.ts';
import type { ModelView } from '../../../src/protocol/chat.ts';
import { english } from './conversations.ts';

const ready: ModelView = {
  status: 'ready',
  name: 'Smol',
  isEmbedded: false,
  description: 'Q4_1',
  runtime: 'ORT',
  contextCapacity: 8192,
};

describe('The status bar', () => {
  it.each<[ModelView, string, string]>([
    [{ status: 'none' }, 'No model', 'glassbox.chooseModel'],
    [{ status: 'unloaded', name: 'Smol', isEmbedded: false }, 'Smol', 'glassbox.focusChat'],
    [
      { status: 'loading', name: 'Smol', isEmbedded: false, fraction: 0.429 },
      'Loading 42 %',
      'glassbox.focusChat',
    ],
    [ready, 'Smol', 'glassbox.focusChat'],
    [{ status: 'error', message: 'Corrupt.' }, 'Model failed', 'glassbox.showEngineOutput'],
  ])('says for %o "%s" and offers %s', (model, text, command) => {
    const shown = statusText(english, model, undefined);
    expect(shown.text.replace(/^\$\([\w~-]+\) /u, '')).toBe(text);
    expect(shown.label).toBe(`Glassbox: ${text}`);
    expect(shown.command).toBe(command);
    expect(shown.isError).toBe(model.status === 'error');
  });

  it('shows how fast the model thinks while it thinks', () => {
    const live = {
      node: emptyAnswer('a', 'q', 0),
      status: { kind: 'thinking' as const },
      tokensPerSecond: 12.34,
    };
    expect(statusText(english, ready, live).text).toBe('$(loading~spin) Thinking 12.3 tokens/s');
  });
});
