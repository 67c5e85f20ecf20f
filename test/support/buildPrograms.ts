import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

const root = path.resolve(import.meta.dirname, '../..');

/** Before the engine suite, whose files run at the same time: the programs that they start are those of these sources. */
export async function setup(): Promise<void> {
  const script = path.join(root, 'scripts/build.mjs');
  await promisify(execFile)(process.execPath, [script, '--quiet', '--only=engine,cli,eval'], { cwd: root });
}
