/** As many classes of matches there are. */
export const MATCH_CLASSES = 5;

/** How much says that a reply follows a text: 0 for one equal token before, 1 for two, then four, eight, and 4 for sixteen or more. */
export function matchClass(matched: number): number {
  return Math.min(MATCH_CLASSES - 1, Math.floor(Math.log2(Math.max(1, matched))));
}
