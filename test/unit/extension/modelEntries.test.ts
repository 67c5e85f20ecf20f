import { describe, expect, it } from 'vitest';
import { chosenModel } from '../../../src/extension/models/chosenModel.ts';
import { modelEntries } from '../../../src/extension/models/modelEntries.ts';
import { english } from './conversations.ts';

const embedded = '/glassbox/media/model/glassbox-nano.gguf';

function entries(configured: string, recent: readonly string[], carried: string | undefined = embedded) {
  return modelEntries(english, { current: chosenModel(configured, carried), recent, embedded: carried });
}

describe('The models that can be picked by name', () => {
  it('are those used before and the embedded one, which empties the setting', () => {
    expect(entries('', ['/models/r1.gguf', '/models/qwen.gguf'])).toEqual([
      { label: 'r1.gguf', description: '', detail: '/models', setting: '/models/r1.gguf' },
      { label: 'qwen.gguf', description: '', detail: '/models', setting: '/models/qwen.gguf' },
      {
        label: 'glassbox-nano (embedded)',
        description: 'current',
        detail: expect.stringContaining('Comes with Glassbox.'),
        setting: '',
      },
    ]);
  });

  it('begin with the one in use, named once', () => {
    const found = entries('/models/qwen.gguf', ['/models/r1.gguf', '/models/qwen.gguf']);
    expect(found.map(({ setting, description }) => [setting, description])).toEqual([
      ['/models/qwen.gguf', 'current'],
      ['/models/r1.gguf', ''],
      ['', ''],
    ]);
  });

  it('have the embedded one once, even where its path was set by hand', () => {
    expect(entries(embedded, [embedded]).map(({ setting }) => setting)).toEqual(['']);
  });

  it('leave the embedded one out where it is missing', () => {
    expect(
      modelEntries(english, { current: chosenModel('', undefined), recent: [], embedded: undefined }),
    ).toEqual([]);
  });
});
