// npm run package [-- --target linux-x64] [--out FILE]: a minified .vsix for one platform, with its native
// libraries inside, and a Node for the engine. Staged outside the checkout, because the installed packages carry every platform.
import { createVSIX } from '@vscode/vsce';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { checkout } from './install-from-checkout.mjs';
import { lockedPackage } from './npmPackage.mjs';
import { packagedNode } from './packagedNode.mjs';

/** What each platform of the marketplace needs from the native packages. */
const targets = {
  'linux-x64': {
    koffi: 'linux-x64',
    tokenizers: ['linux-x64-gnu', 'linux-x64-musl'],
    onnxruntime: 'linux/x64',
    webgpu: 'linux-x64',
  },
  'linux-arm64': {
    koffi: 'linux-arm64',
    tokenizers: ['linux-arm64-gnu', 'linux-arm64-musl'],
    onnxruntime: 'linux/arm64',
    webgpu: 'linux-arm64',
  },
  'darwin-arm64': {
    koffi: 'darwin-arm64',
    tokenizers: ['darwin-arm64'],
    onnxruntime: 'darwin/arm64',
    webgpu: 'darwin-universal',
  },
  'win32-x64': {
    koffi: 'win32-x64',
    tokenizers: ['win32-x64-msvc'],
    onnxruntime: 'win32/x64',
    webgpu: 'win32-x64',
  },
  'win32-arm64': {
    koffi: 'win32-arm64',
    tokenizers: ['win32-arm64-msvc'],
    onnxruntime: 'win32/arm64',
    webgpu: 'win32-arm64',
  },
};

/**
 * @typedef {object} PackagedExtension
 * @property {string} file the .vsix
 * @property {number} fileBytes
 * @property {number} ownBytes of our own files, unpacked
 * @property {number} nativeBytes of the native packages and of Node, unpacked
 */

/**
 * @param {object} options
 * @param {string} [options.target] default: this platform
 * @param {string} [options.out] default: `glassbox-<target>-<version>.vsix` in the checkout
 * @returns {Promise<PackagedExtension>}
 */
export async function packageExtension({ target = `${process.platform}-${process.arch}`, out } = {}) {
  const parts = Object.entries(targets).find(([name]) => name === target)?.[1];
  if (!parts)
    throw new Error(`Glassbox has no package for ${target}; it has: ${Object.keys(targets).join(', ')}.`);
  const stage = await mkdtemp(path.join(os.tmpdir(), 'glassbox-package-'));
  try {
    const manifest = await readJson(path.join(checkout, 'package.json'));
    delete manifest.devDependencies;
    delete manifest.overrides;
    delete manifest.scripts;
    const natives = [
      'koffi',
      `@koromix/koffi-${parts.koffi}`,
      'tokenizers',
      'onnxruntime-node',
      'onnxruntime-common',
      'webgpu',
    ];
    // All else is inside the bundles.
    manifest.dependencies = Object.fromEntries(
      Object.entries(manifest.dependencies).filter(([name]) => natives.includes(name)),
    );
    // vsce asks for it in every package that is not private.
    delete manifest.private;
    await writeFile(path.join(stage, 'package.json'), JSON.stringify(manifest, undefined, 2));
    for (const name of [
      '.vscodeignore',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
      'media',
      'l10n',
      'docs/images',
    ]) {
      await cp(path.join(checkout, name), path.join(stage, name), { recursive: true }).catch(ignoreMissing);
    }
    for (const name of (await readdir(checkout)).filter((entry) => /^package\.nls.*\.json$/.test(entry))) {
      await cp(path.join(checkout, name), path.join(stage, name));
    }
    build(path.join(stage, 'dist'));
    // The compiler here compiles for this platform; elsewhere Glassbox multiplies with ONNX Runtime's kernels.
    if (target !== `${process.platform}-${process.arch}`)
      await rm(path.join(stage, 'dist/native'), { recursive: true, force: true });
    const ownBytes = await bytesBelow(stage);

    await stagePackage(
      stage,
      'koffi',
      /^(package\.json|LICENSE\.txt|index\.c?js|indirect\.c?js|src\/koffi\/[^/]+\.c?js)$/,
    );
    await stagePackage(stage, `@koromix/koffi-${parts.koffi}`, /./);
    await stagePackage(
      stage,
      'tokenizers',
      (file) =>
        /^(package\.json|LICENSE|index\.js)$/.test(file) ||
        parts.tokenizers.some((name) => file === `tokenizers.${name}.node`),
    );
    await stagePackage(
      stage,
      'onnxruntime-node',
      (file) =>
        /^(package\.json|dist\/[^/]+\.js)$/.test(file) ||
        file.startsWith(`bin/napi-v6/${parts.onnxruntime}/`),
    );
    await stagePackage(
      stage,
      'onnxruntime-common',
      /^(package\.json|dist\/cjs\/.+\.js|dist\/cjs\/package\.json)$/,
    );

    await stagePackage(
      stage,
      'webgpu',
      (file) =>
        /^(package\.json|LICENSE\.md|index\.js)$/.test(file) || file.startsWith(`dist/${parts.webgpu}/`),
    );

    // `cp` keeps the mode, and so do vsce and the editor that unpacks it.
    const node = path.join(stage, 'node');
    await cp(await packagedNode(target), node, { recursive: true });

    const file = path.resolve(out ?? path.join(checkout, `glassbox-${target}-${manifest.version}.vsix`));
    await mkdir(path.dirname(file), { recursive: true });
    await createVSIX({
      cwd: stage,
      packagePath: file,
      target,
      dependencies: true,
      allowMissingRepository: true,
      // There is no address yet that pictures could be rewritten to: they are packaged.
      rewriteRelativeLinks: false,
    });
    const nativeBytes = (await bytesBelow(path.join(stage, 'node_modules'))) + (await bytesBelow(node));
    return { file, fileBytes: (await stat(file)).size, ownBytes, nativeBytes };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/**
 * @param {string} folder
 */
function build(folder) {
  const built = spawnSync(
    process.execPath,
    [
      path.join(checkout, 'scripts/build.mjs'),
      '--quiet',
      '--minify',
      '--only=extension,engine,chat',
      `--outdir=${folder}`,
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (built.status !== 0) throw new Error('The build failed; nothing was packaged.');
}

/**
 * Copies the files of an installed package that `wanted` names, and drops dependencies that only its install
 * scripts and types use.
 * @param {string} stage
 * @param {string} name
 * @param {RegExp | ((file: string) => boolean)} wanted
 */
async function stagePackage(stage, name, wanted) {
  const installed = path.join(checkout, 'node_modules', name);
  // npm installs only this platform's native parts where a package has one for each.
  const isOtherPlatform = name.startsWith('@koromix/koffi-') && !existsSync(installed);
  const source = isOtherPlatform ? await lockedPackage(name) : installed;
  const target = path.join(stage, 'node_modules', name);
  const manifest = await readJson(path.join(source, 'package.json')).catch(() => {
    throw new Error(`${name} is not installed here; this platform's package has to be made where it is.`);
  });
  const isWanted = wanted instanceof RegExp ? (/** @type {string} */ file) => wanted.test(file) : wanted;
  for (const file of await filesBelow(source)) {
    if (isWanted(file)) await cp(path.join(source, file), path.join(target, file));
  }
  for (const name of ['adm-zip', 'global-agent', 'debug', '@webgpu/types'])
    delete manifest.dependencies?.[name];
  delete manifest.optionalDependencies;
  delete manifest.scripts;
  await writeFile(path.join(target, 'package.json'), JSON.stringify(manifest, undefined, 2));
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} paths relative to it, with forward slashes
 */
async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

/**
 * @param {string} folder
 * @returns {Promise<number>}
 */
async function bytesBelow(folder) {
  let bytes = 0;
  for (const file of await filesBelow(folder)) bytes += (await stat(path.join(folder, file))).size;
  return bytes;
}

/**
 * @param {string} file
 * @returns {Promise<any>} as written there
 */
async function readJson(file) {
  return JSON.parse(await readFile(file, 'utf8'));
}

/** @param {NodeJS.ErrnoException} error */
function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}

/**
 * @param {number} bytes
 * @returns {string}
 */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const command = new Command('npm run package --')
    .option('--target <platform>', `one of ${Object.keys(targets).join(', ')}; default: this platform`)
    .option('--out <file>', 'the .vsix to write')
    .parse();
  try {
    const packaged = await packageExtension(command.opts());
    console.log(
      `${packaged.file}: ${megabytes(packaged.fileBytes)} packed; unpacked ${megabytes(packaged.ownBytes)} of ` +
        `Glassbox and ${megabytes(packaged.nativeBytes)} of native libraries and Node.`,
    );
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
