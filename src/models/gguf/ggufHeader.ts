import type { GgufArray } from './ggufArray.ts';

/** A value of the header. Integers of 64 bits that a number cannot hold stay bigints. */
export type GgufValue = number | bigint | boolean | string | GgufArray;

export interface GgufTensor {
  readonly name: string;
  /** Fastest dimension first, as the file has it: `[columns, rows]`. */
  readonly dimensions: readonly number[];
  /** May be a type that Glassbox does not run, such as `IQ4_XS`. */
  readonly typeName: string;
  /** From the start of the file. */
  readonly fileOffset: number;
  /** 0 for a type that Glassbox does not run, whose size is not known. */
  readonly byteLength: number;
}

/** What precedes the weights in a GGUF file. */
export interface GgufHeader {
  readonly version: 2 | 3;
  readonly values: ReadonlyMap<string, GgufValue>;
  /** In the order of the file's list. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** The metadata as it is written, for tools that copy it unchanged. */
  readonly encodedValues: Uint8Array;
}
