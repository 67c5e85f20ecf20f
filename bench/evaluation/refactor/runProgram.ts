import { spawn } from 'node:child_process';
import process from 'node:process';
import { transform } from 'esbuild';
import type { CaseLanguage } from './refactorCase.ts';
import { JAVASCRIPT_SANDBOX } from './javascriptSandbox.ts';
import { PYTHON_SANDBOX } from './pythonSandbox.ts';

/** What a program printed, why it did not get to its end, or why it was not started. */
export type Ran =
  | { readonly kind: 'ran'; readonly output: string }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'notRun'; readonly why: string };

const MOST_SECONDS = 10;
const MOST_OUTPUT = 1 << 16;
const HEAP_MIB = 64;

/**
 * Runs a program that a model wrote, in a process of its own without files, other processes, network or much memory:
 *
 * - JavaScript and TypeScript (its types taken away by esbuild): Node with its permission model, which denies files, processes,
 *   workers and addons, and inside it a `vm` context that holds no object of Node's, so that there is no way to a socket.
 * - Python: with an audit hook that denies files, processes and sockets, resource limits, and no user's rights where it was started
 *   as root.
 * - Both in a network namespace with nothing in it, where the machine gives one (`unshare`, Linux). Without it Python is not run.
 * - Other languages are not run.
 */
export async function runProgram(language: CaseLanguage, program: string): Promise<Ran> {
  switch (language) {
    case 'javascript':
      return runJavaScript(program);
    case 'typescript': {
      let code: string;
      try {
        ({ code } = await transform(program, { loader: 'ts', target: 'es2022', logLevel: 'silent' }));
      } catch (error) {
        return { kind: 'failed', why: firstLine(error instanceof Error ? error.message : String(error)) };
      }
      return runJavaScript(code);
    }
    case 'python':
      return runPython(program);
    default:
      return { kind: 'notRun', why: `${language} is checked by syntax only` };
  }
}

async function runJavaScript(program: string): Promise<Ran> {
  const permission = ['--permission', '--experimental-permission'].find((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag),
  );
  if (permission === undefined) return { kind: 'notRun', why: 'this Node has no permission model' };
  const options = [
    permission,
    '--no-warnings',
    `--max-old-space-size=${HEAP_MIB}`,
    '--disallow-code-generation-from-strings',
  ];
  const [command = '', ...words] = [
    ...((await networkIsolation()) ?? []),
    process.execPath,
    ...options,
    '-e',
    JAVASCRIPT_SANDBOX,
  ];
  return run(command, words, program);
}

async function runPython(program: string): Promise<Ran> {
  const isolation = await networkIsolation();
  if (!isolation) return { kind: 'notRun', why: 'Python is run only where the network can be taken from it' };
  pythonAsked ??= run('python3', ['-I', '-S', '-c', 'print(1)'], '');
  if ((await pythonAsked).kind !== 'ran') return { kind: 'notRun', why: 'there is no python3' };
  const [command = '', ...words] = isolation;
  return run(command, [...words, 'python3', '-I', '-S', '-c', PYTHON_SANDBOX], program);
}
let pythonAsked: Promise<Ran> | undefined;

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
  commands: readonly (readonly [string, ...string[]])[],
): Promise<readonly string[] | undefined> {
  for (const command of commands) {
    const [name, ...words] = command;
    if ((await run(name, [...words, 'true'], '')).kind === 'ran') return command;
  }
  return undefined;
}

function run(command: string, words: readonly string[], input: string): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(command, words, { stdio: 'pipe', env: { PATH: process.env['PATH'] ?? '' } });
    let output = '';
    let problem = '';
    let ended: string | undefined;
    const stop = (why: string): void => {
      ended ??= why;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      stop(`it ran longer than ${MOST_SECONDS} s`);
    }, MOST_SECONDS * 1000);
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString('utf8');
      if (output.length > MOST_OUTPUT) stop('it printed without end');
    });
    child.stderr.on('data', (data: Buffer) => {
      problem = (problem + data.toString('utf8')).slice(-4096);
    });
    child.on('error', (error) => {
      ended ??= error.message;
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (ended === undefined && code === 0) resolve({ kind: 'ran', output });
      else resolve({ kind: 'failed', why: ended ?? (lastLine(problem) || `it ended with ${String(code)}`) });
    });
    // One that ends without reading is told by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0] ?? '';
const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
