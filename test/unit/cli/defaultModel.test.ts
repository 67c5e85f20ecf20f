import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { defaultModel } from '../../../src/cli/defaultModel.ts';
import { embeddedModelPath } from '../../../src/engineClient/embeddedModelPath.ts';

const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const embedded = embeddedModelPath(checkout);

describe('The model of a command that names none', () => {
  it('is the one that Glassbox carries', () => {
    expect(defaultModel({}, embedded)).toBe(path.join(checkout, 'media', 'model', 'glassbox-nano.gguf'));
  });

  it('is the one of GLASSBOX_MODEL where that is set', () => {
    expect(defaultModel({ GLASSBOX_MODEL: 'r1.gguf' }, embedded)).toBe('r1.gguf');
    expect(defaultModel({ GLASSBOX_MODEL: '' }, embedded)).toBe(embedded);
  });

  it('is asked for where the embedded one is missing', () => {
    const missing = embeddedModelPath(path.join(checkout, 'no-such-folder'));
    expect(() => defaultModel({}, missing)).toThrow(
      expect.objectContaining({ code: 'model/notFound', message: expect.stringContaining(missing) }),
    );
    expect(() => defaultModel({}, missing)).toThrow(/--model FILE or in GLASSBOX_MODEL/);
  });
});
