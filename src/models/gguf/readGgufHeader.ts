import type { FileHandle } from 'node:fs/promises';
import { corrupt, unreadable } from '../modelErrors.ts';
import type { GgufHeader } from './ggufHeader.ts';
import { MAX_HEADER_BYTES } from './headerCursor.ts';
import { parseGgufHeader } from './parseGgufHeader.ts';

const FIRST_READ_BYTES = 1024 * 1024;

/**
 * Reads the header of an open GGUF file in growing steps, never much more than the header. A step parses from
 * the beginning: stepping over encoded arrays is far cheaper than reading them.
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`, `model/unreadable`
 */
export async function readGgufHeader(
  handle: FileHandle,
  fileBytes: number,
  file: string,
): Promise<GgufHeader> {
  let bytes = Buffer.alloc(0);
  let wanted = FIRST_READ_BYTES;
  for (;;) {
    bytes = await readOn(handle, bytes, Math.min(wanted, fileBytes, MAX_HEADER_BYTES), file);
    const parsed = parseGgufHeader(bytes, fileBytes, file);
    if (parsed.complete) return parsed.header;
    wanted = Math.max(parsed.bytesNeeded, bytes.length * 2);
  }
}

async function readOn(
  handle: FileHandle,
  before: Buffer,
  size: number,
  file: string,
): Promise<Buffer<ArrayBuffer>> {
  const bytes = Buffer.allocUnsafeSlow(size);
  before.copy(bytes);
  await readFully(handle, bytes, before.length, before.length, file);
  return bytes;
}

/** Largest single read of the operating systems we run on. */
const MAX_READ_BYTES = 1 << 30;

/** Fills `target` from index `from` with the file's bytes at `position` and on. */
export async function readFully(
  handle: FileHandle,
  target: Uint8Array,
  from: number,
  position: number,
  file: string,
): Promise<void> {
  let at = from;
  while (at < target.length) {
    const size = Math.min(target.length - at, MAX_READ_BYTES);
    const bytesRead = await handle.read(target, at, size, position + at - from).then(
      (result) => result.bytesRead,
      (cause: unknown) => {
        throw unreadable(file, cause);
      },
    );
    if (bytesRead === 0)
      throw corrupt(file, `byte ${String(position + at - from)}`, 'is missing: the file ends early');
    at += bytesRead;
  }
}
