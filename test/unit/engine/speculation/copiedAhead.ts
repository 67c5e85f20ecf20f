import type { TextLookup } from '../../../../src/engine/speculation/textLookup.ts';
import type { Copied } from '../../../../src/models/ngrams/situation.ts';

/** What the text says next, at most `limit` tokens, behind the reply and `taken`. */
export function copiedAhead(lookup: TextLookup, limit: number, taken: readonly number[] = []): Copied[] {
  const ahead = lookup.ahead();
  for (const token of taken) ahead.take(token);
  const copied: Copied[] = [];
  for (let next = ahead.next(); next && copied.length < limit; next = ahead.next()) {
    copied.push(next);
    ahead.take(next.token);
  }
  return copied;
}
