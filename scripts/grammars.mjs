// Puts the grammars of the syntax check, and the runtime that runs them, into a folder: compressed, because unpacked they weigh
// more than the rest of the extension.
import { build } from 'esbuild';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';

const require = createRequire(import.meta.url);

/**
 * @param {string} root of the checkout
 * @param {string} folder made where it is missing; a file in it that is newer than its source is kept
 */
export async function packGrammars(root, folder) {
  const source = path.dirname(require.resolve('@vscode/tree-sitter-wasm'));
  await mkdir(folder, { recursive: true });
  for (const name of await fileNames(root)) {
    const from = path.join(source, name);
    const to = path.join(folder, `${name}.br`);
    if (await isNewer(to, from)) continue;
    const bytes = await readFile(from);
    const params = {
      // One more level saves 3 % and takes twice the time.
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    await writeFile(to, await promisify(brotliCompress)(bytes, { params }));
  }
}

/**
 * Which files there are is said in one place, which is TypeScript.
 * @param {string} root
 * @returns {Promise<string[]>}
 */
async function fileNames(root) {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, 'src/refactor/syntax/grammar.ts')],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const code = outputFiles.map(({ text }) => text).join('');
  const grammar = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`);
  return [grammar.RUNTIME_FILE, ...Object.values(grammar.GRAMMAR_FILES)];
}

/**
 * @param {string} file
 * @param {string} other
 */
async function isNewer(file, other) {
  const [made, given] = await Promise.all([stat(file).catch(() => undefined), stat(other)]);
  return made !== undefined && made.mtimeMs > given.mtimeMs;
}
