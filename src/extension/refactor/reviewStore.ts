import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { GlassboxError } from '../../protocol/errors.ts';
import { ignoreMissing } from '../storage/ignoreMissing.ts';
import { isStorableId } from '../storage/isStorableId.ts';
import { namesIn } from '../storage/namesIn.ts';
import { replaceFile } from '../storage/replaceFile.ts';
import { parseStoredReview, type StoredReview } from './storedReview.ts';

const extension = '.json';

/** Reviews that wait, on disk, one JSON file each. A file that cannot be read is set aside and reported, never deleted. */
export class ReviewStore {
  readonly #folder: string;
  readonly #report: (message: string) => void;
  /** Saves and removals of one review happen one after the other. */
  readonly #pending = new Map<string, Promise<void>>();

  /** @param report receives a sentence for the user when a file had to be set aside */
  constructor(folder: string, report: (message: string) => void) {
    this.#folder = folder;
    this.#report = report;
  }

  /** All that wait, oldest first. */
  async list(): Promise<readonly StoredReview[]> {
    const found: StoredReview[] = [];
    for (const name of await namesIn(this.#folder)) {
      const id = name.endsWith(extension) ? name.slice(0, -extension.length) : '';
      if (!isStorableId(id)) continue;
      const stored = await this.#read(id);
      if (stored !== undefined) found.push(stored);
    }
    return found.sort((a, b) => a.createdAt - b.createdAt);
  }

  /** @throws GlassboxError `internal` when the disk refuses; the message names the folder */
  save(review: StoredReview): Promise<void> {
    return this.#inOrder(review.id, async () => {
      try {
        await mkdir(this.#folder, { recursive: true });
        await replaceFile(this.#fileOf(review.id), JSON.stringify(review));
      } catch (thrown) {
        throw new GlassboxError(
          'internal',
          `A refactoring under review could not be saved in ${this.#folder}: ${GlassboxError.from(thrown).message}`,
          undefined,
          { cause: thrown },
        );
      }
    });
  }

  /** The review has ended. */
  remove(id: string): Promise<void> {
    return this.#inOrder(id, () => rm(this.#fileOf(id), { force: true }));
  }

  async #inOrder(id: string, job: () => Promise<void>): Promise<void> {
    const previous = this.#pending.get(id) ?? Promise.resolve();
    const run = previous.catch(() => undefined).then(job);
    this.#pending.set(id, run);
    try {
      await run;
    } finally {
      if (this.#pending.get(id) === run) this.#pending.delete(id);
    }
  }

  async #read(id: string): Promise<StoredReview | undefined> {
    const file = this.#fileOf(id);
    const json = await readFile(file, 'utf8').catch(ignoreMissing);
    if (json === undefined) return undefined;
    const stored = parseStoredReview(json);
    if (stored !== undefined && stored.id === id) return stored;
    const aside = `${file}.unreadable-${Date.now()}`;
    await rename(file, aside).catch(ignoreMissing);
    this.#report(`A saved refactoring could not be read and was set aside as ${aside}.`);
    return undefined;
  }

  #fileOf(id: string): string {
    return path.join(this.#folder, `${id}${extension}`);
  }
}
