// Starts a VS Code that a browser shows, on this machine only, with a profile in a folder of the caller's.
// Used by `npm start` and by the end-to-end tests.
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { codeServer } from './assets.mjs';

/** No account, no marketplace, no telemetry, no welcome pages: the editor and Glassbox. */
export const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
};

/**
 * @typedef {object} Profile The folders of one VS Code, all below one folder.
 * @property {string} folder
 * @property {string} userData
 * @property {string} userSettings
 * @property {string} machineSettings settings of this machine; they outrank the user's
 * @property {string} extensions
 */

/**
 * @param {string} folder
 * @returns {Promise<Profile>} its folders exist
 */
export async function makeProfile(folder) {
  const userData = path.join(folder, 'user');
  const profile = {
    folder,
    userData,
    userSettings: path.join(userData, 'User/settings.json'),
    machineSettings: path.join(userData, 'Machine/settings.json'),
    extensions: path.join(folder, 'extensions'),
  };
  for (const file of [profile.userSettings, profile.machineSettings]) {
    await mkdir(path.dirname(file), { recursive: true });
  }
  await mkdir(profile.extensions, { recursive: true });
  return profile;
}

/**
 * @typedef {object} RunningCodeServer
 * @property {string} url for example `http://127.0.0.1:7878/`
 * @property {number} processId also the id of its process group, in which all its children are
 * @property {Promise<string>} exited resolves with the end of its output once it has ended by itself or was stopped
 * @property {() => Promise<void>} stop ends it and everything it started
 */

/**
 * @param {object} options
 * @param {Profile} options.profile
 * @param {number} [options.port] 0 takes any free one
 * @param {string[]} [options.installExtensions] .vsix files
 * @param {Record<string, string>} [options.environment] added to the environment
 * @param {boolean} [options.workspaceTrust] it asks whether a folder is trusted, as it does unless told otherwise
 * @param {(line: string) => void} [options.report]
 * @returns {Promise<RunningCodeServer>} once it accepts connections
 */
export async function startCodeServer({
  profile,
  port = 0,
  installExtensions = [],
  environment = {},
  workspaceTrust = false,
  report,
}) {
  const { node, entry } = await codeServer(report);
  const config = path.join(profile.folder, 'config.yaml');
  await writeFile(config, 'auth: none\n');
  // The socket of a server that was killed would make this one believe that it is still there.
  await rm(path.join(profile.userData, 'code-server-ipc.sock'), { force: true });
  const folders = [
    '--config',
    config,
    '--user-data-dir',
    profile.userData,
    '--extensions-dir',
    profile.extensions,
  ];
  const env = { ...ownEnvironment(), EXTENSIONS_GALLERY: '{}', ...environment };

  for (const file of installExtensions) {
    const install = spawn(node, [entry, ...folders, '--install-extension', file, '--force'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = collectEnd(install);
    const code = await new Promise((resolve) => install.once('close', resolve));
    if (code !== 0) throw new Error(`VS Code could not install ${file}:\n${output()}`);
  }

  const child = spawn(
    node,
    [
      entry,
      ...folders,
      ...['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--app-name', 'Glassbox'],
      '--disable-telemetry',
      '--disable-update-check',
      ...(workspaceTrust ? [] : ['--disable-workspace-trust']),
      '--disable-getting-started-override',
      '--ignore-last-opened',
    ],
    // A group of its own, so that nothing it started outlives it.
    { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const output = collectEnd(child);
  /** @type {Promise<string>} */
  const exited = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(output()));
  });
  const processId = child.pid;
  if (processId === undefined) throw new Error(`${node} could not be started.`);

  // Without a process that would stop it, it is stopped at once.
  const killGroup = () => signal(-processId, 'SIGKILL');
  process.once('exit', killGroup);

  const stop = async () => {
    signal(-processId, 'SIGTERM');
    const killer = setTimeout(killGroup, 5000);
    await exited;
    clearTimeout(killer);
    // The server is gone; what it left behind in its group goes now.
    killGroup();
    process.off('exit', killGroup);
  };

  /** @type {Promise<string>} */
  const listening = new Promise((resolve) => {
    let text = '';
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => {
      text += chunk.toString();
      const address = /HTTP server listening on (http:\/\/\S+)/.exec(text)?.[1];
      if (address) resolve(address.endsWith('/') ? address : `${address}/`);
    });
  });
  const url = await Promise.race([listening, exited.then((end) => Promise.reject(startFailure(end, port)))]);
  return { url, processId, exited, stop };
}

/**
 * @param {string} output
 * @param {number} port
 * @returns {Error}
 */
function startFailure(output, port) {
  return output.includes('EADDRINUSE')
    ? new Error(`Port ${port} is taken by another program. Choose another one with --port N.`)
    : new Error(`VS Code (code-server) ended before it was ready:\n${output}`);
}

/**
 * The environment without what a VS Code terminal, npm or a test runner put into it: a code-server that finds
 * `VSCODE_IPC_HOOK_CLI` hands its arguments to that other VS Code and ends.
 * @returns {NodeJS.ProcessEnv}
 */
function ownEnvironment() {
  const foreign = /^(VSCODE_|npm_|VITEST|NODE_ENV$|NODE_OPTIONS$|PASSWORD$|HASHED_PASSWORD$|PORT$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} child
 * @returns {() => string} the last 4,000 characters it wrote
 */
function collectEnd(child) {
  let end = '';
  const add = (/** @type {Buffer} */ chunk) => (end = (end + chunk.toString()).slice(-4000));
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  return () => end.trim();
}

/**
 * @param {number} processId negative for a group
 * @param {NodeJS.Signals} name
 */
function signal(processId, name) {
  try {
    process.kill(processId, name);
  } catch (error) {
    // Already gone is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
