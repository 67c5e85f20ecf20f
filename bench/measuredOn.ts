import os from 'node:os';
import process from 'node:process';

/** How, when and on what something was measured, for a page. */
export interface MeasuredOn {
  readonly command: string;
  /** For example `2026-01-31`. */
  readonly date: string;
  readonly cpu: string;
  readonly versions: string;
}

/** Of this process. */
export function measuredOn(): MeasuredOn {
  return {
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`,
    date: new Date().toISOString().slice(0, 10),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
    versions: `Node ${process.versions.node}`,
  };
}
