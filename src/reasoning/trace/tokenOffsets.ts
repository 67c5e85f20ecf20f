/** How far ahead a token is looked for when the one before it ended amid a character. */
const REACH = 12;

/**
 * Where each token of a channel begins in that channel's text, as a UTF-16 index. Tokens that write none of it (the tags of
 * a thought, white space around it) have the place where the text goes on.
 * @param pieces texts of the channel's tokens, in order; U+FFFD where a token ends amid a character
 * @returns ascending, `[pieces]`
 */
export function tokenOffsets(text: string, pieces: readonly string[]): Uint32Array {
  const joined = pieces.join('');
  const lead = joined.indexOf(text);
  return lead >= 0 ? exactOffsets(text, pieces, lead) : searchedOffsets(text, pieces);
}

/** The index of the last token that begins at `offset` or before it; 0 when there is none. */
export function tokenAtOffset(offsets: Uint32Array, offset: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

function exactOffsets(text: string, pieces: readonly string[], lead: number): Uint32Array {
  const offsets = new Uint32Array(pieces.length);
  let position = -lead;
  pieces.forEach((piece, index) => {
    offsets[index] = Math.max(0, Math.min(text.length, position));
    position += piece.length;
  });
  return offsets;
}

/** Character by character some pieces are unknown: known ones say where the text is. */
function searchedOffsets(text: string, pieces: readonly string[]): Uint32Array {
  const offsets = new Uint32Array(pieces.length);
  let position = 0;
  pieces.forEach((piece, index) => {
    const known = piece.split('\uFFFD', 1)[0] ?? '';
    const found = known === '' ? -1 : text.slice(position, position + known.length + REACH).indexOf(known);
    if (found > 0 && known.trim() !== '') position += found;
    offsets[index] = position;
    if (found === 0 || (found > 0 && known.trim() !== '')) position += known.length;
  });
  return offsets;
}
