import { open } from 'node:fs/promises';
import { rowBytes } from '../../src/models/quantization/blockLayout.ts';
import type { GgufElementType, GgufNumberType } from '../../src/models/gguf/ggufTypes.ts';
import { GGUF_TENSOR_TYPES, GGUF_VALUE_BYTES, GGUF_VALUE_TYPES } from '../../src/models/gguf/ggufTypes.ts';
import type { QuantizationType } from '../../src/models/weights.ts';

/** A metadata value with the type it is written as. */
export type GgufWritable =
  | { readonly type: GgufNumberType; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | {
      readonly type: 'array';
      readonly elements: GgufElementType;
      readonly value: readonly (string | number)[];
    };

export const uint32 = (value: number): GgufWritable => ({ type: 'uint32', value });
export const float32 = (value: number): GgufWritable => ({ type: 'float32', value });
export const bool = (value: boolean): GgufWritable => ({ type: 'bool', value });
export const string = (value: string): GgufWritable => ({ type: 'string', value });
export const strings = (value: readonly string[]): GgufWritable => ({
  type: 'array',
  elements: 'string',
  value,
});
export const int32s = (value: readonly number[]): GgufWritable => ({
  type: 'array',
  elements: 'int32',
  value,
});

export type GgufMetadataEntries = Readonly<Record<string, GgufWritable>>;

export interface TensorToWrite {
  readonly name: string;
  readonly type: QuantizationType;
  /** `[count, rows, columns]`, `[rows, columns]` or `[length]`; written fastest dimension first, as the format has it. */
  readonly shape: readonly number[];
  /** The encoded weights, in order and in pieces of any size; asked for when their turn comes. */
  readonly pieces: () => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

export interface GgufToWrite {
  readonly version?: 2 | 3;
  readonly metadata: GgufMetadataEntries;
  /** Metadata that is already encoded, written before `metadata`. */
  readonly encodedMetadata?: { readonly count: number; readonly bytes: Uint8Array };
  readonly tensors: readonly TensorToWrite[];
}

const ALIGNMENT = 32;

/** Writes a GGUF file piece by piece: no tensor has to fit into memory. */
export async function writeGguf(file: string, gguf: GgufToWrite): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.write(encodeHeader(gguf));
    for (const tensor of gguf.tensors) {
      let written = 0;
      for await (const piece of tensor.pieces()) {
        for (let at = 0; at < piece.length;) at += (await handle.write(piece, at)).bytesWritten;
        written += piece.length;
      }
      const expected = tensorBytes(tensor);
      if (written !== expected)
        throw new Error(`${tensor.name}: ${String(written)} bytes written, ${String(expected)} expected`);
      await handle.write(Buffer.alloc(padding(written)));
    }
  } finally {
    await handle.close();
  }
}

/** Everything before the weights, padded to where they begin. */
export function encodeHeader({ version = 3, metadata, encodedMetadata, tensors }: GgufToWrite): Buffer {
  const encoder = new Encoder();
  const entries = Object.entries(metadata);
  encoder.bytes(Buffer.from('GGUF'));
  encoder.number('uint32', version);
  encoder.number('uint64', tensors.length);
  encoder.number('uint64', entries.length + (encodedMetadata?.count ?? 0));
  if (encodedMetadata !== undefined) encoder.bytes(encodedMetadata.bytes);
  for (const [key, value] of entries) encoder.entry(key, value);
  let offset = 0;
  for (const tensor of tensors) {
    encoder.string(tensor.name);
    encoder.number('uint32', tensor.shape.length);
    for (const dimension of tensor.shape.toReversed()) encoder.number('uint64', dimension);
    encoder.number('uint32', tensorTypeId(tensor.type));
    encoder.number('uint64', offset);
    const size = tensorBytes(tensor);
    offset += size + padding(size);
  }
  encoder.bytes(Buffer.alloc(padding(encoder.length)));
  return encoder.finish();
}

class Encoder {
  private readonly chunks: Uint8Array[] = [];
  length = 0;

  bytes(bytes: Uint8Array): void {
    this.chunks.push(bytes);
    this.length += bytes.length;
  }

  string(text: string): void {
    const encoded = Buffer.from(text, 'utf8');
    this.number('uint64', encoded.length);
    this.bytes(encoded);
  }

  number(type: GgufNumberType | 'bool', value: number): void {
    const bytes = Buffer.alloc(GGUF_VALUE_BYTES[type]);
    switch (type) {
      case 'uint8':
      case 'bool':
        bytes.writeUInt8(value);
        break;
      case 'int8':
        bytes.writeInt8(value);
        break;
      case 'uint16':
        bytes.writeUInt16LE(value);
        break;
      case 'int16':
        bytes.writeInt16LE(value);
        break;
      case 'uint32':
        bytes.writeUInt32LE(value);
        break;
      case 'int32':
        bytes.writeInt32LE(value);
        break;
      case 'float32':
        bytes.writeFloatLE(value);
        break;
      case 'uint64':
        bytes.writeBigUInt64LE(BigInt(value));
        break;
      case 'int64':
        bytes.writeBigInt64LE(BigInt(value));
        break;
      case 'float64':
        bytes.writeDoubleLE(value);
        break;
    }
    this.bytes(bytes);
  }

  entry(key: string, value: GgufWritable): void {
    this.string(key);
    this.number('uint32', GGUF_VALUE_TYPES.indexOf(value.type));
    switch (value.type) {
      case 'string':
        this.string(value.value);
        break;
      case 'bool':
        this.number('bool', value.value ? 1 : 0);
        break;
      case 'array':
        this.number('uint32', GGUF_VALUE_TYPES.indexOf(value.elements));
        this.number('uint64', value.value.length);
        for (const element of value.value) this.element(value.elements, element);
        break;
      default:
        this.number(value.type, value.value);
    }
  }

  finish(): Buffer {
    return Buffer.concat(this.chunks);
  }

  private element(type: GgufElementType, element: string | number): void {
    if (typeof element === 'string') this.string(element);
    else if (type === 'string') throw new Error('a number in an array of strings');
    else this.number(type, element);
  }
}

function tensorTypeId(type: QuantizationType): number {
  for (const [id, name] of GGUF_TENSOR_TYPES) if (name === type) return id;
  throw new Error(`${type} has no GGUF id`);
}

export function tensorBytes({ type, shape }: Pick<TensorToWrite, 'type' | 'shape'>): number {
  const columns = shape.at(-1) ?? 0;
  return shape.slice(0, -1).reduce((rows, dimension) => rows * dimension, 1) * rowBytes(type, columns);
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}
