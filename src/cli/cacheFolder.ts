import os from 'node:os';
import path from 'node:path';

/** Where the terminal keeps what it can do without: the same folder as the scripts' (scripts/assets.mjs). */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  return (
    env['GLASSBOX_CACHE'] || path.join(env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'glassbox')
  );
}
