import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { GlassboxError } from '../../protocol/errors.ts';
import { ignoreMissing } from '../storage/ignoreMissing.ts';
import { isStorableId } from '../storage/isStorableId.ts';
import { namesIn } from '../storage/namesIn.ts';
import { replaceFile } from '../storage/replaceFile.ts';

const EXTENSION = '.gbtrace';
/** Of the question in a file's name: a tab of the editor shows it. */
const TITLE_LENGTH = 40;

export interface TraceStoreOptions {
  /** All traces together; the oldest make room for a new one. */
  readonly maxBytes: number;
}

interface StoredTrace {
  readonly file: string;
  readonly bytes: number;
  readonly savedAtMs: number;
}

/**
 * Traces on disk beside the conversations: `<conversation>/<answer>/<title>.gbtrace`. A trace is written once and never
 * changed; it goes with its conversation, and when newer ones need its room.
 */
export class TraceStore {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, { maxBytes }: TraceStoreOptions) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** @throws GlassboxError `internal` when the disk refuses; the message names the folder */
  async save(
    conversationId: string,
    answerId: string,
    { title, bytes }: { readonly title: string; readonly bytes: Uint8Array },
  ): Promise<void> {
    const folder = this.#folderOf(conversationId, answerId);
    if (folder === undefined)
      throw new GlassboxError('internal', 'The answer has an id that is no file name.');
    const file = path.join(folder, `${fileTitle(title)}${EXTENSION}`);
    try {
      await this.#makeRoom(bytes.byteLength);
      await mkdir(folder, { recursive: true });
      await replaceFile(file, bytes);
    } catch (thrown) {
      const { message } = GlassboxError.from(thrown);
      throw new GlassboxError(
        'internal',
        `The trace could not be saved in ${this.#folder}: ${message}`,
        undefined,
        { cause: thrown },
      );
    }
  }

  /** Where an answer's trace is; undefined when there is none (any more). */
  async fileOf(conversationId: string, answerId: string): Promise<string | undefined> {
    const folder = this.#folderOf(conversationId, answerId);
    if (folder === undefined) return undefined;
    const name = (await namesIn(folder)).find((each) => each.endsWith(EXTENSION));
    return name === undefined ? undefined : path.join(folder, name);
  }

  /** The file's bytes; undefined when there is none (any more). */
  async read(conversationId: string, answerId: string): Promise<Uint8Array | undefined> {
    const file = await this.fileOf(conversationId, answerId);
    return file === undefined ? undefined : await readFile(file).catch(ignoreMissing);
  }

  /** Takes a conversation's traces away; `restore` brings them back while the conversation can be restored. */
  async delete(conversationId: string): Promise<void> {
    if (!isStorableId(conversationId)) return;
    await mkdir(this.#deletedFolder, { recursive: true });
    await rm(path.join(this.#deletedFolder, conversationId), { recursive: true, force: true });
    await rename(
      path.join(this.#folder, conversationId),
      path.join(this.#deletedFolder, conversationId),
    ).catch(ignoreMissing);
  }

  async restore(conversationId: string): Promise<void> {
    if (!isStorableId(conversationId)) return;
    await rename(
      path.join(this.#deletedFolder, conversationId),
      path.join(this.#folder, conversationId),
    ).catch(ignoreMissing);
  }

  /** Removes for good what was deleted before so many milliseconds since 1970. */
  async purgeDeleted(beforeMs: number): Promise<void> {
    for (const name of await namesIn(this.#deletedFolder)) {
      const folder = path.join(this.#deletedFolder, name);
      // Renaming sets the change time, not the modification time.
      const status = await stat(folder).catch(ignoreMissing);
      if (status !== undefined && status.ctimeMs < beforeMs)
        await rm(folder, { recursive: true, force: true });
    }
  }

  get #deletedFolder(): string {
    return path.join(this.#folder, 'deleted');
  }

  #folderOf(conversationId: string, answerId: string): string | undefined {
    return isStorableId(conversationId) && isStorableId(answerId)
      ? path.join(this.#folder, conversationId, answerId)
      : undefined;
  }

  async #makeRoom(bytes: number): Promise<void> {
    if (bytes > this.#maxBytes) {
      throw new GlassboxError('internal', `it takes ${bytes} bytes, and ${this.#maxBytes} are kept at most`);
    }
    const stored = (await this.#stored()).sort((a, b) => a.savedAtMs - b.savedAtMs);
    let total = stored.reduce((sum, each) => sum + each.bytes, bytes);
    for (const oldest of stored) {
      if (total <= this.#maxBytes) return;
      await rm(path.dirname(oldest.file), { recursive: true, force: true });
      total -= oldest.bytes;
    }
  }

  async #stored(): Promise<StoredTrace[]> {
    const names = await readdir(this.#folder, { recursive: true }).catch(ignoreMissing);
    const stored: StoredTrace[] = [];
    for (const name of names ?? []) {
      if (!name.endsWith(EXTENSION)) continue;
      const file = path.join(this.#folder, name);
      const status = await stat(file).catch(ignoreMissing);
      if (status !== undefined) stored.push({ file, bytes: status.size, savedAtMs: status.mtimeMs });
    }
    return stored;
  }
}

/** A question as the name of a file, whatever the system: letters, digits and single spaces. */
function fileTitle(question: string): string {
  const words = question
    .slice(0, 1000)
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  const title = [...words].slice(0, TITLE_LENGTH).join('').trim();
  // Some names are devices on Windows, whatever their extension; none of them begins like this.
  return title === '' ? 'Trace' : `Trace ${title}`;
}
