import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { BackendSpeed, TrialOutcome } from '../../../protocol/backends.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Of the process that looks for devices. */
const Listing = v.object({ processId: count });

const File = v.object({
  format: v.literal(1),
  /** What the rest was measured with. */
  key: v.record(v.string(), v.string()),
  /** Milliseconds since 1970. */
  measuredAtMs: count,
  reference: v.optional(BackendSpeed),
  /** By `candidateKey`. */
  outcomes: v.record(v.string(), TrialOutcome),
  /** Is being tried, by a process: where that is gone and this still here, the one took the other along. */
  trying: v.optional(v.object({ candidate: v.string(), processId: count })),
});
/** What is known of one model on one machine. */
export type Remembered = Readonly<Omit<v.InferOutput<typeof File>, 'trying'>>;

/**
 * What trials depend on: the model, the machine's devices and their drivers, versions, settings. With any other of them a
 * model is measured anew.
 */
export type TrialKey = Readonly<Record<string, string>>;

export interface TrialMemoryOptions {
  /** One file for each key. Made when it is first written to. */
  readonly folder: string;
  readonly processId: number;
  /** Whether a process still runs. */
  readonly isAlive: (processId: number) => boolean;
}

/** Remembers trials between processes, also those that ended them. */
export class TrialMemory {
  readonly #options: TrialMemoryOptions;
  /** Takes back what the file of a trial that is under way would say if the process ended. */
  #takeBack: (() => void) | undefined;

  constructor(options: TrialMemoryOptions) {
    this.#options = options;
  }

  /**
   * What is known, if anything. A trial that took its process along is an outcome here, `crashed`.
   * @returns beside it what is wrong with the file, for people; it then counts as empty
   */
  async read(key: TrialKey): Promise<{ readonly known?: Remembered; readonly damage?: string }> {
    const file = this.#file(key);
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return {};
      return {
        damage: `${path.basename(file)} cannot be read (${codeOf(error)}), so backends are measured again.`,
      };
    }
    const parsed = v.safeParse(File, parseJson(text));
    if (!parsed.success || keyText(parsed.output.key) !== keyText(key))
      return {
        damage: `${path.basename(file)}, which remembers them, is damaged and ignored, so backends are measured again.`,
      };
    const { trying, ...known } = parsed.output;
    if (!trying) return { known };
    const { candidate, processId } = trying;
    const isElsewhere = processId !== this.#options.processId && this.#options.isAlive(processId);
    // Another window is at it right now. What it finds is read next time.
    if (isElsewhere) return { known };
    return { known: { ...known, outcomes: { ...known.outcomes, [candidate]: { kind: 'crashed' } } } };
  }

  /**
   * To be called when this process is about to end because nobody needs it any more: what is being tried is not to blame.
   * @throws what writing files throws
   */
  abandonTrial(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
  }

  /**
   * @param candidate what this process is about to try, if anything; see `candidateKey`
   * @throws what writing files throws
   */
  async write(remembered: Remembered, candidate?: string): Promise<void> {
    const file = this.#file(remembered.key);
    const { processId } = this.#options;
    const trying = candidate === undefined ? {} : { trying: { candidate, processId } };
    this.#takeBack = candidate === undefined ? undefined : () => writeFileSync(file, textOf(remembered));
    const temporary = `${file}.${processId}.tmp`;
    await mkdir(this.#options.folder, { recursive: true });
    try {
      // On the disk before a trial begins: it may take the machine along.
      await writeFile(temporary, textOf({ ...remembered, ...trying }), { flush: true });
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /**
   * Looks for devices, which loads every driver of the machine: one that ends the process is not asked again.
   * @param again asks although it did
   * @returns undefined where looking ended another process
   */
  async whileListing<T>(list: () => Promise<T>, again: boolean): Promise<T | undefined> {
    const file = path.join(this.#options.folder, 'listing.json');
    const { processId, isAlive } = this.#options;
    const parsed = v.safeParse(Listing, parseJson(await readFile(file, 'utf8').catch(() => '')));
    const other = parsed.success ? parsed.output.processId : undefined;
    if (!again && other !== undefined && (other === processId || !isAlive(other))) return undefined;
    // What cannot be written protects nothing, and is said when a trial is to be remembered.
    const remove = (): void => rmSync(file, { force: true });
    try {
      await mkdir(this.#options.folder, { recursive: true });
      await writeFile(file, `${JSON.stringify({ processId })}\n`, { flush: true });
    } catch {
      return await list();
    }
    this.#takeBack = remove;
    try {
      return await list();
    } finally {
      this.#takeBack = undefined;
      remove();
    }
  }

  #file(key: TrialKey): string {
    const name = createHash('sha256').update(keyText(key)).digest('hex').slice(0, 32);
    return path.join(this.#options.folder, `${name}.json`);
  }
}

function keyText(key: TrialKey): string {
  return JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(remembered: v.InferOutput<typeof File>): string {
  return `${JSON.stringify(remembered, undefined, 2)}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of a failed file operation. Its message would name a folder, and reports are exported. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
