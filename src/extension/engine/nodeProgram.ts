import { execFile } from 'node:child_process';
import { access, chmod, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GlassboxError } from '../../protocol/errors.ts';
import type { Translate } from '../translate.ts';

/** The oldest Node that runs the engine. */
const oldest = { major: 20, minor: 18 };

/** How long a program may take to say its version. A virus scanner reads it first. */
const ANSWER_MS = 10_000;

export interface NodeProgramOptions {
  /** From `glassbox.engine.nodePath`; empty for none. */
  readonly configured: string;
  /** Where a packaged extension has its Node; nothing need be there. */
  readonly packagedFolder: string;
  /** Whether this process is Electron and not a plain Node. */
  readonly isElectron: boolean;
  /** The PATH to search. */
  readonly searchPath: string;
  readonly t: Translate;
}

/** The Node that runs the engine. */
export interface NodeProgram {
  /** Undefined for the program that runs this process, which is always there. */
  readonly path: string | undefined;
  readonly from: 'setting' | 'package' | 'host' | 'searchPath' | 'electron';
  /** What the user should know, in a sentence or two; undefined where all is as it should be. */
  readonly warning: string | undefined;
}

/**
 * The configured one; else the one that comes with Glassbox; else the one that runs this process, or inside Electron a recent
 * enough `node` on the PATH; else Electron, with which no GPU is used.
 *
 * @throws GlassboxError `runtime/unavailable` when the configured one does not run or is too old
 */
export async function findNodeProgram(options: NodeProgramOptions): Promise<NodeProgram> {
  const { configured, packagedFolder, isElectron, searchPath, t } = options;
  if (configured !== '') {
    const tried = await tryProgram(configured);
    if (tried.kind === 'recent') return { path: configured, from: 'setting', warning: undefined };
    const what = tried.kind === 'old' ? `is version ${tried.version}` : 'does not run';
    throw new GlassboxError(
      'runtime/unavailable',
      `${configured}, set as glassbox.engine.nodePath, ${what}; the engine needs Node ${oldest.major}.${oldest.minor} or later.`,
    );
  }
  const packaged = await tryPackaged(packagedFolder);
  if (packaged.kind === 'usable') return { path: packaged.path, from: 'package', warning: undefined };
  const complaint =
    packaged.kind === 'broken'
      ? t(
          'The Node that comes with Glassbox does not run: {0}: {1}. Installing Glassbox again may help.',
          packaged.path,
          packaged.reason,
        )
      : undefined;
  if (!isElectron) return { path: undefined, from: 'host', warning: complaint };
  const found = await searchFor(searchPath);
  if (found !== undefined) return { path: found, from: 'searchPath', warning: complaint };
  const consequence = t(
    'The engine runs on the editor’s own Node, which cannot read back what a GPU computed, so no GPU is used. A Node.js {0} or later on the PATH, or in glassbox.engine.nodePath, is taken instead.',
    `${oldest.major}.${oldest.minor}`,
  );
  return {
    path: undefined,
    from: 'electron',
    warning: complaint === undefined ? consequence : `${complaint} ${consequence}`,
  };
}

type PackagedProgram =
  | { readonly kind: 'usable'; readonly path: string }
  /** A checkout has none: nothing is wrong. */
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly path: string; readonly reason: string };

async function tryPackaged(folder: string): Promise<PackagedProgram> {
  if (!(await isThere(folder))) return { kind: 'none' };
  const program = path.join(folder, nodeName());
  if (!(await isThere(program))) return { kind: 'broken', path: program, reason: 'it is missing' };
  if (!(await isExecutable(program))) {
    // Whatever unpacked the extension did not keep the mode.
    try {
      await chmod(program, 0o755);
    } catch (error) {
      return { kind: 'broken', path: program, reason: reasonOf(error) };
    }
  }
  const tried = await tryProgram(program);
  switch (tried.kind) {
    case 'recent':
      return { kind: 'usable', path: program };
    case 'old':
      return { kind: 'broken', path: program, reason: `it is version ${tried.version}` };
    case 'broken':
      return { kind: 'broken', path: program, reason: tried.reason };
    default:
      return tried satisfies never;
  }
}

async function searchFor(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(path.delimiter).filter((entry) => path.isAbsolute(entry))) {
    const candidate = path.join(folder, nodeName());
    if (!(await isExecutable(candidate))) continue;
    const tried = await tryProgram(candidate);
    if (tried.kind === 'recent') return candidate;
  }
  return undefined;
}

function nodeName(): string {
  return process.platform === 'win32' ? 'node.exe' : 'node';
}

async function isThere(file: string): Promise<boolean> {
  return await stat(file).then(
    () => true,
    () => false,
  );
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

type TriedProgram =
  | { readonly kind: 'recent' }
  | { readonly kind: 'old'; readonly version: string }
  | { readonly kind: 'broken'; readonly reason: string };

/** Asks a program for its version, which also shows whether this machine starts it. */
async function tryProgram(program: string): Promise<TriedProgram> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: ANSWER_MS });
    const version = stdout.trim();
    if (!/^v\d+\.\d+\.\d+/u.test(version)) return { kind: 'broken', reason: 'it is no Node' };
    return isRecent(version) ? { kind: 'recent' } : { kind: 'old', version };
  } catch (error) {
    return { kind: 'broken', reason: reasonOf(error) };
  }
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/u, '').split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}

/** Why the system did not run a program, or what became of it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if ('killed' in error && error.killed === true)
    return `it has not said its version in ${ANSWER_MS / 1000} s`;
  // macOS kills what it holds in quarantine.
  if ('signal' in error && typeof error.signal === 'string') return `it was ended by ${error.signal}`;
  // Where the system cannot run a file of another processor, a shell tries, and fails with a code.
  if (typeof code === 'number') return `it ended with code ${code}; is it for another machine?`;
  switch (code) {
    case 'ENOEXEC':
      return `it is no program for this machine (${code})`;
    case 'EACCES':
    case 'EPERM':
      return `the system does not let it run (${code})`;
    case 'ENOENT':
      return `it, or a library that it needs, is missing (${code})`;
    default:
      return error.message;
  }
}
