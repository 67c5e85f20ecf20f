import path from 'node:path';
import { cached, cacheFolder } from '../../scripts/assets.mjs';

export {
  cacheFolder,
  chromiumPath,
  codeServer,
  smolLM2Path,
  type CodeServer,
} from '../../scripts/assets.mjs';

/**
 * A model file that a script of ours makes, kept in the cache folder. Put into `name` whatever decides the
 * content (shape, type, seed), because an existing file of that name is used as it is.
 * @param make writes the model to the path it is given
 * @returns the path of the whole file
 */
export async function madeModel(name: string, make: (file: string) => Promise<void>): Promise<string> {
  return cached(path.join(cacheFolder(), 'models', name), async (scratch) => {
    const file = path.join(scratch, name);
    await make(file);
    return file;
  });
}
