const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text from anywhere as one line that is safe in a terminal: control characters, with which a text could move the cursor
 * or write over what stands there, and characters that turn the direction of writing appear as escapes.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\uD800-\uDFFF]/gu, (character) => {
    return NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
