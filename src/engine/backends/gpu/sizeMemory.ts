import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import type { MeasuredSizes } from './gpuTuning.ts';

const Sizes = v.object({
  workgroupSize: v.picklist([8, 16, 32, 64, 128, 256]),
  unitsPerLane: v.picklist([1, 2, 4]),
  attentionSize: v.picklist([8, 16, 32, 64, 128, 256]),
  tilePositions: v.picklist([4, 8, 16, 32]),
  tileSide: v.picklist([4, 8, 16]),
});
const File = v.object({ format: v.literal(1), key: v.record(v.string(), v.string()), sizes: Sizes });

/**
 * What sizes depend on: the adapter and its driver, and a checksum of our kernels as they are put together for a model, with its
 * types, its head lengths, and the features of the adapter.
 */
export type SizeKey = Readonly<Record<'adapter' | 'driver' | 'kernels', string>>;

/** Remembers measured sizes between processes: one file for each key, beside what is remembered of backends. */
export class SizeMemory {
  readonly #folder: string;
  readonly #forget: boolean;
  readonly #written = new Set<string>();

  /** @param forget what others have written is measured again, and written anew */
  constructor(folder: string, { forget = false }: { readonly forget?: boolean } = {}) {
    this.#folder = folder;
    this.#forget = forget;
  }

  /** Undefined where nothing is known. A damaged file is nothing: it is measured again and written over. */
  async read(key: SizeKey): Promise<MeasuredSizes | undefined> {
    const file = this.#file(key);
    if (this.#forget && !this.#written.has(file)) return undefined;
    const text = await readFile(file, 'utf8').catch(() => '');
    const parsed = v.safeParse(File, parseJson(text));
    return parsed.success && keyText(parsed.output.key) === keyText(key) ? parsed.output.sizes : undefined;
  }

  /** @throws what writing files throws */
  async write(key: SizeKey, sizes: MeasuredSizes): Promise<void> {
    const file = this.#file(key);
    const temporary = `${file}.${String(process.pid)}.tmp`;
    await mkdir(this.#folder, { recursive: true });
    try {
      await writeFile(temporary, `${JSON.stringify({ format: 1, key, sizes }, undefined, 2)}\n`);
      await rename(temporary, file);
      this.#written.add(file);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  #file(key: SizeKey): string {
    const name = createHash('sha256').update(keyText(key)).digest('hex').slice(0, 32);
    return path.join(this.#folder, `sizes-${name}.json`);
  }
}

function keyText(key: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
