/** Length of the longest end of `text` with which `mark` begins, short of the whole mark. */
export function beginningAtEnd(text: string, mark: string): number {
  const first = mark.slice(0, 1);
  let at = text.indexOf(first, Math.max(0, text.length - mark.length + 1));
  while (at >= 0 && at < text.length && !mark.startsWith(text.slice(at))) at = text.indexOf(first, at + 1);
  return at < 0 ? 0 : text.length - at;
}
