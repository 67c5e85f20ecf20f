import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { GlassboxError } from '../protocol/errors.ts';

/** What `node scripts/assets.mjs smollm2` puts into the cache folder. */
const SMALL_MODEL = path.join('models', 'SmolLM2-135M-Instruct.Q4_1.gguf');

/**
 * The model of a command that names none: `GLASSBOX_MODEL`, or the small one if it has been fetched.
 * @throws GlassboxError `request/invalid` that says how to get one.
 */
export function defaultModel(env: NodeJS.ProcessEnv): string {
  if (env['GLASSBOX_MODEL']) return env['GLASSBOX_MODEL'];
  const cache =
    env['GLASSBOX_CACHE'] || path.join(env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'glassbox');
  const fetched = path.join(cache, SMALL_MODEL);
  if (existsSync(fetched)) return fetched;
  throw new GlassboxError(
    'request/invalid',
    'No model is given. Name a GGUF file with --model FILE (or in GLASSBOX_MODEL), ' +
      'or fetch a small one with: node scripts/assets.mjs smollm2',
  );
}
