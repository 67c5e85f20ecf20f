/**
 * Where the line that begins at an offset of one text begins in another, by its number: a change of all line endings moves every offset
 * and no line. Offsets are in UTF-16 units.
 * @returns the other text's length where it has fewer lines
 */
export function sameLine(text: string, offset: number, other: string): number {
  let at = 0;
  for (let found = text.indexOf('\n'); found >= 0 && found < offset; found = text.indexOf('\n', found + 1)) {
    const next = other.indexOf('\n', at);
    if (next < 0) return other.length;
    at = next + 1;
  }
  return at;
}
