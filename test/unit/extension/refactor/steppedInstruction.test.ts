import { expect, it } from 'vitest';
import { steppedInstruction } from '../../../../src/extension/refactor/steppedInstruction.ts';

const suggestions = ['newest', 'older'];

it('An arrow key goes from the empty input to the newest instruction, and on to the oldest', () => {
  expect(steppedInstruction(suggestions, '', 1)).toBe('newest');
  expect(steppedInstruction(suggestions, 'newest', 1)).toBe('older');
  expect(steppedInstruction(suggestions, 'older', 1)).toBeUndefined();
});

it('An arrow key goes back, at last to the empty input', () => {
  expect(steppedInstruction(suggestions, 'older', -1)).toBe('newest');
  expect(steppedInstruction(suggestions, 'newest', -1)).toBe('');
  expect(steppedInstruction(suggestions, '', -1)).toBeUndefined();
});

it('An arrow key replaces no words of the user, and finds nothing where there is nothing', () => {
  expect(steppedInstruction(suggestions, 'newest, and more', 1)).toBeUndefined();
  expect(steppedInstruction([], '', 1)).toBeUndefined();
});
