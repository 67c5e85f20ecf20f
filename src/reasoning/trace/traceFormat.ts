/** The constants of a `.gbtrace` file; docs/trace-format.md is their description. */

/** `GBTR`, then line breaks and a control character that a transfer as text would change, as in PNG. */
export const TRACE_MAGIC: Uint8Array = Uint8Array.of(0x47, 0x42, 0x54, 0x52, 0x0d, 0x0a, 0x1a, 0x0a);
/** Raised when an older reader would misunderstand a file. New kinds of sections do not: readers skip them. */
export const TRACE_VERSION = 1;
/** The magic and the version. */
export const PREFIX_BYTES = 12;
/** Kind, length of the payload, checksum. */
export const SECTION_HEADER_BYTES = 12;
/** Of a section of tokens or routing: what a damaged section costs at most. */
export const TOKENS_PER_SECTION = 1024;

export const SECTION_KINDS = ['HEAD', 'TEXT', 'VOCB', 'TOKS', 'ROUT'] as const;
export type SectionKind = (typeof SECTION_KINDS)[number];
