import { readFile } from 'node:fs/promises';

/**
 * The most memory that was ever resident for a process, files mapped into it included: `VmHWM` of proc(5). Undefined
 * where there is no such file.
 */
export async function peakMemory(processId: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${processId}/status`, 'utf8');
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
