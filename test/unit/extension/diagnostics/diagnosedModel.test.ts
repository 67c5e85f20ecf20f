import { expect, it } from 'vitest';
import { diagnosedModel } from '../../../../src/extension/diagnostics/diagnosedModel.ts';
import { diagnosticsState } from '../../../support/diagnosticsState.ts';

it('does not tell where the model lies on this machine', () => {
  const { model } = diagnosticsState();
  if (!model) throw new Error('There is no model in the state.');
  const told = diagnosedModel({ ...model, path: '/home/somebody/models/nano.gguf' });
  expect(told).toEqual(model);
  expect(JSON.stringify(told)).not.toContain('somebody');
});
