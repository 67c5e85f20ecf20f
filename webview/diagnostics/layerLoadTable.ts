import type { ExpertLoad, ExpertsResult, Phase } from '../../src/protocol/records.ts';
import { format } from './format.ts';
import { strings } from './strings.ts';
import type { TableText } from './tableText.ts';

/** Numbers of experts that are named; of more the count. */
const NAMED = 8;

/** How even each layer's load is, and what its gate adds. @param bias `[layers, experts]` */
export function layerLoadTable(
  { load, layers, experts }: ExpertsResult,
  phase: Phase | 'all',
  bias: Float32Array | undefined,
): TableText {
  return {
    caption: strings.experts.layers,
    head: bias ? [...strings.experts.layerHead, strings.experts.biasHead] : strings.experts.layerHead,
    rows: layers.map((layer, row) => [
      strings.experts.layer(layer),
      ...loadCells(load[phase][row] ?? null),
      ...(bias ? [biasRange(bias.subarray(row * experts, (row + 1) * experts))] : []),
    ]),
  };
}

function loadCells(load: ExpertLoad | null): string[] {
  if (!load) return ['–', '–', '–', '–', '–', '–'];
  return [
    format.number(load.cv),
    `${format.number(load.entropyBits)} (${format.percent(load.normalizedEntropy)})`,
    format.number(load.maxOverMean),
    String(load.hottest),
    named(load.hot),
    named(load.dead),
  ];
}

function named(experts: readonly number[]): string {
  if (experts.length === 0) return strings.experts.none;
  const first = experts.slice(0, NAMED).join(', ');
  return experts.length > NAMED ? `${experts.length}: ${first}, …` : `${experts.length}: ${first}`;
}

function biasRange(bias: Float32Array): string {
  const known = bias.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return strings.experts.none;
  const least = known.reduce((a, b) => Math.min(a, b));
  const largest = known.reduce((a, b) => Math.max(a, b));
  return `${format.number(least)} … ${format.number(largest)}`;
}
