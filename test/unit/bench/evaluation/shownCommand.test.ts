import { describe, expect, it } from 'vitest';
import { shownCommand } from '../../../../bench/evaluation/shownCommand.ts';

const shown = (words: string) => shownCommand(words.split(' '), '/home/me/glassbox');

describe('a command on a page', () => {
  it('is what was typed', () => {
    expect(shown('nano --tasks trace,bug --limit 3')).toBe(
      'npm run eval -- nano --tasks trace,bug --limit 3',
    );
  });

  it('does not say where results went', () => {
    expect(shown('nano --json /tmp/a.json -w --set second --show-failures 3 --json=b.json --write')).toBe(
      'npm run eval -- nano --set second',
    );
  });

  it('names files without the folders of one machine', () => {
    expect(shown('nano --model /home/me/glassbox/media/model/a.gguf')).toContain(
      '--model media/model/a.gguf',
    );
    expect(shown('nano --model /home/me/models/a.gguf')).toContain('--model a.gguf');
    expect(shown('nano --model=../models/a.gguf')).toContain('--model=a.gguf');
  });

  it('quotes what has spaces', () => {
    expect(shownCommand(['compare', '--title', 'Before and after'], '/')).toContain(
      '--title "Before and after"',
    );
  });
});
