import { describe, expect, it } from 'vitest';
import { chosenModel } from '../../../src/extension/models/chosenModel.ts';

const embedded = '/glassbox/media/model/glassbox-nano.gguf';

describe('The chosen model', () => {
  it('is the embedded one where the settings name none', () => {
    expect(chosenModel('', embedded)).toEqual({ path: embedded, isEmbedded: true });
  });

  it('is the one that the settings name', () => {
    expect(chosenModel('/models/r1.gguf', embedded)).toEqual({ path: '/models/r1.gguf', isEmbedded: false });
  });

  it('is known to be the embedded one when the settings name it by its path', () => {
    expect(chosenModel(embedded, embedded)).toEqual({ path: embedded, isEmbedded: true });
  });

  it('is none where none is named and the embedded one is missing', () => {
    expect(chosenModel('', undefined)).toEqual({ path: '', isEmbedded: false });
  });
});
