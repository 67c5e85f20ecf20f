import { crc32 } from './crc32.ts';
import {
  PREFIX_BYTES,
  SECTION_HEADER_BYTES,
  TRACE_MAGIC,
  TRACE_VERSION,
  type SectionKind,
} from './traceFormat.ts';

/** A trace file that grows by sections; its memory doubles as it does. */
export class SectionWriter {
  #bytes = new Uint8Array(1 << 16);
  #length = PREFIX_BYTES;

  constructor() {
    this.#bytes.set(TRACE_MAGIC);
    new DataView(this.#bytes.buffer).setUint32(TRACE_MAGIC.length, TRACE_VERSION, true);
  }

  /** @param fill writes the whole payload into the bytes that it is given, which are 0 */
  add(kind: SectionKind, payloadBytes: number, fill: (payload: Uint8Array) => void): void {
    const at = this.#length;
    const end = at + SECTION_HEADER_BYTES + payloadBytes;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    const view = new DataView(this.#bytes.buffer);
    this.#bytes.set(new TextEncoder().encode(kind), at);
    view.setUint32(at + 4, payloadBytes, true);
    const payload = this.#bytes.subarray(at + SECTION_HEADER_BYTES, end);
    fill(payload);
    view.setUint32(at + 8, crc32(payload, crc32(this.#bytes.subarray(at, at + 8))), true);
    this.#length = end;
  }

  /** The file so far. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}
