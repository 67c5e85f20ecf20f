import type { DiagnosticsState } from '../../protocol/diagnostics.ts';
import { type ExpertsResult, PHASES } from '../../protocol/records.ts';
import { unpackFloat32, unpackUint32 } from '../../protocol/unpackRouting.ts';

/** All that is shown, as JSON for people and scripts: arrays of numbers instead of base64. */
export function diagnosticsJson(state: DiagnosticsState): string {
  const { experts, ...rest } = state;
  return JSON.stringify(
    { format: 'glassbox-diagnostics', version: 1, ...rest, experts: experts && readable(experts) },
    undefined,
    2,
  );
}

function readable({ counts, hitRates, coactivation, gateBias, ...rest }: ExpertsResult): object {
  const rows = { layers: rest.layers.length, experts: rest.experts };
  const all = unpackUint32(counts);
  const size = rows.layers * rows.experts;
  return {
    ...rest,
    counts: Object.fromEntries(
      PHASES.map((phase, index) => [
        phase,
        matrix(all.subarray(index * size, (index + 1) * size), rows.experts),
      ]),
    ),
    ...(hitRates
      ? {
          hitRates: Object.fromEntries(
            Object.entries(hitRates).map(([phase, packed]) => [
              phase,
              matrix(unpackFloat32(packed), rows.experts + 1),
            ]),
          ),
        }
      : {}),
    ...(coactivation ? { coactivation: matrix(unpackUint32(coactivation), rows.experts) } : {}),
    // NaN, where a layer has no bias, is null in JSON.
    ...(gateBias ? { gateBias: matrix(unpackFloat32(gateBias), rows.experts) } : {}),
  };
}

function matrix(numbers: Uint32Array | Float32Array, columns: number): number[][] {
  return Array.from({ length: numbers.length / columns }, (_, row) => [
    ...numbers.subarray(row * columns, (row + 1) * columns),
  ]);
}
