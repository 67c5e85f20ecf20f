/** Where two lists of tokens part; undefined when they are the same. */
export function firstDifference(one: Uint32Array, other: Uint32Array): number | undefined {
  const common = Math.min(one.length, other.length);
  for (let at = 0; at < common; at++) if (one[at] !== other[at]) return at;
  return one.length === other.length ? undefined : common;
}
