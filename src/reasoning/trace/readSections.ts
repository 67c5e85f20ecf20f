import { crc32 } from './crc32.ts';
import { PREFIX_BYTES, SECTION_HEADER_BYTES } from './traceFormat.ts';

export interface Section {
  /** Four capital letters; a SectionKind, or what a later writer added. */
  readonly kind: string;
  /** A view of the file. */
  readonly payload: Uint8Array;
}

export interface SectionScan {
  /** The whole ones, in the order of the file. */
  readonly sections: readonly Section[];
  /** Sections whose checksum is wrong. */
  readonly damaged: number;
  /** Bytes at the end that are no whole section. */
  readonly rest: number;
}

/** Finds the sections of a trace file behind its prefix. Reads each byte once and copies nothing. Yields after each. */
export function* readSections(bytes: Uint8Array): Generator<undefined, SectionScan> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sections: Section[] = [];
  let damaged = 0;
  let at = PREFIX_BYTES;
  while (bytes.length - at >= SECTION_HEADER_BYTES) {
    const letters = bytes.subarray(at, at + 4);
    const payloadBytes = view.getUint32(at + 4, true);
    const end = at + SECTION_HEADER_BYTES + payloadBytes;
    if (end > bytes.length || letters.some((letter) => letter < 0x41 || letter > 0x5a)) break;
    const payload = bytes.subarray(at + SECTION_HEADER_BYTES, end);
    const checksum = crc32(payload, crc32(bytes.subarray(at, at + 8)));
    if (checksum === view.getUint32(at + 8, true)) {
      sections.push({ kind: String.fromCharCode(...letters), payload });
    } else {
      damaged++;
    }
    at = end;
    yield;
  }
  return { sections, damaged, rest: bytes.length - at };
}
