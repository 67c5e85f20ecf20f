import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResults } from '../../../../bench/evaluation/results.ts';
import { results, wrong } from './replies.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-results-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(text: string): Promise<string> {
  const file = path.join(folder, 'results.json');
  await writeFile(file, text);
  return file;
}

describe('results', () => {
  it('are read as they were written', async () => {
    const some = results([{ set: 'heldout', mode: 'off', replies: [wrong('a', { problem: 'unfinished' })] }]);
    expect(await readResults(await written(JSON.stringify(some)))).toEqual(some);
  });

  it.each([
    ['{', 'results.json holds no results: '],
    ['{}', 'version'],
    [JSON.stringify({ ...results([]), version: 2 }), 'version'],
  ])('are refused with the reason: %s', async (text, message) => {
    await expect(readResults(await written(text))).rejects.toThrow(message);
  });

  it('are refused when there is no such file', async () => {
    await expect(readResults(path.join(folder, 'missing.json'))).rejects.toThrow('holds no results');
  });
});
