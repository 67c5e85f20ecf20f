/** A stretch of text, or a token that was written out in it. */
export type TextFragment = { readonly text: string } | { readonly token: number };

/** Finds tokens by their text; where several begin at one place the longest is taken. */
export class MarkerSplit {
  private readonly pattern: RegExp | undefined;

  constructor(private readonly ids: ReadonlyMap<string, number>) {
    const texts = [...ids.keys()].sort((a, b) => b.length - a.length);
    if (texts.length > 0) this.pattern = new RegExp(texts.map(escapePattern).join('|'), 'gu');
  }

  split(text: string): TextFragment[] {
    if (this.pattern === undefined) return text === '' ? [] : [{ text }];
    const fragments: TextFragment[] = [];
    let end = 0;
    for (const match of text.matchAll(this.pattern)) {
      const token = this.ids.get(match[0]);
      if (token === undefined) continue;
      if (match.index > end) fragments.push({ text: text.slice(end, match.index) });
      fragments.push({ token });
      end = match.index + match[0].length;
    }
    if (end < text.length) fragments.push({ text: text.slice(end) });
    return fragments;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/gu, '\\$&');
}
