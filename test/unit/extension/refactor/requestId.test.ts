import { expect, it } from 'vitest';
import { requestIdOf, timesAsked } from '../../../../src/extension/refactor/requestId.ts';

it('The name of an answer tells how often its model was asked', () => {
  const id = '0f8fad5b-d9cb-469f-a165-708677289501';
  for (const asked of [1, 2, 3, 12]) expect(timesAsked(id, requestIdOf(id, asked))).toBe(asked);
});

it('A name that no session gave counts as the first answer', () => {
  for (const name of ['', 'other', 'id-', 'id-1', 'id-0x2', 'id-2.5', 'id--2', 'other-3'])
    expect(timesAsked('id', name)).toBe(1);
});
