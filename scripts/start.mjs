// npm start: a VS Code with the Glassbox of this checkout in its side bar.
import { spawn } from 'node:child_process';
import { access, cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { cacheFolder, findProgram } from './assets.mjs';
import { makeProfile, quietSettings, startCodeServer } from './code-server.mjs';
import { checkout, installFromCheckout } from './install-from-checkout.mjs';

const defaultPort = 7878;

const command = new Command('npm start --')
  .description('Opens a VS Code with Glassbox, on 127.0.0.1 only, and stays until Ctrl+C.')
  .argument('[folder]', 'folder to open; default: a small sample')
  .option('--model <file>', 'model file (GGUF); default: glassbox-nano, which is embedded')
  .option('--port <number>', `port to listen on; default: ${defaultPort}, or the next free one`, parsePort)
  .option('--no-open', 'do not open a browser')
  .option('--desktop', 'use the desktop VS Code (`code`) instead of the browser')
  .parse();

try {
  await start(command.args[0], command.opts());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/**
 * @param {string | undefined} folder
 * @param {{ model?: string, port?: number, open: boolean, desktop?: boolean }} options
 */
async function start(folder, options) {
  const model = options.model === undefined ? undefined : await readableFile(options.model);
  const opened = folder === undefined ? undefined : await existingFolder(folder);

  if (options.desktop) {
    const code = await findProgram('code');
    if (!code)
      throw new Error('--desktop needs the `code` command of a desktop VS Code, and it is not on PATH.');
    const profile = await prepareProfile('desktop', model);
    const workspace = opened ?? (await sampleWorkspace(profile.folder));
    await openDesktop(code, profile, workspace);
    return;
  }

  const port = options.port ?? (await firstFreePort(defaultPort));
  if (!(await isFree(port))) {
    throw new Error(`Port ${port} is taken by another program. Choose another one with --port N.`);
  }
  // Settings and history belong to a port, so two windows of two `npm start` leave each other alone.
  const profile = await prepareProfile(`port-${port}`, model);
  await installFromCheckout(profile.extensions);
  await installFirstStart(profile.extensions);
  const workspace = opened ?? (await sampleWorkspace(profile.folder));

  const server = await startCodeServer({ profile, port, report: console.log });
  const url = `${server.url}?folder=${encodeURIComponent(workspace)}`;
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      stopped = true;
      void server.stop();
    });
  }
  console.log(`Glassbox is at ${url}\nCtrl+C ends it.`);
  if (options.open) await openBrowser(url);

  const output = await server.exited;
  await server.stop();
  if (!stopped) throw new Error(`VS Code (code-server) ended unexpectedly:\n${output}`);
}

/**
 * A profile that keeps its settings and history from one start to the next. Starts with the embedded model have one of
 * their own, so that they get that model whatever was named before, until the user chooses another.
 * @param {string} name
 * @param {string | undefined} model
 */
async function prepareProfile(name, model) {
  const profile = await makeProfile(path.join(cacheFolder(), 'start', model ? name : `${name}-nano`));
  await addSettings(profile.userSettings, quietSettings, false);
  if (model) await addSettings(profile.machineSettings, { 'glassbox.model.path': model }, true);
  return profile;
}

/**
 * @param {string} file
 * @param {Record<string, unknown>} settings
 * @param {boolean} overrule whether they replace what is there
 */
async function addSettings(file, settings, overrule) {
  /** @type {Record<string, unknown>} */
  let present;
  const text = await readFile(file, 'utf8').catch(() => '{}');
  try {
    present = JSON.parse(text);
  } catch {
    // Settings may hold comments; the user wrote them, so they stay as they are.
    console.warn(`${file} is not plain JSON and was left as it is.`);
    return;
  }
  const merged = overrule ? { ...present, ...settings } : { ...settings, ...present };
  await writeFile(file, `${JSON.stringify(merged, undefined, 2)}\n`);
}

/**
 * @param {string} extensionsFolder
 */
async function installFirstStart(extensionsFolder) {
  const source = path.join(checkout, 'scripts/first-start');
  await cp(source, path.join(extensionsFolder, 'glassbox.first-start-1.0.0'), { recursive: true });
}

/**
 * A copy of the sample that the user may change; what is there already is kept.
 * @param {string} profileFolder
 * @returns {Promise<string>}
 */
async function sampleWorkspace(profileFolder) {
  const target = path.join(profileFolder, 'corner-shop');
  await mkdir(profileFolder, { recursive: true });
  await cp(path.join(checkout, 'media/sample-workspace'), target, { recursive: true, force: false });
  return target;
}

/**
 * @param {string} code
 * @param {import('./code-server.mjs').Profile} profile
 * @param {string} workspace
 */
async function openDesktop(code, profile, workspace) {
  const machine = JSON.parse(await readFile(profile.machineSettings, 'utf8').catch(() => '{}'));
  await addSettings(profile.userSettings, machine, false);
  console.log('Opening Glassbox in the desktop VS Code. Close its window to end.');
  const child = spawn(
    code,
    [
      ...[
        '--new-window',
        '--wait',
        '--user-data-dir',
        profile.userData,
        '--extensions-dir',
        profile.extensions,
      ],
      `--extensionDevelopmentPath=${checkout}`,
      `--extensionDevelopmentPath=${path.join(checkout, 'scripts/first-start')}`,
      workspace,
    ],
    { stdio: 'inherit' },
  );
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`${code} ended with status ${status}.`);
}

/**
 * Opens the browser where there is a desktop; the address is printed in any case.
 * @param {string} url
 */
async function openBrowser(url) {
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return;
  const opener = await findProgram('xdg-open');
  if (!opener) return;
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.once('error', (error) => console.warn(`The browser could not be opened: ${error.message}`));
  child.unref();
}

/**
 * @param {string} text
 * @returns {number}
 */
function parsePort(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
  }
  return port;
}

/**
 * @param {number} from
 * @returns {Promise<number>}
 */
async function firstFreePort(from) {
  for (let port = from; port < from + 100; port++) if (await isFree(port)) return port;
  throw new Error(`No free port from ${from} to ${from + 99}. Choose one with --port N.`);
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
async function isFree(port) {
  const probe = net.createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/**
 * @param {string} file
 * @returns {Promise<string>} its absolute path
 */
async function readableFile(file) {
  const absolute = path.resolve(file);
  const found = await stat(absolute).catch(() => undefined);
  if (!found?.isFile()) throw new Error(`The model file ${absolute} does not exist or is not a file.`);
  await access(absolute).catch(() => {
    throw new Error(`The model file ${absolute} may not be read.`);
  });
  return absolute;
}

/**
 * @param {string} folder
 * @returns {Promise<string>} its absolute path
 */
async function existingFolder(folder) {
  const absolute = path.resolve(folder);
  const found = await stat(absolute).catch(() => undefined);
  if (!found?.isDirectory()) throw new Error(`There is no folder ${absolute} to open.`);
  return absolute;
}
