/**
 * The alphabet of byte-level BPE (GPT-2): every byte is a printable character. Printable Latin-1 bytes stand
 * for themselves; the other 68 are U+0100 onwards, in order.
 */
const byteOfCharacter = new Map<string, number>();
let next = 0x100;
for (let byte = 0; byte < 256; byte++) {
  const printable =
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  byteOfCharacter.set(String.fromCodePoint(printable ? byte : next++), byte);
}

const utf8 = new TextEncoder();

/** The bytes that a byte-level token stands for. A character outside the alphabet stands for its own UTF-8. */
export function byteLevelBytes(token: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOfCharacter.get(character);
    if (byte === undefined) bytes.push(...utf8.encode(character));
    else bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
