import { readdir } from 'node:fs/promises';
import { ignoreMissing } from './ignoreMissing.ts';

/** What a folder holds; nothing when it is not there. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(ignoreMissing)) ?? [];
}
