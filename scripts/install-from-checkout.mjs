// Puts the built extension of this checkout into an extensions folder, as an installer would.
import { cp, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this checkout. */
export const checkout = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Copies what changes with a build, so that the next build leaves a running editor alone, and links the
 * dependencies.
 * @param {string} extensionsFolder
 * @returns {Promise<string>} the folder of the installed extension
 */
export async function installFromCheckout(extensionsFolder) {
  const { publisher, name, version } = JSON.parse(
    await readFile(path.join(checkout, 'package.json'), 'utf8'),
  );
  const target = path.join(extensionsFolder, `${publisher}.${name}-${version}`);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const part of ['package.json', 'dist', 'media']) {
    await cp(path.join(checkout, part), path.join(target, part), { recursive: true });
  }
  await symlink(path.join(checkout, 'node_modules'), path.join(target, 'node_modules'));
  return target;
}
