import { format } from './format.ts';
import { strings } from './strings.ts';
import type { TableText } from './tableText.ts';

const LISTED = 50;

export interface ComparedCounts {
  /** `[layers, experts]` of the one answer. */
  readonly left: Uint32Array;
  /** `[layers, experts]` of the other. */
  readonly right: Uint32Array;
  /** The model's layers. */
  readonly layers: readonly number[];
  readonly experts: number;
}

/** The experts whose shares of their layer's choices differ most between two answers. */
export function differenceTable({ left, right, layers, experts }: ComparedCounts): TableText {
  const [ofLeft, ofRight] = [left, right].map((counts) => shares(counts, experts));
  const cells = [...left.keys()]
    .map((at) => ({ at, one: ofLeft?.[at] ?? 0, other: ofRight?.[at] ?? 0 }))
    .filter(({ one, other }) => one !== other)
    .sort((a, b) => Math.abs(b.one - b.other) - Math.abs(a.one - a.other) || a.at - b.at);
  return {
    caption: strings.compare.differences(Math.min(LISTED, cells.length), cells.length),
    head: strings.compare.differenceHead,
    rows: cells.slice(0, LISTED).map(({ at, one, other }) => [
      strings.experts.cell(layers[Math.floor(at / experts)] ?? 0, at % experts),
      format.percent(one),
      format.percent(other),
      // Of percents: points.
      format.number(100 * (other - one)),
    ]),
  };
}

/** Each expert's share of its layer's choices; 0 where nothing was chosen. */
function shares(counts: Uint32Array, experts: number): Float64Array {
  return Float64Array.from(counts, (count, at) => {
    const first = at - (at % experts);
    const total = counts.subarray(first, first + experts).reduce((sum, each) => sum + each, 0);
    return total === 0 ? 0 : count / total;
  });
}
