import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from '../../scripts/native.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Before any suite: Glassbox's own kernels are those of these sources. What needs them fails by itself where they cannot be built. */
export async function setup(): Promise<void> {
  const built = await buildNative(path.join(root, 'dist/native'), (line) => console.error(line));
  if (built.file === undefined) console.error(`Tests run without Glassbox's own kernels: ${built.why}.`);
}
