/** As many classes of matches there are. */
export const MATCH_CLASSES = 5;

/** How much says that a reply follows a text: 0 for one equal token before, 1 for two, then four, eight, and 4 for sixteen or more. */
export function matchClass(matched: number): number {
  return matched < 2 ? 0 : Math.min(MATCH_CLASSES - 1, 31 - Math.clz32(matched));
}
