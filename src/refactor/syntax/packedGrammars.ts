import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

/** The largest grammar has a third of it. */
const MOST_BYTES = 1 << 24;

/**
 * How `TreeSitterSyntax` reads files that `scripts/grammars.mjs` packed.
 * @param read the bytes of a file of the folder `dist/syntax`
 */
export function packedGrammars(
  read: (name: string) => Promise<Uint8Array>,
): (name: string) => Promise<Uint8Array> {
  return async (name) =>
    promisify(brotliDecompress)(await read(`${name}.br`), { maxOutputLength: MOST_BYTES });
}
