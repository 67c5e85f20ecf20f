import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askSamples } from '../../bench/evaluation/askSamples.ts';
import type { Mode } from '../../bench/evaluation/grade.ts';
import { readResults } from '../../bench/evaluation/results.ts';
import type { Sample } from '../../bench/evaluation/sample.ts';
import { smolLM2Path } from '../support/assets.ts';
import { writeChainModel } from '../support/chainModel.ts';
import { startEngine } from '../support/engineProcess.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-evaluation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function sample(id: string, sentence: string): Sample {
  return {
    id,
    task: 'describe',
    language: 'javascript',
    question: `What is ${id}?`,
    thought: '',
    answer: sentence,
    check: { kind: 'sentence', sentence },
  };
}

/** Models that say the same to everything (test/support/chainModel.ts). */
const links = {
  'answers at once': [
    ['Ċ', 'hello'],
    ['ĊĊ', 'hello'],
    ['hello', 'world'],
    ['world', '<|im_end|>'],
  ],
  'thinks first': [
    ['Ċ', '<think>'],
    ['<think>', 'value'],
    ['value', '</think>'],
    ['</think>', 'hello'],
    ['hello', '<|im_end|>'],
  ],
} as const;

describe('questions asked of a model', () => {
  async function asked(model: keyof typeof links, mode: Mode, samples: readonly Sample[]) {
    const file = path.join(folder, `${model}.gguf`);
    await writeChainModel(file, links[model], { thinkTokens: model === 'thinks first' });
    const engine = await startEngine();
    try {
      await engine.load({ path: file });
      const replies = await askSamples(engine, samples, { mode, temperature: 0, seed: 1, maxTokens: 64 });
      return { replies, state: await engine.state() };
    } finally {
      await engine.dispose();
    }
  }

  it('that answers at once are graded, and leave no conversation behind', async () => {
    const { replies, state } = await asked('answers at once', 'off', [
      sample('a', 'helloworld'),
      sample('b', 'goodbye'),
    ]);
    expect(replies).toMatchObject([
      { id: 'a', correct: true, answer: 'helloworld', thought: '', answerTokens: 2, finishReason: 'stop' },
      { id: 'b', correct: false, answer: 'helloworld' },
    ]);
    expect(replies.map(({ problem }) => problem)).toEqual([undefined, undefined]);
    expect(state.conversations).toEqual([]);
  });

  it('that thinks have a thought where one is asked for, and lack one where the model has none', async () => {
    const thinking = await asked('thinks first', 'think', [sample('a', 'hello')]);
    expect(thinking.replies).toMatchObject([{ correct: true, thought: 'value', answer: 'hello' }]);
    expect(thinking.replies[0]?.problem).toBeUndefined();
    const direct = await asked('answers at once', 'think', [sample('a', 'helloworld')]);
    expect(direct.replies).toMatchObject([{ correct: true, problem: 'noThought' }]);
  });
});

describe('npm run eval', () => {
  const tool = (...words: string[]) =>
    run(process.execPath, [path.join(root, 'dist/eval.mjs'), ...words], { cwd: folder });

  it('asks a real model, shows the tables and writes the replies', async () => {
    const file = path.join(folder, 'smollm2.json');
    const { stdout } = await tool(
      ...['nano', '--model', await smolLM2Path(), '--set', 'second', '--tasks', 'other,equality'],
      ...['--limit', '1', '--max-tokens', '12', '--json', file, '--show-failures', '1'],
    );
    expect(stdout).toMatch(/Second set: 2 questions/);
    expect(stdout).toMatch(/==== second-other-001 \(Second set, answer only\): wrong/);
    expect(stdout).toMatch(/--model SmolLM2-135M-Instruct.Q4_1.gguf --set second/);
    const results = await readResults(file);
    expect(results.runs.map(({ mode, replies }) => [mode, replies.length])).toEqual([
      ['think', 2],
      ['off', 2],
    ]);
    const compared = await tool('compare', file, '--title', 'With and without a thought');
    expect(compared.stdout).toMatch(/\| all +\| +0\.0 % \(0–66\) \|/);
  });

  it('asks a model the refactor suite, and runs what became an edit', async () => {
    const file = path.join(folder, 'refactor.json');
    const { stdout } = await tool('refactor', '--languages', 'javascript', '--limit', '1', '--json', file);
    expect(stdout).toMatch(/### 1 cases?\n/u);
    expect(stdout).toMatch(/\| all +\| +1 \| +1 \| +0 \| +1 \| +1 \| +1 \|/u);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      results: [{ id: 'js-guard-shipping', verdict: { outcome: 'accepted', behaviour: { kind: 'kept' } } }],
    });
    // Any other model is asked the full prompt; a few tokens hold no whole answer.
    const other = ['--model', await smolLM2Path(), '--languages', 'go', '--limit', '1', '--max-tokens', '8'];
    expect((await tool('refactor', ...other)).stdout).toMatch(/`truncated` +\| +1 \|/u);
  });

  it('says what to do without a model', async () => {
    await expect(tool('nano', '--model', 'nowhere.gguf', '--set', 'second')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no model nowhere.gguf. Train one'),
    });
  });
});
