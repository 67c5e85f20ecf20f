import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { GgufHeader } from './ggufHeader.ts';
import { readFully } from './readGgufHeader.ts';

/** Of the header at once. */
const PIECE_BYTES = 1 << 20;
/** Of the weights: models that were trained on from one another often have the same header. */
const SAMPLES = 16;
const SAMPLE_BYTES = 4096;

/**
 * Tells a model file from others, whatever its name: 128 bits of the SHA-256 of its length, its header and samples of its
 * weights, as 32 hexadecimal digits. Reads a few megabytes of the largest file. No proof against somebody who makes a file
 * to have the fingerprint of another.
 * @throws GlassboxError `model/unreadable`, `model/corrupt`
 */
export async function fingerprintGguf(
  { tensors }: Pick<GgufHeader, 'tensors'>,
  handle: FileHandle,
  fileBytes: number,
  file: string,
): Promise<string> {
  const dataStart = [...tensors.values()].reduce(
    (least, { fileOffset }) => Math.min(least, fileOffset),
    fileBytes,
  );
  const hash = createHash('sha256').update(`${fileBytes} ${dataStart}\n`);
  const add = async (from: number, end: number): Promise<void> => {
    const bytes = Buffer.allocUnsafe(end - from);
    await readFully(handle, bytes, 0, from, file);
    hash.update(bytes);
  };
  for (let at = 0; at < dataStart; at += PIECE_BYTES) await add(at, Math.min(dataStart, at + PIECE_BYTES));
  const step = Math.max(SAMPLE_BYTES, Math.floor((fileBytes - dataStart) / SAMPLES));
  for (let at = dataStart; at < fileBytes; at += step) await add(at, Math.min(fileBytes, at + SAMPLE_BYTES));
  return hash.digest('hex').slice(0, 32);
}
