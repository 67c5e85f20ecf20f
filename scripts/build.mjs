// Bundles every process of Glassbox with esbuild into dist/, and compiles the CPU library that the engine loads. Options: --quiet, --watch, --minify (without
// source maps), --only=extension,engine,cli,chat,trace,diagnostics,bench,eval,ngrams (default: all), --outdir=FOLDER
// (default: dist).
import { build, context } from 'esbuild';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildNative } from './native.mjs';
import { packGrammars } from './grammars.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const flags = new Set(process.argv.slice(2));
const only = valueOf('--only=')?.split(',');
const outdir = valueOf('--outdir=') ?? 'dist';

/**
 * @param {string} prefix
 * @returns {string | undefined}
 */
function valueOf(prefix) {
  return process.argv.find((argument) => argument.startsWith(prefix))?.slice(prefix.length);
}

/** Native addons and the packages that load them stay outside the bundles and are shipped as they are. */
const natives = ['onnxruntime-node', 'koffi', 'tokenizers', 'webgpu'];

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  sourcemap: !flags.has('--minify'),
  minify: flags.has('--minify'),
  logLevel: flags.has('--quiet') ? 'warning' : 'info',
  // The kernels.
  loader: { '.wgsl': 'text' },
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
  loader: { ...common.loader, '.css': 'css' },
};

/** @type {Record<string, Omit<import('esbuild').BuildOptions, 'entryPoints'> & { entryPoints: string[] }>} */
const bundles = {
  extension: {
    ...node,
    entryPoints: ['src/extension/activate.ts'],
    format: 'cjs',
    outfile: path.join(outdir, 'extension.cjs'),
    external: ['vscode', ...natives],
  },
  engine: {
    ...node,
    entryPoints: ['src/engine/main.ts'],
    format: 'esm',
    outfile: path.join(outdir, 'engine.mjs'),
    external: natives,
    banner: esmBanner,
  },
  cli: {
    ...node,
    entryPoints: ['src/cli/main.ts'],
    format: 'esm',
    outfile: path.join(outdir, 'cli.mjs'),
    external: natives,
    banner: esmBanner,
  },
  bench: {
    ...node,
    entryPoints: ['bench/main.ts'],
    format: 'esm',
    outfile: path.join(outdir, 'bench.mjs'),
    external: [...natives, 'node-llama-cpp'],
    banner: esmBanner,
  },
  eval: {
    ...node,
    entryPoints: ['bench/evaluation/main.ts'],
    format: 'esm',
    outfile: path.join(outdir, 'eval.mjs'),
    external: [...natives, 'esbuild'],
    // tree-sitter, which is CommonJS, looks for its own file before it takes the bytes that it is given.
    banner: {
      js: `${esmBanner.js} import { fileURLToPath as __toPath } from 'node:url'; const __filename = __toPath(import.meta.url);`,
    },
  },
  ngrams: {
    ...node,
    entryPoints: ['training/ngrams/main.ts'],
    format: 'esm',
    outfile: path.join(outdir, 'ngrams.mjs'),
    external: natives,
    banner: esmBanner,
  },
  trace: { ...page, entryPoints: ['webview/trace/main.ts'], outfile: path.join(outdir, 'webview/trace.js') },
  chat: { ...page, entryPoints: ['webview/chat/main.ts'], outfile: path.join(outdir, 'webview/chat.js') },
  diagnostics: {
    ...page,
    entryPoints: ['webview/diagnostics/main.ts'],
    outfile: path.join(outdir, 'webview/diagnostics.js'),
  },
};

const chosen = Object.entries(bundles).filter(
  ([name, options]) =>
    (!only || only.includes(name)) && options.entryPoints.every((file) => existsSync(path.join(root, file))),
);
if (chosen.some(([name]) => name === 'extension' || name === 'eval')) {
  await packGrammars(root, path.resolve(root, outdir, 'syntax'));
}
if (flags.has('--watch')) {
  for (const [, options] of chosen) await (await context(options)).watch();
} else {
  // esbuild has already said what is wrong.
  await Promise.all(chosen.map(([, options]) => build(options))).catch(() => process.exit(1));
}
if (chosen.some(([name]) => name === 'engine' || name === 'bench')) {
  const built = await buildNative(path.join(path.resolve(root, outdir), 'native'), (line) => {
    if (!flags.has('--quiet')) console.error(line);
  });
  if (built.file === undefined) console.error(built.why);
}
