// The Python of the training suite: a virtual environment with what training/requirements.txt pins, in the cache folder.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, findProgram } from './assets.mjs';
import { checkout } from './install-from-checkout.mjs';

/**
 * Made anew when the requirements have changed. PyTorch is large: the first time takes minutes.
 *
 * @returns {Promise<string>} path of its python
 */
export async function trainingPython() {
  const requirements = path.join(checkout, 'training/requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const folder = path.join(cacheFolder(), 'training', 'venv');
  const python = path.join(folder, 'bin/python');
  // Written last, so that a half-made environment is not taken for a whole one.
  const stamp = path.join(folder, 'requirements.sha256');
  if ((await readFile(stamp, 'utf8').catch(() => '')) === digest) return python;
  if (!(await findProgram('python3')))
    throw new Error(
      'The trainer is written in Python and there is no python3 here (Debian: apt-get install python3).',
    );
  console.error('Making the Python environment of the trainer (PyTorch, 2 GB, once) ...');
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  must('python3', ['-m', 'venv', folder], 'Debian: apt-get install python3-venv');
  must(
    python,
    ['-m', 'pip', 'install', '--quiet', '--requirement', requirements],
    'is a Python registry reachable?',
  );
  await writeFile(stamp, digest);
  return python;
}

/**
 * @param {string} command
 * @param {string[]} commandArguments
 * @param {string} hint
 */
function must(command, commandArguments, hint) {
  const { status } = spawnSync(command, commandArguments, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${commandArguments.join(' ')} failed (${hint}).`);
}
