import { readdirSync, readFileSync } from 'node:fs';

/** A running process of a group, as Linux's /proc shows it. */
export interface GroupProcess {
  readonly processId: number;
  readonly commandLine: string;
}

/** The processes of one process group. */
export function processesOfGroup(groupId: number): readonly GroupProcess[] {
  const found: GroupProcess[] = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // The name in parentheses may hold anything, so the fields are counted from its end: state, parent, group.
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\)\s/s, '')
        .split(' ');
      const [state, , group] = fields;
      if (Number(group) !== groupId || state === 'Z') continue;
      const commandLine = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      found.push({ processId: Number(entry), commandLine });
    } catch {
      // It ended between the listing and the reading.
    }
  }
  return found;
}

/** The engine processes that this group's extension hosts started. */
export function engineProcesses(groupId: number): readonly GroupProcess[] {
  return processesOfGroup(groupId).filter(({ commandLine }) => commandLine.includes('dist/engine.mjs'));
}
