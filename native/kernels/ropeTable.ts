/**
 * The table of a rotary embedding, as `parts/rotary.wgsl` reads it: (cos, sin) of each pair, `[positions, pairs, 2]`.
 * Computed here in double precision: WGSL promises no more than 2^-11 for sin and cos, and nothing for large angles.
 *
 * @param frequencies angles of a position's pairs, and what multiplies cos and sin
 */
export function ropeTable(
  { inverse, magnitude }: { readonly inverse: Float64Array; readonly magnitude: number },
  positions: number,
): Float32Array<ArrayBuffer> {
  const table = new Float32Array(positions * inverse.length * 2);
  for (let position = 0, at = 0; position < positions; position++)
    for (const frequency of inverse) {
      table[at++] = magnitude * Math.cos(position * frequency);
      table[at++] = magnitude * Math.sin(position * frequency);
    }
  return table;
}
