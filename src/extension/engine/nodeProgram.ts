import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { GlassboxError } from '../../protocol/errors.ts';

/** The oldest Node that runs the engine. */
const oldest = { major: 20, minor: 18 };

export interface NodeProgramOptions {
  /** From `glassbox.engine.nodePath`; empty for none. */
  readonly configured: string;
  /** Whether this process is Electron and not a plain Node. */
  readonly isElectron: boolean;
  /** The PATH to search. */
  readonly searchPath: string;
}

/**
 * The Node that runs the engine: the configured one; else, inside Electron, a recent enough `node` on the PATH.
 * Undefined for the program that runs this process, which is always there.
 *
 * @throws GlassboxError `runtime/unavailable` when the configured one does not run or is too old
 */
export async function findNodeProgram(options: NodeProgramOptions): Promise<string | undefined> {
  const { configured, isElectron, searchPath } = options;
  if (configured !== '') {
    const version = await versionOf(configured);
    if (version !== undefined && isRecent(version)) return configured;
    const what = version === undefined ? 'does not run' : `is version ${version}`;
    throw new GlassboxError(
      'runtime/unavailable',
      `${configured}, set as glassbox.engine.nodePath, ${what}; the engine needs Node ${oldest.major}.${oldest.minor} or later.`,
    );
  }
  if (!isElectron) return undefined;
  for (const folder of searchPath.split(path.delimiter).filter((entry) => path.isAbsolute(entry))) {
    const candidate = path.join(folder, process.platform === 'win32' ? 'node.exe' : 'node');
    if (!(await isExecutable(candidate))) continue;
    const version = await versionOf(candidate);
    if (version !== undefined && isRecent(version)) return candidate;
  }
  return undefined;
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/u, '').split('.').map(Number);
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor);
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** What `--version` prints, or undefined when it does not run or prints something else. */
async function versionOf(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 10_000 });
    const version = stdout.trim();
    return /^v\d+\.\d+\.\d+/u.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}
