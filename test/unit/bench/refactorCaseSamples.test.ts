import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { refactorCaseSamples } from '../../../bench/refactorCaseSamples.ts';
import { answerParts } from '../../../src/reasoning/answers/codeBlocks.ts';

const root = path.resolve('.');

describe('the refactor suite as samples', () => {
  it('asks about code that the question holds, and answers with one block and no thought', async () => {
    const samples = await refactorCaseSamples(root, { limit: 100, style: 'full' });
    expect(samples.length).toBeGreaterThanOrEqual(60);
    for (const { id, question, code, answer, thought } of samples) {
      expect(question, id).toContain(code.trimEnd());
      expect(answerParts(answer).blocks, id).toHaveLength(1);
      expect(thought, id).toBeUndefined();
      const [opened = ''] = answer.split('\n', 1);
      expect(question, `${id}: the question opens its block so, too`).toContain(
        `${opened}\n${code.trimEnd()}`,
      );
    }
  });

  it('has as many of each language as asked for', async () => {
    const samples = await refactorCaseSamples(root, { limit: 2, style: 'full' });
    const tasks = samples.map(({ task }) => task);
    expect(new Set(tasks)).toEqual(
      new Set(['JavaScript', 'TypeScript', 'Python', 'Go', 'Java', 'Rust', 'C']),
    );
    expect(tasks).toHaveLength(14);
  });

  it('asks the embedded model only what it was trained on, by task', async () => {
    const samples = await refactorCaseSamples(root, { limit: 1, style: 'compact' });
    expect(samples.map(({ task }) => task)).toContain('forOf');
    expect(samples.filter(({ id }) => !/^(?:js|ts)-/u.test(id))).toEqual([]);
  });
});
