// Bundles every process of Glassbox with esbuild into dist/. Options: --quiet, --watch, --minify,
// --only=extension,engine,cli,chat,bench (default: all).
import { build, context } from 'esbuild';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const only = process.argv
  .find((argument) => argument.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',');

/** Native addons and the packages that load them stay outside the bundles and are shipped as they are. */
const natives = ['onnxruntime-node', 'koffi', 'tokenizers'];

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: true,
  minify: flags.has('--minify'),
  logLevel: flags.has('--quiet') ? 'warning' : 'info',
};
/** @type {import('esbuild').BuildOptions} */
const node = { ...common, platform: 'node', target: 'node20' };
// Bundled CommonJS libraries still call require() for Node's own modules.
const esmBanner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};
/** @type {import('esbuild').BuildOptions} */
const page = {
  ...common,
  platform: 'browser',
  target: 'chrome120',
  format: 'iife',
  loader: { '.css': 'css' },
};

/** @type {Record<string, Omit<import('esbuild').BuildOptions, 'entryPoints'> & { entryPoints: string[] }>} */
const bundles = {
  extension: {
    ...node,
    entryPoints: ['src/extension/activate.ts'],
    format: 'cjs',
    outfile: 'dist/extension.cjs',
    external: ['vscode', ...natives],
  },
  engine: {
    ...node,
    entryPoints: ['src/engine/main.ts'],
    format: 'esm',
    outfile: 'dist/engine.mjs',
    external: natives,
    banner: esmBanner,
  },
  cli: {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    format: 'esm',
    outfile: 'dist/cli.mjs',
    external: natives,
    banner: esmBanner,
  },
  bench: {
    ...node,
    entryPoints: ['bench/main.ts'],
    format: 'esm',
    outfile: 'dist/bench.mjs',
    external: [...natives, 'node-llama-cpp'],
    banner: esmBanner,
  },
  chat: { ...page, entryPoints: ['webview/chat/main.ts'], outfile: 'dist/webview/chat.js' },
};

const chosen = Object.entries(bundles).filter(
  ([name, options]) =>
    (!only || only.includes(name)) && options.entryPoints.every((file) => existsSync(path.join(root, file))),
);
if (flags.has('--watch')) {
  for (const [, options] of chosen) await (await context(options)).watch();
} else {
  await Promise.all(chosen.map(([, options]) => build(options)));
}
