import type { TraceTokens } from '../../src/reasoning/trace/trace.ts';

/** More are not told apart by anyone, and a single letter would find every word. */
const MAX_MATCHES = 10_000;

/**
 * The tokens in which the places begin where `wanted` is written, whatever its case, also across tokens. Ascending.
 */
export function searchTokens(tokens: TraceTokens, wanted: string): readonly number[] {
  if (wanted === '') return [];
  const pieces = Array.from(tokens.ids, (id) => tokens.texts.get(id) ?? '');
  const needle = lower(wanted);
  const text = pieces.map(lower).join('');
  const found: number[] = [];
  let token = 0;
  let tokenEnd = pieces[0]?.length ?? 0;
  for (
    let at = text.indexOf(needle);
    at >= 0 && found.length < MAX_MATCHES;
    at = text.indexOf(needle, at + 1)
  ) {
    while (tokenEnd <= at && token < pieces.length - 1) {
      token++;
      tokenEnd += pieces[token]?.length ?? 0;
    }
    if (found.at(-1) !== token) found.push(token);
  }
  return found;
}

/** Character by character, so that a text keeps its length. */
function lower(text: string): string {
  const changed = text.toLowerCase();
  return changed.length === text.length ? changed : text;
}
