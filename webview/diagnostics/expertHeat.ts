import { PHASES, type Phase } from '../../src/protocol/records.ts';

/** Counts of some phases together, `[layers * experts]`. @param counts `[PHASES, layers, experts]` */
export function countsOf(counts: Uint32Array, phase: Phase | 'all'): Uint32Array {
  const size = counts.length / PHASES.length;
  if (phase !== 'all') {
    const first = PHASES.indexOf(phase) * size;
    return counts.subarray(first, first + size);
  }
  const sum = new Uint32Array(size);
  for (let i = 0; i < counts.length; i++) sum[i % size] = (sum[i % size] ?? 0) + (counts[i] ?? 0);
  return sum;
}

/**
 * Load of each expert against an even load of its layer, from 0 (never chosen) over 0.5 (its share) to 1 (all the world):
 * x / (x + 1). `[layers, experts]`; NaN in a layer where nothing was counted.
 */
export function loadHeat(counts: Uint32Array, experts: number): Float32Array {
  const heat = new Float32Array(counts.length);
  for (let first = 0; first < counts.length; first += experts) {
    let total = 0;
    for (let i = first; i < first + experts; i++) total += counts[i] ?? 0;
    for (let i = first; i < first + experts; i++) {
      const relative = ((counts[i] ?? 0) * experts) / total;
      heat[i] = total === 0 ? Number.NaN : relative / (relative + 1);
    }
  }
  return heat;
}

/** Values from their least to their largest as 0 to 1; equal ones are 0.5, NaN stays. */
export function rangeHeat(values: Float32Array | Uint32Array): Float32Array {
  let [least, largest] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > largest) largest = value;
  }
  const range = largest - least;
  return Float32Array.from(values, (value) => (range > 0 ? (value - least) / range : value - value + 0.5));
}

/** How much more of its layer's load an expert has in one answer than in another: 0.5 is equal. `[layers, experts]` */
export function differenceHeat(left: Uint32Array, right: Uint32Array, experts: number): Float32Array {
  const heat = new Float32Array(left.length);
  for (let first = 0; first < left.length; first += experts) {
    const totalOf = (counts: Uint32Array): number =>
      counts.subarray(first, first + experts).reduce((sum, count) => sum + count, 0);
    const [leftTotal, rightTotal] = [totalOf(left), totalOf(right)];
    for (let i = first; i < first + experts; i++) {
      const [a, b] = [(left[i] ?? 0) / leftTotal, (right[i] ?? 0) / rightTotal];
      heat[i] = a + b === 0 ? 0.5 : a / (a + b);
    }
  }
  return heat;
}
