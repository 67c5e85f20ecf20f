/** The lines of a page between which a tool writes what it measured. */
export interface MeasuredPart {
  readonly begin: string;
  readonly end: string;
}

export function hasPart(page: string, { begin, end }: MeasuredPart): boolean {
  const at = page.indexOf(begin);
  return at >= 0 && page.indexOf(end, at) >= 0;
}

/** `page` with what stands between the lines of `part` replaced. @throws Error when it has no such lines */
export function withPart(page: string, part: MeasuredPart, markdown: string): string {
  const { begin, end } = part;
  if (!hasPart(page, part)) throw new Error(`the page has no lines "${begin}" and "${end}"`);
  const from = page.indexOf(begin) + begin.length;
  return `${page.slice(0, from)}\n\n${markdown.trim()}\n\n${page.slice(page.indexOf(end, from))}`;
}
