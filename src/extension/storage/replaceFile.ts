import { rename, rm, writeFile } from 'node:fs/promises';
import process from 'node:process';

let writes = 0;

/** Writes a file that is never there in part: until all of it is on the disk, the old one stays. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  writes += 1;
  const temporary = `${file}.${process.pid}-${writes}.tmp`;
  try {
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, file);
  } catch (thrown) {
    // What could not be written is at most litter; the reason that it could not is what matters.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw thrown;
  }
}
