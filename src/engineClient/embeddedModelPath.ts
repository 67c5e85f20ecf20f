import path from 'node:path';

/**
 * Where the model lies that Glassbox carries, so that it answers with nothing to download.
 * @param glassboxFolder a checkout, or the folder of the installed extension
 */
export function embeddedModelPath(glassboxFolder: string): string {
  return path.join(glassboxFolder, 'media', 'model', 'glassbox-nano.gguf');
}
