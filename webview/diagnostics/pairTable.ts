import { format } from './format.ts';
import { strings } from './strings.ts';
import type { TableText } from './tableText.ts';

/** Of 256 x 256 pairs nobody reads more. */
const LISTED = 100;

export interface PairCounts {
  /** `[experts, experts]`: tokens that chose both. */
  readonly counts: Uint32Array;
  readonly experts: number;
  /** The model's layers of rows and columns. */
  readonly layers: readonly [row: number, column: number];
}

/** Pairs of experts that the same tokens chose, the most frequent first. */
export function pairTable({ counts, experts, layers }: PairCounts): TableText {
  const [rowLayer, columnLayer] = layers;
  const together = [...counts.keys()].filter((at) => {
    if ((counts[at] ?? 0) === 0) return false;
    // Of a layer with itself each pair stands twice, and an expert with itself is no pair.
    return rowLayer !== columnLayer || Math.floor(at / experts) < at % experts;
  });
  together.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b);
  const total = together.reduce((sum, at) => sum + (counts[at] ?? 0), 0);
  return {
    caption: strings.experts.pairs(Math.min(LISTED, together.length), together.length),
    head: strings.experts.pairHead(rowLayer, columnLayer),
    rows: together
      .slice(0, LISTED)
      .map((at) => [
        `${Math.floor(at / experts)} + ${at % experts}`,
        format.count(counts[at] ?? 0),
        format.percent((counts[at] ?? 0) / Math.max(1, total)),
      ]),
  };
}
