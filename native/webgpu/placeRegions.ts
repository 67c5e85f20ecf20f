/** Where the parts of one buffer lie. */
export interface Regions<Name extends string> {
  /** In the same units as the sizes. */
  readonly offsets: Readonly<Record<Name, number>>;
  readonly size: number;
}

/**
 * Lays parts of one buffer one behind the other, each at a multiple of `alignment`. The arena of activations is placed in
 * vectors of four floats, the state in words.
 */
export function placeRegions<Name extends string>(
  sizes: Readonly<Record<Name, number>>,
  alignment: number,
): Regions<Name> {
  let size = 0;
  const offsets: Partial<Record<Name, number>> = {};
  for (const name in sizes) {
    offsets[name] = size;
    size += Math.ceil(sizes[name] / alignment) * alignment;
  }
  // Each name was given its offset in the loop.
  return { offsets: offsets as Record<Name, number>, size };
}
