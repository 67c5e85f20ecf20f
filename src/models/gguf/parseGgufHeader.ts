import { corrupt, quote, unsupported } from '../modelErrors.ts';
import { blockLayout } from '../quantization/blockLayout.ts';
import { GgufArray } from './ggufArray.ts';
import type { GgufHeader, GgufTensor, GgufValue } from './ggufHeader.ts';
import {
  asQuantizationType,
  GGUF_TENSOR_TYPES,
  GGUF_VALUE_BYTES,
  GGUF_VALUE_TYPES,
  type GgufValueType,
} from './ggufTypes.ts';
import { HeaderCursor, NeedsMoreBytes } from './headerCursor.ts';

const MAGIC = 0x46554747; // "GGUF", little-endian
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 65_536;
/** Of ggml (`GGML_MAX_DIMS`). */
const MAX_DIMENSIONS = 4;
/** Far above any real file (some thousands of tensors, some dozens of keys). */
const MAX_TENSORS = 65_536;
const MAX_KEYS = 65_536;
/** The largest vocabularies have a quarter of a million tokens and half a million merges. */
const MAX_ARRAY_LENGTH = 4_194_304;
/** Smallest encodings: key length, type and a one-byte value; name length, one dimension, type and offset. */
const LEAST_KEY_BYTES = 8 + 4 + 1;
const LEAST_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

export type ParsedHeader =
  | { readonly complete: true; readonly header: GgufHeader }
  /** The header goes on: call again with at least so many of the file's bytes. */
  | { readonly complete: false; readonly bytesNeeded: number };

/**
 * Parses the header of a GGUF file, version 2 or 3, from the file's first bytes. Every count, length, offset
 * and type is hostile until it was compared with the file's size; nothing is allocated before that, and arrays
 * stay encoded. `bytes` is kept by the arrays of the result.
 *
 * Source: the GGUF specification (ggml, `docs/gguf.md`).
 *
 * @throws GlassboxError `model/corrupt`, `model/unsupported`
 */
export function parseGgufHeader(bytes: Uint8Array, fileBytes: number, file: string): ParsedHeader {
  const cursor = new HeaderCursor(bytes, fileBytes, file);
  try {
    return { complete: true, header: parse(cursor) };
  } catch (thrown) {
    if (thrown instanceof NeedsMoreBytes) return { complete: false, bytesNeeded: thrown.atLeast };
    throw thrown;
  }
}

function parse(cursor: HeaderCursor): GgufHeader {
  const version = parseVersion(cursor);
  const tensorCount = cursor.size(
    'the number of tensors',
    Math.min(MAX_TENSORS, Math.floor(cursor.remaining / LEAST_TENSOR_BYTES)),
  );
  const keyCount = cursor.size(
    'the number of metadata keys',
    Math.min(MAX_KEYS, Math.floor(cursor.remaining / LEAST_KEY_BYTES)),
  );
  const valuesStart = cursor.position;
  const values = parseValues(cursor, keyCount);
  const encodedValues = cursor.slice(valuesStart, cursor.position);
  const tensors = parseTensors(cursor, tensorCount, alignment(values, cursor.file));
  return { version, values, tensors, encodedValues };
}

function parseVersion(cursor: HeaderCursor): 2 | 3 {
  const { file } = cursor;
  if (cursor.uint32('the file type') !== MAGIC)
    throw unsupported(
      file,
      'the file type',
      'is not GGUF (the file does not begin with "GGUF"); it may be another format, or a web page or Git LFS pointer saved under this name',
    );
  const version = cursor.uint32('the GGUF version');
  if (version === 2 || version === 3) return version;
  if (version === 0x02000000 || version === 0x03000000)
    throw unsupported(file, 'the byte order', 'is big-endian; only little-endian files are read');
  throw unsupported(file, 'the GGUF version', `is ${String(version)}; versions 2 and 3 are read`);
}

function parseValues(cursor: HeaderCursor, count: number): Map<string, GgufValue> {
  const values = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = cursor.name(`the name of metadata key ${String(i)}`);
    const field = `metadata key ${quote(key)}`;
    if (values.has(key)) throw corrupt(cursor.file, field, 'appears twice');
    values.set(key, parseValue(cursor, parseValueType(cursor, field), field));
  }
  return values;
}

function parseValueType(cursor: HeaderCursor, field: string): GgufValueType {
  const id = cursor.uint32(`the type of ${field}`);
  const type = GGUF_VALUE_TYPES[id];
  if (type === undefined) throw corrupt(cursor.file, field, `has the unknown value type ${String(id)}`);
  return type;
}

function parseValue(cursor: HeaderCursor, type: GgufValueType, field: string): GgufValue {
  switch (type) {
    case 'bool': {
      const byte = cursor.uint8(field);
      if (byte > 1) throw corrupt(cursor.file, field, `is neither true nor false but ${String(byte)}`);
      return byte === 1;
    }
    case 'string':
      return cursor.string(field);
    case 'array':
      return parseArray(cursor, field);
    case 'uint64':
    case 'int64': {
      const value = cursor[type](field);
      return BigInt.asIntN(54, value) === value ? Number(value) : value;
    }
    default:
      return cursor[type](field);
  }
}

function parseArray(cursor: HeaderCursor, field: string): GgufArray {
  const elementType = parseValueType(cursor, field);
  if (elementType === 'array')
    throw unsupported(cursor.file, field, 'is an array of arrays; only flat arrays are read');
  const elementBytes = elementType === 'string' ? 8 : GGUF_VALUE_BYTES[elementType];
  const length = cursor.size(
    `the length of ${field}`,
    Math.min(MAX_ARRAY_LENGTH, Math.floor(Math.max(0, cursor.remaining - 8) / elementBytes)),
  );
  const start = cursor.position;
  if (elementType === 'string') cursor.skipStrings(length, field);
  else cursor.take(length * elementBytes, field);
  return new GgufArray(elementType, length, cursor.slice(start, cursor.position));
}

function alignment(values: ReadonlyMap<string, GgufValue>, file: string): number {
  const value = values.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPowerOfTwo = typeof value === 'number' && Number.isInteger(Math.log2(value));
  if (!isPowerOfTwo || value < 1 || value > MAX_ALIGNMENT)
    throw corrupt(
      file,
      'metadata key "general.alignment"',
      `must be a power of two up to ${String(MAX_ALIGNMENT)}`,
    );
  return value;
}

/** A tensor before its place in the file is known, which depends on where the header ends. */
interface TensorEntry extends Omit<GgufTensor, 'fileOffset'> {
  readonly field: string;
  /** From the start of the weights. */
  readonly offset: number;
}

function parseTensors(cursor: HeaderCursor, count: number, align: number): Map<string, GgufTensor> {
  const entries = new Map<string, TensorEntry>();
  for (let i = 0; i < count; i++) {
    const entry = parseTensor(cursor, i, align);
    if (entries.has(entry.name)) throw corrupt(cursor.file, entry.field, 'appears twice');
    entries.set(entry.name, entry);
  }
  const dataStart = Math.ceil(cursor.position / align) * align;
  return placeTensors([...entries.values()], dataStart, cursor);
}

function parseTensor(cursor: HeaderCursor, index: number, align: number): TensorEntry {
  const { file } = cursor;
  const name = cursor.name(`the name of tensor ${String(index)}`);
  const field = `tensor ${quote(name)}`;
  const dimensions = parseDimensions(cursor, field);
  const typeId = cursor.uint32(`the type of ${field}`);
  const typeName = GGUF_TENSOR_TYPES.get(typeId);
  if (typeName === undefined) throw corrupt(file, field, `has the unknown type ${String(typeId)}`);
  const byteLength = tensorBytes(typeName, dimensions, field, cursor);
  const offset = cursor.size(`the offset of ${field}`, cursor.fileBytes);
  if (offset % align !== 0)
    throw corrupt(
      file,
      `the offset of ${field}`,
      `is ${String(offset)}, not a multiple of ${String(align)} bytes`,
    );
  return { name, field, dimensions, typeName, byteLength, offset };
}

function parseDimensions(cursor: HeaderCursor, field: string): number[] {
  const count = cursor.uint32(`the number of dimensions of ${field}`);
  if (count < 1 || count > MAX_DIMENSIONS)
    throw corrupt(
      cursor.file,
      field,
      `has ${String(count)} dimensions instead of 1 to ${String(MAX_DIMENSIONS)}`,
    );
  const dimensions: number[] = [];
  for (let i = 0; i < count; i++) {
    // No type takes less than an eighth of a byte for a weight.
    const dimension = cursor.size(`dimension ${String(i)} of ${field}`, cursor.fileBytes * 8);
    if (dimension === 0) throw corrupt(cursor.file, `dimension ${String(i)} of ${field}`, 'is 0');
    dimensions.push(dimension);
  }
  return dimensions;
}

function tensorBytes(
  typeName: string,
  dimensions: readonly number[],
  field: string,
  cursor: HeaderCursor,
): number {
  const type = asQuantizationType(typeName);
  if (type === undefined) return 0;
  const { values, bytes } = blockLayout(type);
  const columns = dimensions[0] ?? 0;
  if (columns % values !== 0)
    throw corrupt(
      cursor.file,
      field,
      `has rows of ${String(columns)}, not a multiple of the ${String(values)} weights of a ${typeName} block`,
    );
  let size = (columns / values) * bytes;
  // Checked at each step, so that a product that no longer fits a number is never used.
  for (const dimension of dimensions.slice(1)) size = Math.min(size * dimension, Number.MAX_SAFE_INTEGER);
  if (size > cursor.fileBytes)
    throw corrupt(
      cursor.file,
      field,
      `has dimensions ${dimensions.join(' x ')} that are larger than the file`,
    );
  return size;
}

function placeTensors(
  entries: readonly TensorEntry[],
  dataStart: number,
  cursor: HeaderCursor,
): Map<string, GgufTensor> {
  const { file, fileBytes } = cursor;
  const tensors = new Map<string, GgufTensor>();
  for (const { field, offset, ...tensor } of entries) {
    const fileOffset = dataStart + offset;
    if (fileOffset + tensor.byteLength > fileBytes)
      throw corrupt(
        file,
        field,
        `ends at byte ${String(fileOffset + tensor.byteLength)}, but the file has only ${String(fileBytes)} bytes (an unfinished download?)`,
      );
    tensors.set(tensor.name, { ...tensor, fileOffset });
  }
  refuseOverlap([...tensors.values()], file);
  return tensors;
}

/** No converter shares bytes between tensors; an overlap means wrong offsets, and a model that talks nonsense. */
function refuseOverlap(tensors: GgufTensor[], file: string): void {
  const inFileOrder = tensors.sort((a, b) => a.fileOffset - b.fileOffset);
  let end = 0;
  for (const tensor of inFileOrder) {
    if (tensor.fileOffset < end)
      throw corrupt(file, `tensor ${quote(tensor.name)}`, 'overlaps the tensor before it');
    end = tensor.fileOffset + tensor.byteLength;
  }
}
