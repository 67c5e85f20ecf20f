import { isUtf8 } from 'node:buffer';
import type { GgufElementType, GgufNumberType } from './ggufTypes.ts';
import { GGUF_VALUE_BYTES } from './ggufTypes.ts';

/**
 * An array of a GGUF header, still encoded: a vocabulary has hundreds of thousands of strings, and most of who
 * opens a file never looks at them. Bounds were checked when the header was parsed.
 */
export class GgufArray {
  constructor(
    readonly elementType: GgufElementType,
    readonly length: number,
    /** Of the elements, without the array's own type and length. */
    private readonly bytes: Uint8Array,
  ) {}

  /** Decodes an array of strings; call once and keep the result. @throws TypeError for another type */
  strings(): string[] {
    if (this.elementType !== 'string') throw new TypeError(`an array of ${this.elementType}, not of strings`);
    return this.decodeAtOnce() ?? this.decodeOneByOne();
  }

  /** Decodes an array of numbers. 64-bit integers beyond 2^53 are rounded. @throws TypeError for another type */
  numbers(): Float64Array {
    const type = this.elementType;
    if (type === 'string' || type === 'bool') throw new TypeError(`an array of ${type}, not of numbers`);
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    const size = GGUF_VALUE_BYTES[type];
    const values = new Float64Array(this.length);
    for (let i = 0; i < this.length; i++) values[i] = readNumber(view, i * size, type);
    return values;
  }

  /** Whether an array of strings holds `text`, without decoding it. */
  includes(text: string): boolean {
    if (this.elementType !== 'string') return false;
    const encoded = Buffer.from(text, 'utf8');
    const starts = this.starts();
    for (let i = 0; i < this.length; i++) {
      const start = starts[i] ?? 0;
      const end = (starts[i + 1] ?? 0) - LENGTH_BYTES;
      if (end - start === encoded.length && encoded.equals(this.bytes.subarray(start, end))) return true;
    }
    return false;
  }

  /**
   * One UTF-8 decoding for all strings, which are then cut out of it: many times faster than a decoding each.
   * Undefined when the bytes are not valid UTF-8, where the cuts could not be known.
   */
  private decodeAtOnce(): string[] | undefined {
    const { bytes, length } = this;
    const starts = this.starts();
    const joined = Buffer.allocUnsafe(bytes.length - length * LENGTH_BYTES);
    const ends = new Uint32Array(length);
    let written = 0;
    let utf16Units = 0;
    for (let i = 0; i < length; i++) {
      const start = starts[i] ?? 0;
      const end = (starts[i + 1] ?? 0) - LENGTH_BYTES;
      // A string that opens inside a character would be joined to its neighbour.
      if (start < end && isContinuation(bytes[start] ?? 0)) return undefined;
      for (let at = start; at < end; at++) {
        const byte = bytes[at] ?? 0;
        joined[written++] = byte;
        if (!isContinuation(byte)) utf16Units += byte >= 0xf0 ? 2 : 1;
      }
      ends[i] = utf16Units;
    }
    if (!isUtf8(joined)) return undefined;
    const text = joined.toString('utf8');
    const strings = new Array<string>(this.length);
    let from = 0;
    for (let i = 0; i < ends.length; i++) {
      const to = ends[i] ?? 0;
      strings[i] = text.slice(from, to);
      from = to;
    }
    return strings;
  }

  private decodeOneByOne(): string[] {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const starts = this.starts();
    return Array.from({ length: this.length }, (_, i) =>
      decoder.decode(this.bytes.subarray(starts[i], (starts[i + 1] ?? 0) - LENGTH_BYTES)),
    );
  }

  /** Where the text of each string begins, and where the one after the last would. */
  private starts(): Uint32Array {
    const view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    const starts = new Uint32Array(this.length + 1);
    let start = LENGTH_BYTES;
    for (let i = 0; i < this.length; i++) {
      starts[i] = start;
      // The parser has seen that the upper half of every length is zero.
      start += view.getUint32(start - LENGTH_BYTES, true) + LENGTH_BYTES;
    }
    starts[this.length] = start;
    return starts;
  }
}

/** Of the number before each string. */
const LENGTH_BYTES = 8;

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

function readNumber(view: DataView, at: number, type: GgufNumberType): number {
  switch (type) {
    case 'uint8':
      return view.getUint8(at);
    case 'int8':
      return view.getInt8(at);
    case 'uint16':
      return view.getUint16(at, true);
    case 'int16':
      return view.getInt16(at, true);
    case 'uint32':
      return view.getUint32(at, true);
    case 'int32':
      return view.getInt32(at, true);
    case 'float32':
      return view.getFloat32(at, true);
    case 'uint64':
      return Number(view.getBigUint64(at, true));
    case 'int64':
      return Number(view.getBigInt64(at, true));
    case 'float64':
      return view.getFloat64(at, true);
  }
}
