import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isCorrect } from '../../../../bench/evaluation/grade.ts';
import { parseSamples, readSet, selectSamples } from '../../../../bench/evaluation/sample.ts';

const sample = (id: string, changes: object = {}): string =>
  JSON.stringify({
    id,
    task: 'trace',
    language: 'javascript',
    question: 'What?',
    thought: '',
    answer: 'It prints:\n\n```\n1\n```',
    check: { kind: 'output', lines: ['1'] },
    ...changes,
  });

describe('an evaluation set', () => {
  it('is one sample a line', () => {
    expect(parseSamples(`${sample('a')}\n\n${sample('b')}\n`, 's.jsonl').map(({ id }) => id)).toEqual([
      'a',
      'b',
    ]);
  });

  it.each([
    ['{', 'it is not JSON'],
    [sample('a', { task: 'sing' }), 'task: '],
    [sample('a', { question: '' }), 'question: '],
    [sample('a', { check: { kind: 'line', line: 0, fixed: '' } }), 'check.line: '],
    [sample('b'), 'another sample is called b too'],
  ])('says which line is wrong: %s', (line, message) => {
    expect(() => parseSamples(`${sample('b')}\n${line}\n`, 's.jsonl')).toThrow(`s.jsonl, line 2: ${message}`);
  });

  it('says how to get one that is missing', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-set-'));
    try {
      await expect(readSet(folder, 'heldout')).rejects.toThrow('--set second');
      await expect(readSet(folder, 'second')).rejects.toThrow('training/second_generator/main.mjs');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('grades its own answers as right', async () => {
    const folder = fileURLToPath(new URL('../../../../training/evaluation', import.meta.url));
    const samples = await readSet(folder, 'second');
    expect(samples.length).toBeGreaterThan(500);
    expect(samples.filter(({ check, answer }) => !isCorrect(check, answer))).toEqual([]);
  });
});

describe('a selection', () => {
  const samples = parseSamples(
    [sample('a'), sample('b', { task: 'bug' }), sample('c'), sample('d')].join('\n'),
    's.jsonl',
  );
  const ids = (options: Parameters<typeof selectSamples>[1]) =>
    selectSamples(samples, options).map(({ id }) => id);

  it('takes the first of each task', () => {
    expect(ids({ limit: 1 })).toEqual(['a', 'b']);
    expect(ids({ limit: 2 })).toEqual(['a', 'b', 'c']);
  });

  it('takes some tasks', () => {
    expect(ids({ tasks: ['trace'] })).toEqual(['a', 'c', 'd']);
    expect(ids({ tasks: ['bug', 'rename'] })).toEqual(['b']);
  });
});
