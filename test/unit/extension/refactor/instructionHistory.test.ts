import { describe, expect, it } from 'vitest';
import { instructionsOf, withInstruction } from '../../../../src/extension/refactor/instructionHistory.ts';

describe('The history of instructions', () => {
  it('has the newest first, and each once', () => {
    expect(withInstruction(['use const', 'add types'], ' add types ')).toEqual(['add types', 'use const']);
  });

  it('keeps thirty', () => {
    const many = Array.from({ length: 30 }, (_, index) => `instruction ${index}`);
    const after = withInstruction(many, 'new');
    expect(after).toHaveLength(30);
    expect(after[0]).toBe('new');
    expect(after).not.toContain('instruction 29');
  });

  it('keeps nothing empty or endless', () => {
    expect(withInstruction([], '  ')).toEqual([]);
    expect(withInstruction([], 'x'.repeat(3000))).toEqual([]);
  });

  it.each([undefined, null, 'text', { 0: 'a' }, [1], ['ok', null]])(
    'is empty where %j is stored',
    (stored) => {
      expect(instructionsOf(stored)).toEqual([]);
    },
  );

  it('passes over entries that are empty or endless', () => {
    expect(instructionsOf(['', 'ok', 'x'.repeat(3000)])).toEqual(['ok']);
  });
});
