import { describe, expect, it } from 'vitest';
import { ReferenceModel } from '../../../support/referenceModel.ts';
import { TINY_FAMILIES } from '../../../support/tinyModel.ts';
import { QUANTIZATION_TYPES } from '../../../../src/models/weights.ts';
import { allLogits, rmsError, withBackend, withTinyModel } from './tinyBackend.ts';

const TOKENS = [5, 9, 2, 40, 11, 3, 3, 27, 8, 61, 17, 30];
describe('glassbox', () => {
  describe.each(TINY_FAMILIES)('of family %s', (family) => {
    it.each(QUANTIZATION_TYPES)('%s', async (type) => {
      await withTinyModel({ family, type }, async (file) => {
        const reference = await ReferenceModel.load(file.spec, file.weights);
        const expected = reference.logits(TOKENS).flatMap((logits) => [...logits]);
        await withBackend(file, { kernels: 'glassbox' }, async (backend) => {
          console.log(family, type, backend.runtime.kernels, rmsError(await allLogits(backend, TOKENS), expected));
        });
      });
    });
  });
});
