import { GlassboxError } from '../../../protocol/errors.ts';

/** The rows that a layer's experts compute for a pass: one for each token and choice, first those in slots. */
export interface SortedRows {
  /** `[rows, token | slot]` of experts in slots, in the order of tokens and choices. */
  readonly hits: Uint32Array<ArrayBuffer>;
  /** `[tokens, topK]`: each choice's row among all. */
  readonly outputRows: Uint32Array<ArrayBuffer>;
  /** The other experts that were chosen, ascending. */
  readonly experts: readonly number[];
  /** `[experts + 1]`: where each one's rows begin, counted from the first behind the hits. */
  readonly starts: readonly number[];
  /** `[rows]` of these: the token that each reads, ascending for an expert. */
  readonly tokens: readonly number[];
}

/**
 * @param choices `[tokens, topK]`, as the router wrote them
 * @param slotOf undefined for experts that are not on the GPU
 * @throws GlassboxError `runtime/gpuFailed` for a choice that is no expert
 */
export function sortRows(
  choices: Uint32Array,
  topK: number,
  expertCount: number,
  slotOf: (expert: number) => number | undefined,
): SortedRows {
  const hits: number[] = [];
  const outputRows = new Uint32Array(choices.length);
  const places = new Map<number, number[]>();
  choices.forEach((expert, place) => {
    if (expert >= expertCount)
      throw new GlassboxError(
        'runtime/gpuFailed',
        `The GPU chose an expert that is not there: ${String(expert)}.`,
      );
    const slot = slotOf(expert);
    if (slot !== undefined) {
      outputRows[place] = hits.length / 2;
      hits.push(Math.floor(place / topK), slot);
      return;
    }
    const own = places.get(expert);
    if (own === undefined) places.set(expert, [place]);
    else own.push(place);
  });
  const experts = [...places.keys()].sort((one, other) => one - other);
  const [starts, tokens]: [number[], number[]] = [[0], []];
  for (const expert of experts) {
    for (const place of places.get(expert) ?? []) {
      outputRows[place] = hits.length / 2 + tokens.length;
      tokens.push(Math.floor(place / topK));
    }
    starts.push(tokens.length);
  }
  return { hits: Uint32Array.from(hits), outputRows, experts, starts, tokens };
}
