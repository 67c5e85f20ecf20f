// Packages of npm that are not installed here, checked against what is known of them.
import { createHash } from 'node:crypto';
import { cp, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cached, cacheFolder, run } from './assets.mjs';

/** @typedef {import('./assets.mjs').Report} Report */

/**
 * Fetches a package's archive.
 * @param {{ readonly name: string, readonly version: string, readonly integrity: string }} wanted `integrity` as npm has it in
 *   `dist.integrity`: SHA-512 in Base64
 * @param {string} scratch an empty folder
 * @returns {Promise<string>} the archive's name in that folder; what it holds is below `package/`
 * @throws {Error} when npm cannot fetch it, or it is another one
 */
export async function fetchPackage({ name, version, integrity }, scratch) {
  const requirement = `${name}@${version}`;
  await run('npm', ['pack', '--loglevel=error', '--pack-destination', scratch, requirement], {
    cwd: scratch,
  });
  const archive = (await readdir(scratch)).find((file) => file.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`npm has fetched no ${requirement}.`);
  const digest = createHash('sha512').update(await readFile(path.join(scratch, archive)));
  const found = `sha512-${digest.digest('base64')}`;
  if (found !== integrity)
    throw new Error(
      `${requirement} is not the package that Glassbox knows: its checksum is ${found}, expected ${integrity}.`,
    );
  return archive;
}

/**
 * A package that package-lock.json names for another platform than this one, fetched once into the cache folder.
 * @param {string} name
 * @param {Report} [report]
 * @returns {Promise<string>} its folder
 */
export async function lockedPackage(name, report = (line) => process.stderr.write(`${line}\n`)) {
  const lock = JSON.parse(
    await readFile(fileURLToPath(new URL('../package-lock.json', import.meta.url)), 'utf8'),
  );
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (typeof version !== 'string' || typeof integrity !== 'string')
    throw new Error(`package-lock.json names no ${name}.`);
  const folder = `npm-${name.replaceAll(/[@/]/gu, '_')}-${version}`;
  return cached(path.join(cacheFolder(), folder), async (scratch) => {
    report(`Fetching ${name} ${version} (once) ...`);
    const archive = await fetchPackage({ name, version, integrity }, scratch);
    await run('tar', ['-xzf', archive], { cwd: scratch });
    const whole = path.join(scratch, 'whole');
    await cp(path.join(scratch, 'package'), whole, { recursive: true });
    return whole;
  });
}
