// llama.cpp's Vulkan build, which only the benchmarks use: from npm into the cache folder, never into the checkout.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { cached, cacheFolder, run } from './assets.mjs';
import { checkout } from './install-from-checkout.mjs';

/** @typedef {import('./assets.mjs').Report} Report */

/**
 * @param {Report} [report]
 * @returns {Promise<string>} the file to import: node-llama-cpp, with its Vulkan library beside it
 */
export async function llamaVulkan(report = (line) => process.stderr.write(`${line}\n`)) {
  const platform = { win32: 'win-x64', linux: 'linux-x64' }[/** @type {string} */ (process.platform)];
  if (platform === undefined || process.arch !== 'x64')
    throw new Error(`npm has no Vulkan build of llama.cpp for ${process.platform}-${process.arch}.`);
  /** @type {{ devDependencies: Record<string, string>, overrides: Record<string, Record<string, string>> }} */
  const manifest = JSON.parse(await readFile(path.join(checkout, 'package.json'), 'utf8'));
  const version = manifest.devDependencies['node-llama-cpp'];
  const wanted = `@node-llama-cpp/${platform}-vulkan`;
  const folder = await cached(
    path.join(cacheFolder(), `llama-vulkan-${version}-${platform}`),
    async (scratch) => {
      report('Fetching the Vulkan build of llama.cpp (about 190 MB on disk, once) ...');
      const whole = path.join(scratch, 'whole');
      await mkdir(whole);
      const leftOut = Object.entries(manifest.overrides['node-llama-cpp'] ?? {});
      const content = {
        private: true,
        dependencies: { 'node-llama-cpp': version, [wanted]: version },
        overrides: { 'node-llama-cpp': Object.fromEntries(leftOut.filter(([name]) => name !== wanted)) },
      };
      await writeFile(path.join(whole, 'package.json'), JSON.stringify(content));
      await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
        cwd: whole,
      });
      return whole;
    },
  );
  return path.join(folder, 'node_modules/node-llama-cpp/dist/index.js');
}
