/** Length of the longest end of `text` with which `mark` begins, short of the whole mark. */
export function beginningAtEnd(text: string, mark: string): number {
  const end = text.length;
  for (let start = Math.max(0, end - mark.length + 1); start < end; start++) {
    let at = start;
    while (at < end && text.charCodeAt(at) === mark.charCodeAt(at - start)) at++;
    if (at === end) return end - start;
  }
  return 0;
}
