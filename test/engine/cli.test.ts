import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import { smolLM2Path } from '../support/assets.ts';
import { cliPath } from '../support/engineProcess.ts';

let folder: string;
let model: string;

beforeAll(async () => {
  model = await smolLM2Path();
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line tool to its end, without a terminal. */
function glassbox(
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly env?: Record<string, string>;
    /** Another copy of the tool. */
    readonly cli?: string;
    readonly onStdout?: (kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [options.cli ?? cliPath, ...args], {
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      options.onStdout?.((signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(options.input ?? '');
  });
}

const greedy = ['--temperature', '0', '--context', '1024'];

describe('glassbox ask', () => {
  it('writes the answer to standard output, and the thought and the speed to standard error', async () => {
    const { code, stdout, stderr } = await glassbox([
      ...['ask', '--model', model, ...greedy],
      ...['--mode', 'force', '--budget', '4', '--max-tokens', '60', 'What is the capital of France?'],
    ]);
    expect(code).toBe(0);
    expect(stdout.trim()).not.toBe('');
    expect(stdout).not.toContain('thought for');
    expect(stderr).toMatch(/thought for .* 4 tokens \(the thinking budget is spent\)/);
    expect(stderr).toMatch(/prefill \d+ tokens at [\d.]+ tokens\/s · decode \d+ tokens at [\d.]+ tokens\/s/);
    // Colours and rewritten lines are for terminals.
    // eslint-disable-next-line no-control-regex
    expect(stdout + stderr).not.toMatch(/\u001b|\r/);
  });

  it('puts what is piped in below the question', async () => {
    const args = ['ask', '--model', model, ...greedy, '--max-tokens', '4', '--json'];
    const promptTokens = async (question: string[], input: string): Promise<number> => {
      const { stdout } = await glassbox([...args, ...question], { input });
      const parsed: { result: { timings: { promptTokens: number } } } = JSON.parse(stdout);
      return parsed.result.timings.promptTokens;
    };
    const alone = await promptTokens(['What does this print?'], '');
    const withCode = await promptTokens(['What does this print?'], 'print(1 + 1)\n');
    const codeAsQuestion = await promptTokens([], 'print(1 + 1)\n');
    expect(withCode).toBeGreaterThan(alone);
    expect(codeAsQuestion).toBeLessThan(withCode);
  });

  it('stops at the first Ctrl+C and still tells the speed', async () => {
    let pressed = false;
    const { code, stdout, stderr } = await glassbox(
      ['ask', '--model', model, ...greedy, 'Write a very long story about the sea and its ships.'],
      {
        onStdout: (kill) => {
          if (!pressed) kill('SIGINT');
          pressed = true;
        },
      },
    );
    expect(code).toBe(130);
    expect(stdout).not.toBe('');
    expect(stderr).toContain('finished: cancelled');
  });

  it('asks the embedded model when none is named', async () => {
    const args = ['ask', '--max-tokens', '4', '--json', 'Hello'];
    const { code, stdout } = await glassbox(args, { env: { GLASSBOX_MODEL: '' } });
    expect(code).toBe(0);
    const { model: asked }: { model: { path: string } } = JSON.parse(stdout);
    expect(asked.path).toBe(embeddedModelPath(path.dirname(path.dirname(cliPath))));
  });

  it('asks the model of GLASSBOX_MODEL before the embedded one', async () => {
    const args = ['ask', '--max-tokens', '1', '--json', 'Hello'];
    const { stdout } = await glassbox(args, { env: { GLASSBOX_MODEL: model } });
    const { model: asked }: { model: { path: string } } = JSON.parse(stdout);
    expect(asked.path).toBe(model);
  });

  it('says what to do when the embedded model is missing', async () => {
    // The bundle alone, in another place: the model should lie beside its folder.
    const alone = path.join(folder, 'alone/dist/cli.mjs');
    await cp(cliPath, alone);
    const { code, stderr } = await glassbox(['ask', 'Hello?'], { env: { GLASSBOX_MODEL: '' }, cli: alone });
    expect(code).toBe(3);
    expect(stderr).toContain(path.join('alone', 'media', 'model', 'glassbox-nano.gguf'));
    expect(stderr).toContain('--model FILE');
  });

  it('has an exit code for each kind of failure', async () => {
    const notAModel = path.join(folder, 'text.gguf');
    await writeFile(notAModel, 'This is no model.');
    const failures: [string[], number, RegExp][] = [
      [['ask', '--model', path.join(folder, 'none.gguf'), 'Hi'], 3, /There is no model file at/],
      [['ask', '--model', notAModel, 'Hi'], 3, /text\.gguf/],
      [['ask', '--model', model, '--top-p', '7', 'Hi'], 2, /sampling\.topP/],
      [['ask', '--model', model, '--seed', 'x', 'Hi'], 2, /whole number/],
      [['ask', '--model', model], 2, /There is no question/],
      [['ask', '--model', model, '--context', '64', 'word '.repeat(100)], 5, /--context/],
    ];
    for (const [args, expected, message] of failures) {
      const { code, stderr } = await glassbox(args);
      expect({ args, code }).toEqual({ args, code: expected });
      expect(stderr).toMatch(message);
    }
  });
});

describe('glassbox inspect', () => {
  it('describes a model file without loading it', async () => {
    const { code, stdout } = await glassbox(['inspect', model]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/architecture +llama/);
    expect(stdout).toMatch(/parameters +135M/);
    expect(stdout).toMatch(/quantization +Q4_1/);
  });
});
