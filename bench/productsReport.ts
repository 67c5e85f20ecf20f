import type { ProductPlan, ProductTiming } from './productWorker.ts';
import { median } from './statistics.ts';

/** One product in all rounds, and what the memory gave to as many threads in the same rounds. */
export interface MeasuredProduct {
  readonly plan: ProductPlan;
  readonly rounds: readonly { readonly timing: ProductTiming; readonly bytesPerSecond: number }[];
}

/** How fast products are, as Markdown. */
export function productsReport(products: readonly MeasuredProduct[]): string {
  return [
    '| matrix | tokens | threads | ms (median) | GB/s of weights | of the memory | GFLOP/s |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...products.map(row),
  ].join('\n');
}

function row({ plan, rounds }: MeasuredProduct): string {
  const { type, rows, columns, tokens, threads } = plan;
  const speeds = rounds.map(({ timing }) => timing.packedBytes / timing.elapsedMs / 1e6);
  const shares = rounds.map(({ bytesPerSecond }, round) => ((speeds[round] ?? NaN) * 1e9) / bytesPerSecond);
  const operations = rounds.map(({ timing }) => (2 * rows * columns * tokens) / timing.elapsedMs / 1e6);
  const elapsedMs = median(rounds.map(({ timing }) => timing.elapsedMs));
  return `| ${[
    `${type}, ${String(rows)} x ${String(columns)}`,
    String(tokens),
    String(threads),
    elapsedMs.toFixed(3),
    median(speeds).toFixed(1),
    `${(100 * median(shares)).toFixed(0)} %`,
    median(operations).toFixed(0),
  ].join(' | ')} |`;
}
