import { readFile } from 'node:fs/promises';
import { GlassboxError } from '../../protocol/errors.ts';
import { corrupt, unreadable } from '../modelErrors.ts';
import { GUESS_KINDS, NgramModel } from './ngramModel.ts';
import { CERTAIN, type NgramEntries, NgramTable, packed } from './ngramTable.ts';
import { FIRST_POINTER, POINTERS } from './pointer.ts';
import type { TokenClasses } from './tokenClass.ts';

/*
 * Little-endian: `GBNG`, then as u32 the version, the vocabulary's size and how many entries there are; the chances of the kinds of guesses, a byte
 * each, 255 for 1; the entries' keys as i32, ascending, and their symbols as u32; their chances, a byte each; the classes of the tokens
 * (`TOKEN_CLASS`), a byte each.
 */
const MAGIC = 'GBNG';
const VERSION = 3;
const CHANCES_AT = 16;
const KEYS_AT = CHANCES_AT + GUESS_KINDS;
const ENTRY_BYTES = 9;
/** No table that helps a model is larger; a file says what it likes. */
const MOST_ENTRIES = 1 << 22;

/** Where the table of a model lies, if it has one: beside its file. */
export function ngramPath(modelPath: string): string {
  return modelPath.replace(/(\.gguf)?$/u, '.ngrams');
}

/**
 * The table that lies beside a model file.
 * @returns undefined where there is none
 * @throws GlassboxError `model/unreadable`, `model/corrupt`
 */
export async function readNgrams(modelPath: string, vocabularySize: number): Promise<NgramModel | undefined> {
  const path = ngramPath(modelPath);
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    const error = unreadable(path, cause);
    if (error.code === 'model/notFound') return undefined;
    throw error;
  }
  return decodeNgrams(bytes, path, vocabularySize);
}

/**
 * @param path for messages
 * @throws GlassboxError `model/corrupt`
 */
export function decodeNgrams(bytes: Uint8Array, path: string, vocabularySize: number): NgramModel {
  const wrong = (field: string, problem: string): GlassboxError => corrupt(path, field, problem);
  if (bytes.length < KEYS_AT || String.fromCharCode(...bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw wrong('the beginning', 'is not that of a table of n-grams');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [version, vocabulary, count] = [4, 8, 12].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  if (version !== VERSION) throw wrong('version', `is ${version}, not ${VERSION}`);
  if (vocabulary !== vocabularySize)
    throw wrong('vocabulary', `has ${vocabulary} tokens, and the model's has ${vocabularySize}`);
  if (count > MOST_ENTRIES || bytes.length !== KEYS_AT + count * ENTRY_BYTES + vocabulary)
    throw wrong('length', `is ${bytes.length} bytes, which is not that of ${count} entries`);
  const table = new NgramTable(count);
  for (let index = 0; index < count; index++) {
    const key = view.getInt32(KEYS_AT + 4 * index, true);
    const symbol = view.getUint32(KEYS_AT + 4 * (count + index), true);
    const isPointer = symbol >= FIRST_POINTER && symbol < FIRST_POINTER + POINTERS.length;
    if (!isPointer && symbol >= vocabulary)
      throw wrong(`entry ${index}`, `is of token ${symbol}, which the model does not have`);
    table.set(key, packed({ symbol, chance: bytes[KEYS_AT + 8 * count + index] ?? 0 }));
  }
  return new NgramModel(
    table,
    bytes.slice(KEYS_AT + count * ENTRY_BYTES),
    Array.from(bytes.subarray(CHANCES_AT, KEYS_AT), (chance) => chance / CERTAIN),
  );
}

/** @param chances see `NgramModel.chances` */
export function encodeNgrams(
  entries: NgramEntries,
  classes: TokenClasses,
  chances: readonly number[],
): Uint8Array {
  const keys = [...entries.keys()].sort((left, right) => left - right);
  const bytes = new Uint8Array(KEYS_AT + keys.length * ENTRY_BYTES + classes.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  for (const [index, value] of [VERSION, classes.length, keys.length].entries())
    view.setUint32(4 + 4 * index, value, true);
  bytes.set(chances.map(byteOf), CHANCES_AT);
  bytes.set(classes, KEYS_AT + keys.length * ENTRY_BYTES);
  for (const [index, key] of keys.entries()) {
    const { symbol, chance } = entries.get(key) ?? { symbol: 0, chance: 0 };
    view.setInt32(KEYS_AT + 4 * index, key, true);
    view.setUint32(KEYS_AT + 4 * (keys.length + index), symbol, true);
    bytes[KEYS_AT + 8 * keys.length + index] = chance;
  }
  return bytes;
}

function byteOf(chance: number): number {
  return Math.round(CERTAIN * chance);
}
