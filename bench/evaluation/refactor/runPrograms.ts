import { spawn } from 'node:child_process';
import process from 'node:process';
import { transform } from 'esbuild';
import * as v from 'valibot';
import type { CaseLanguage } from './refactorCase.ts';
import { JAVASCRIPT_SANDBOX } from './javascriptSandbox.ts';
import { PYTHON_SANDBOX } from './pythonSandbox.ts';

/** What a program printed, why it did not get to its end, or why it was not started. */
export type Ran =
  | { readonly kind: 'ran'; readonly output: string }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'notRun'; readonly why: string };

/** Only what never ends takes as long, also on a machine that is busy; most is stopped earlier, inside. */
const MOST_SECONDS = 60;
const MOST_OUTPUT = 1 << 18;
const HEAP_MIB = 64;

/**
 * Runs programs that a model wrote, one after the other in a process of their own, without files, other processes, network or much memory:
 *
 * - JavaScript and TypeScript (its types taken away by esbuild): Node with its permission model, which denies files, processes,
 *   workers and addons, and inside it a `vm` context that holds no object of Node's, so that there is no way to a socket.
 * - Python: with an audit hook that denies files, processes and sockets, resource limits, and no user's rights where it was started
 *   as root.
 * - Both in a network namespace with nothing in it, where the machine gives one (`unshare`, Linux). Without it Python is not run.
 * - Other languages are not run.
 */
export async function runPrograms(
  language: CaseLanguage,
  programs: readonly string[],
): Promise<readonly Ran[]> {
  const all = (ran: Ran): readonly Ran[] => programs.map(() => ran);
  if (language === 'javascript' || language === 'typescript') {
    const permission = ['--permission', '--experimental-permission'].find((flag) =>
      process.allowedNodeEnvironmentFlags.has(flag),
    );
    if (permission === undefined) return all({ kind: 'notRun', why: 'this Node has no permission model' });
    const loader = language === 'javascript' ? 'js' : 'ts';
    const read = await Promise.all(programs.map((program) => asScript(program, loader)));
    const options = [
      permission,
      '--no-warnings',
      `--max-old-space-size=${HEAP_MIB}`,
      '--disallow-code-generation-from-strings',
    ];
    const isolation = (await networkIsolation()) ?? [];
    const words = [...isolation, process.execPath, ...options, '-e', JAVASCRIPT_SANDBOX];
    const ran = await runAll(
      words,
      read.flatMap((each) => ('code' in each ? [each.code] : [])),
    );
    const results = ran[Symbol.iterator]();
    return read.map((each) => ('code' in each ? (results.next().value ?? LOST) : each));
  }
  if (language === 'python') {
    const isolation = await networkIsolation();
    if (!isolation)
      return all({ kind: 'notRun', why: 'Python is run only where the network can be taken from it' });
    pythonAsked ??= run(['python3', '-I', '-S', '-c', 'print(1)'], '');
    if ((await pythonAsked).code !== 0) return all({ kind: 'notRun', why: 'there is no python3' });
    return runAll([...isolation, 'python3', '-I', '-S', '-c', PYTHON_SANDBOX], programs);
  }
  return all({ kind: 'notRun', why: `${language} is checked by syntax only` });
}
let pythonAsked: Promise<Ended> | undefined;

const LOST: Ran = { kind: 'failed', why: 'it said nothing' };

/** A module as a script: without types, and what it exports goes nowhere. */
async function asScript(program: string, loader: 'js' | 'ts'): Promise<{ readonly code: string } | Ran> {
  try {
    const { code } = await transform(program, {
      loader,
      format: 'iife',
      target: 'es2022',
      treeShaking: false,
      logLevel: 'silent',
    });
    return { code };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', why: message.trim().split('\n').at(-1) ?? message };
  }
}

/** What a sandbox writes for each program: a line of JSON, as soon as it has ended. */
const SandboxLine = v.variant('kind', [
  v.object({ kind: v.literal('ran'), output: v.string() }),
  v.object({ kind: v.literal('failed'), why: v.string() }),
]);

/** A program that takes the process along has failed; those behind it get another process. */
async function runAll(words: readonly string[], programs: readonly string[]): Promise<readonly Ran[]> {
  const results: Ran[] = [];
  while (results.length < programs.length) {
    const rest = programs.slice(results.length);
    const { output, code, why } = await run(words, JSON.stringify(rest));
    for (const text of output.split('\n').slice(0, rest.length)) {
      const line = v.safeParse(v.pipe(v.string(), v.parseJson(), SandboxLine), text);
      if (!line.success) break;
      results.push(line.output);
    }
    if (results.length < programs.length) {
      results.push({ kind: 'failed', why: why ?? `its process ended with ${String(code)}` });
    }
  }
  return results;
}

/** The command that runs another one in an empty network namespace, where this machine has one. */
function networkIsolation(): Promise<readonly string[] | undefined> {
  isolationAsked ??= firstThatRuns([
    ['unshare', '--net'],
    ['unshare', '--user', '--map-root-user', '--net'],
  ]);
  return isolationAsked;
}
let isolationAsked: Promise<readonly string[] | undefined> | undefined;

async function firstThatRuns(
  commands: readonly (readonly string[])[],
): Promise<readonly string[] | undefined> {
  for (const command of commands) {
    if ((await run([...command, 'true'], '')).code === 0) return command;
  }
  return undefined;
}

interface Ended {
  readonly output: string;
  /** Null when it was stopped. */
  readonly code: number | null;
  /** Why it was stopped, or the last line of its errors. */
  readonly why?: string;
}

function run([command = '', ...words]: readonly string[], input: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, words, { stdio: 'pipe', env: { PATH: process.env['PATH'] ?? '' } });
    let output = '';
    let errors = '';
    let stopped: string | undefined;
    const stop = (why: string): void => {
      stopped ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      stop(`it ran longer than ${MOST_SECONDS} s`);
    }, MOST_SECONDS * 1000);
    const end = (code: number | null): void => {
      clearTimeout(timer);
      const why = stopped ?? errors.trim().split('\n').at(-1);
      resolve({ output, code: stopped === undefined ? code : null, ...(why ? { why } : {}) });
    };
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('utf8');
      if (output.length > MOST_OUTPUT) stop('it printed without end');
    });
    child.stderr.on('data', (data: Buffer) => {
      errors = (errors + data.toString('utf8')).slice(-4096);
    });
    child.on('error', ({ message }) => {
      stopped ??= message;
      end(null);
    });
    child.on('close', end);
    // One that ends without reading is told by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
