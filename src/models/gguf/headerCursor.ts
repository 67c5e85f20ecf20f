import { corrupt, unsupported } from '../modelErrors.ts';

/** Largest header read: a vocabulary of half a million tokens with its merges takes about a third of this. */
export const MAX_HEADER_BYTES = 64 * 1024 * 1024;
/** Longest single string: chat templates and licence texts are the largest. */
const MAX_STRING_BYTES = 8 * 1024 * 1024;
/** Longest key or tensor name; the specification allows less. */
const MAX_NAME_BYTES = 65_535;

/** Thrown when the header goes on beyond the bytes read so far, though not beyond the file. */
export class NeedsMoreBytes extends Error {
  override readonly name = 'NeedsMoreBytes';
  constructor(readonly atLeast: number) {
    super(`header needs ${String(atLeast)} bytes`);
  }
}

/** Reads little-endian values in order, and checks every step against the file's true size. */
export class HeaderCursor {
  private readonly view: DataView;
  position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    /** Of the whole file, of which `bytes` is the beginning. */
    readonly fileBytes: number,
    readonly file: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.fileBytes - this.position;
  }

  /** Steps over `size` bytes and returns where they begin. Allocates nothing. */
  take(size: number, field: string): number {
    if (size > this.remaining) throw corrupt(this.file, field, 'runs past the end of the file');
    const start = this.position;
    const end = start + size;
    if (end > this.bytes.length) {
      if (end > MAX_HEADER_BYTES)
        throw unsupported(
          this.file,
          field,
          `lies beyond the first ${String(MAX_HEADER_BYTES)} bytes, the largest header that is read`,
        );
      throw new NeedsMoreBytes(end);
    }
    this.position = end;
    return start;
  }

  uint8(field: string): number {
    return this.view.getUint8(this.take(1, field));
  }
  int8(field: string): number {
    return this.view.getInt8(this.take(1, field));
  }
  uint16(field: string): number {
    return this.view.getUint16(this.take(2, field), true);
  }
  int16(field: string): number {
    return this.view.getInt16(this.take(2, field), true);
  }
  uint32(field: string): number {
    return this.view.getUint32(this.take(4, field), true);
  }
  int32(field: string): number {
    return this.view.getInt32(this.take(4, field), true);
  }
  float32(field: string): number {
    return this.view.getFloat32(this.take(4, field), true);
  }
  float64(field: string): number {
    return this.view.getFloat64(this.take(8, field), true);
  }
  uint64(field: string): bigint {
    return this.view.getBigUint64(this.take(8, field), true);
  }
  int64(field: string): bigint {
    return this.view.getBigInt64(this.take(8, field), true);
  }

  /** A 64-bit count, size or offset. What does not fit into the file is refused before anyone uses it. */
  size(field: string, limit: number): number {
    const value = this.uint64(field);
    if (value > BigInt(limit))
      throw corrupt(
        this.file,
        field,
        `is ${String(value)}, and a file of ${String(this.fileBytes)} bytes cannot hold more than ${String(limit)}`,
      );
    return Number(value);
  }

  /** Steps over a string, giving its place. */
  stringBytes(field: string, limit = MAX_STRING_BYTES): Uint8Array {
    const length = this.size(`the length of ${field}`, Math.max(0, this.remaining - 8));
    if (length > limit)
      throw unsupported(
        this.file,
        field,
        `is a text of ${String(length)} bytes; at most ${String(limit)} are read`,
      );
    const start = this.take(length, field);
    return this.bytes.subarray(start, start + length);
  }

  string(field: string): string {
    return decoder.decode(this.stringBytes(field));
  }

  /** A key or a tensor's name. */
  name(field: string): string {
    return decoder.decode(this.stringBytes(field, MAX_NAME_BYTES));
  }

  slice(start: number, end: number): Uint8Array {
    return this.bytes.subarray(start, end);
  }

  /**
   * Steps over `count` strings. Written without calls because a vocabulary and its merges have hundreds of
   * thousands.
   */
  skipStrings(count: number, field: string): void {
    const { view, bytes, fileBytes } = this;
    let at = this.position;
    let left = count;
    for (; left > 0; left--) {
      // Out of bytes: `take` says whether the file ends here or only what was read of it.
      if (at + 8 > bytes.length) break;
      const length = view.getUint32(at, true);
      if (view.getUint32(at + 4, true) !== 0 || length > fileBytes - at - 8)
        throw corrupt(
          this.file,
          `entry ${String(count - left)} of ${field}`,
          'runs past the end of the file',
        );
      at += 8 + length;
    }
    this.take(at + (left > 0 ? 8 : 0) - this.position, field);
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
