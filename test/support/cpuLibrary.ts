import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as koffi from 'koffi';
import { openCpuLibrary, type CpuLibrary } from '../../native/cpu/library.ts';
import { buildNative } from '../../scripts/native.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** The CPU library of these sources, built when it is not there yet. @throws Error where it cannot be built */
export async function cpuLibrary(): Promise<CpuLibrary> {
  const built = await buildNative(path.join(root, 'dist/native'), (line) => console.error(line));
  if (built.file === undefined) throw new Error(built.why);
  return openCpuLibrary(koffi, built.file);
}
