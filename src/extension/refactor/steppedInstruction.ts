/**
 * What an input shows after an arrow key, as a terminal does it.
 * @param suggestions those that are nearest first
 * @param shown what stands in the input; empty, or one of the suggestions, or the user's own words
 * @param step 1 is to the next suggestion, -1 back towards the empty input
 * @returns undefined where the key does nothing of that: at either end, and in words of the user's own, which nothing replaces
 */
export function steppedInstruction(
  suggestions: readonly string[],
  shown: string,
  step: 1 | -1,
): string | undefined {
  const at = suggestions.indexOf(shown);
  if (at < 0 && shown !== '') return undefined;
  const next = at + step;
  return next === -1 ? '' : suggestions[next];
}
