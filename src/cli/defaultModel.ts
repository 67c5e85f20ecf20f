import { existsSync } from 'node:fs';
import { GlassboxError } from '../protocol/errors.ts';

/**
 * The model of a command that names none: `GLASSBOX_MODEL`, or the one that Glassbox carries.
 * @param embedded where that one should be
 * @throws GlassboxError `model/notFound` when it is not there
 */
export function defaultModel(env: NodeJS.ProcessEnv, embedded: string): string {
  const named = env['GLASSBOX_MODEL'];
  if (named) return named;
  if (existsSync(embedded)) return embedded;
  throw new GlassboxError(
    'model/notFound',
    `The model that comes with Glassbox is missing: there is no ${embedded}. Restore it, or name another GGUF file ` +
      'with --model FILE or in GLASSBOX_MODEL.',
  );
}
