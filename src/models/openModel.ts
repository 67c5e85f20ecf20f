import { openGguf } from './gguf/openGguf.ts';
import type { ModelFile } from './modelFile.ts';

/**
 * Opens a model file: reads its header, never the whole file. The caller closes the result.
 *
 * @throws GlassboxError `model/notFound`, `model/unreadable`, `model/corrupt`, `model/unsupported`; `details` is
 * a ModelFileFault
 */
export function openModel(path: string): Promise<ModelFile> {
  return openGguf(path);
}
