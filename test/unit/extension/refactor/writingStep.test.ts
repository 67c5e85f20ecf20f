import { describe, expect, it } from 'vitest';
import { stepText } from '../../../../src/extension/refactor/stepText.ts';
import { writingStep, type WritingStep } from '../../../../src/extension/refactor/writingStep.ts';
import type { GenerationEvent } from '../../../../src/protocol/generation.ts';

const t = (message: string, ...values: (string | number | boolean)[]): string =>
  message.replaceAll(/\{(\d)\}/gu, (_all, index: string) => String(values[Number(index)]));

describe('How far a refactoring is', () => {
  it('follows the events of the engine', () => {
    const events: readonly GenerationEvent[] = [
      { type: 'prompt', promptTokens: 120, reusedTokens: 20 },
      { type: 'prefill', done: 64, total: 100, elapsedMs: 1 },
      { type: 'thoughtStart', forced: false },
      { type: 'text', channel: 'thought', text: 'var becomes const', tokens: 3 },
      { type: 'speed', tokensPerSecond: 98.76, contextTokens: 130 },
      { type: 'thoughtEnd', reason: 'model', tokens: 3, elapsedMs: 1 },
      { type: 'text', channel: 'answer', text: '```', tokens: 1 },
    ];
    const said: string[] = [];
    events.reduce<WritingStep>(
      (step, event) => {
        const next = writingStep(step, event);
        said.push(stepText(t, next, 0));
        return next;
      },
      { kind: 'context' },
    );
    expect(said).toEqual([
      'waiting for its turn',
      'reading, 64 of 100 tokens',
      'thinking',
      'thinking',
      'thinking (98.8 tokens/s)',
      'writing',
      'writing',
    ]);
  });

  it('says how many lines are written', () => {
    expect(stepText(t, { kind: 'answering', tokensPerSecond: 5 }, 12)).toBe(
      'writing, 12 lines (5.0 tokens/s)',
    );
  });
});
