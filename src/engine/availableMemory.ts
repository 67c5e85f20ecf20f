import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { freemem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/**
 * Bytes that a new allocation can take without swapping. The operating system's "free" figure is the wrong
 * one: caches of files fill it, and are given back on demand. So on Linux this is `MemAvailable`, within what
 * the control group of a container leaves; on macOS the free, inactive, speculative and purgeable pages.
 */
export async function availableMemory(): Promise<number> {
  if (process.platform === 'linux') return linuxAvailableMemory();
  if (process.platform === 'darwin') return macAvailableMemory();
  return freemem();
}

async function linuxAvailableMemory(): Promise<number> {
  const machine = parseMemAvailable((await readIfThere('/proc/meminfo')) ?? '') ?? freemem();
  const group = parseControlGroupPath((await readIfThere('/proc/self/cgroup')) ?? '');
  const limits = [machine];
  // Limits of every enclosing group hold. Inside a container the path is usually just `/`.
  for (
    let folder = group;
    folder !== undefined;
    folder = folder === '/' ? undefined : path.posix.dirname(folder)
  ) {
    const root = path.posix.join('/sys/fs/cgroup', folder);
    const [limit, used, stat] = await Promise.all(
      ['memory.max', 'memory.current', 'memory.stat'].map((file) => readIfThere(path.posix.join(root, file))),
    );
    const left = controlGroupRemainder(limit, used, stat);
    if (left !== undefined) limits.push(left);
  }
  return Math.min(...limits);
}

async function macAvailableMemory(): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('/usr/bin/vm_stat', { timeout: 2000 });
    return Math.max(freemem(), parseVmStat(stdout) ?? 0);
  } catch {
    // A figure that is too small asks the user once too often; it does no harm.
    return freemem();
  }
}

/** `MemAvailable` of /proc/meminfo in bytes (proc_meminfo(5)); absent before Linux 3.14. */
export function parseMemAvailable(meminfo: string): number | undefined {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** The version 2 path of /proc/self/cgroup (cgroups(7)): the line with an empty controller list. */
export function parseControlGroupPath(cgroup: string): string | undefined {
  return /^0::(\/.*)$/m.exec(cgroup)?.[1];
}

/** Limit minus use, where cached file pages are no use: the kernel drops them first. Undefined: no limit. */
export function controlGroupRemainder(
  limit: string | undefined,
  used: string | undefined,
  stat: string | undefined,
): number | undefined {
  const maximum = Number(limit?.trim());
  const current = Number(used?.trim());
  if (!Number.isFinite(maximum) || !Number.isFinite(current)) return undefined;
  const inactiveFile = Number(/^inactive_file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0);
  const activeFile = Number(/^active_file (\d+)$/m.exec(stat ?? '')?.[1] ?? 0);
  return Math.max(0, maximum - Math.max(0, current - inactiveFile - activeFile));
}

/** Reclaimable bytes of macOS' `vm_stat`. */
export function parseVmStat(output: string): number | undefined {
  const pageBytes = Number(/page size of (\d+) bytes/.exec(output)?.[1] ?? Number.NaN);
  if (!Number.isFinite(pageBytes)) return undefined;
  const pages = ['free', 'inactive', 'speculative', 'purgeable'].map((kind) =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)\\.`, 'm').exec(output)?.[1] ?? 0),
  );
  return pageBytes * pages.reduce((sum, count) => sum + count, 0);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    // Not every system has every file; the caller says what its absence means.
    return undefined;
  }
}
