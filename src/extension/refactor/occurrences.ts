/**
 * Where a name stands as a whole word in a text; comments and strings are not told apart.
 * @returns offsets in UTF-16 units
 */
export function occurrences(text: string, name: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + name.length)) {
    if (!isWordCharacter(text.charAt(at - 1)) && !isWordCharacter(text.charAt(at + name.length)))
      found.push(at);
  }
  return found;
}

function isWordCharacter(character: string): boolean {
  return /[\p{L}\p{N}_$]/u.test(character);
}
