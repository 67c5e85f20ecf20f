import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** As scripts/native.mjs names it. */
export function libraryName(platform: NodeJS.Platform): string {
  if (platform === 'win32') return 'glassbox_cpu.dll';
  return platform === 'darwin' ? 'libglassbox_cpu.dylib' : 'libglassbox_cpu.so';
}

/** Where the CPU library of this build is. Undefined where none was built. */
export function libraryPath(): string | undefined {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const name = libraryName(process.platform);
  // Beside the bundle, or from the sources to the build of the checkout.
  return [path.join(here, 'native', name), path.join(here, '../../dist/native', name)].find((file) =>
    existsSync(file),
  );
}
