import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * How many threads matrix products gain from: one per physical core, because the two hardware threads of a
 * core share its vector units. Never more than this process may use.
 */
export function physicalCores(): number {
  const usable = availableParallelism();
  if (process.platform !== 'linux') {
    // No portable count elsewhere: ARM has no hardware threads, x86-64 nearly always has two a core.
    return process.arch === 'x64' && process.platform !== 'darwin' ? Math.max(1, usable >> 1) : usable;
  }
  try {
    return Math.max(1, Math.min(usable, countCores(readFileSync('/proc/cpuinfo', 'utf8')) ?? usable));
  } catch {
    // Without /proc the number of usable hardware threads is the best there is.
    return usable;
  }
}

/** Distinct (socket, core) pairs in /proc/cpuinfo; undefined where it does not tell (ARM, some containers). */
export function countCores(cpuinfo: string): number | undefined {
  const cores = new Set<string>();
  for (const processor of cpuinfo.split(/\n\n+/)) {
    const socket = /^physical id\s*: (\d+)$/m.exec(processor)?.[1];
    const core = /^core id\s*: (\d+)$/m.exec(processor)?.[1];
    if (socket !== undefined && core !== undefined) cores.add(`${socket}:${core}`);
  }
  return cores.size === 0 ? undefined : cores.size;
}
