/** More comparisons than this for each line that is written would be felt; a selection of a thousand lines stays below it. */
const MOST_COMPARISONS = 1 << 20;

/**
 * How many lines of the original the lines written so far stand for: the beginning of the original that takes the fewest insertions
 * and deletions to become them; of several the longest. It never ends with a line that would only be deleted, so what the model has not
 * come to is never shown as gone.
 */
export function coveredLines(original: readonly string[], written: readonly string[]): number {
  if (original.length * written.length > MOST_COMPARISONS) return Math.min(original.length, written.length);
  // costs[k]: insertions and deletions from the first k lines of the original to what is written.
  let costs = Array.from({ length: original.length + 1 }, (_, k) => k);
  written.forEach((line, j) => {
    const next = [j + 1];
    original.forEach((each, k) => {
      const insert = (costs[k + 1] ?? Infinity) + 1;
      const remove = (next[k] ?? Infinity) + 1;
      const keep = each === line ? (costs[k] ?? Infinity) : Infinity;
      next.push(Math.min(insert, remove, keep));
    });
    costs = next;
  });
  const least = Math.min(...costs);
  return costs.lastIndexOf(least);
}
