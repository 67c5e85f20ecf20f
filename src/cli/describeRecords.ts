import type { ExpertPlacementReport, PlacedLayer } from '../protocol/expertPlacement.ts';
import type { ExpertLoad, ExpertsResult, KvSnapshot } from '../protocol/records.ts';
import { PHASES } from '../protocol/records.ts';
import { comparePlain } from './describeModel.ts';
import { formatBytes } from './format.ts';

/** How evenly each layer's experts were used, by phase, as a table. */
export function describeExpertLoad({
  layers,
  experts,
  topK,
  tokens,
  load,
}: Pick<ExpertsResult, 'layers' | 'experts' | 'topK' | 'tokens' | 'load'>): string {
  const phases = PHASES.filter((phase) => tokens[phase] > 0);
  const counted = phases.map((phase) => `${phase} ${tokens[phase]}`).join(', ');
  const rows = layers.flatMap((layer, index) =>
    phases.flatMap((phase, place) => {
      const ofPhase = load[phase][index];
      return ofPhase ? [[place === 0 ? String(layer) : '', phase, ...loadCells(ofPhase)]] : [];
    }),
  );
  const header = ['layer', 'phase', 'load CV', 'entropy', 'max/mean', 'dead', 'hottest'];
  return `experts: ${topK} of ${experts} a token and layer; tokens: ${counted}\n${table([header, ...rows])}`;
}

function loadCells(load: ExpertLoad): string[] {
  return [
    load.cv.toFixed(2),
    `${load.entropyBits.toFixed(2)} bits, ${(100 * load.normalizedEntropy).toFixed(0)} %`,
    load.maxOverMean.toFixed(1),
    String(load.dead.length),
    String(load.hottest),
  ];
}

/** Codes have a word for each 32 numbers besides. */
const BYTES_PER_NUMBER = { float32: 4, float16: 2, q8: 9 / 8, q4: 5 / 8 } as const;

/** What the KV cache holds, in one line. */
export function describeKvCache({
  usedTokens,
  layers,
  bytesPerToken,
  plainBytesPerToken,
}: KvSnapshot): string {
  const [layer] = layers;
  const perLayer = layer ? layer.parts.reduce((sum, part) => sum + part.bytesPerToken, 0) : 0;
  const numbers = layer ? perLayer / BYTES_PER_NUMBER[layer.dataType] : 0;
  const what =
    layer?.dataType === 'q8' || layer?.dataType === 'q4' ? `numbers in ${layer.dataType}` : 'floats';
  const isLatent = layer?.parts.some(({ kind }) => kind === 'latent') === true;
  const size = `${usedTokens} tokens x ${layers.length} layers`;
  const stored = `${formatBytes(bytesPerToken)} a token`;
  return isLatent
    ? `KV cache: ${size}, latent ${numbers} ${what}: ${stored}, ${comparePlain(bytesPerToken, plainBytesPerToken)}`
    : `KV cache: ${size}, keys and values ${numbers} ${what}: ${stored}`;
}

/** How often experts were found on the GPU since the model was loaded, in one line. */
export function describePlacement(placement: ExpertPlacementReport): string {
  const sum = (of: (layer: PlacedLayer) => number): number =>
    placement.layers.reduce((all, layer) => all + of(layer), 0);
  const [hits, misses] = [sum((layer) => layer.hits), sum((layer) => layer.misses)];
  const share = hits + misses === 0 ? 0 : (100 * hits) / (hits + misses);
  return (
    `experts beside the GPU: ${share.toFixed(0)} % of ${hits + misses} choices found in ` +
    `${sum(({ residents }) => residents.length)} of ${sum(({ slots }) => slots)} slots; ` +
    `${formatBytes(placement.uploadedBytes)} written to slots, ${formatBytes(placement.outputBytes)} of sums sent`
  );
}

/** The first two columns to the left, figures to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const cell = (text: string, column: number): string =>
    column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
