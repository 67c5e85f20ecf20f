import type { QuantizationType, WeightSource } from './weights.ts';

export interface QuantizationSummary {
  /** The type with the most bytes. */
  readonly type: QuantizationType;
  /** Over all tensors. */
  readonly bitsPerWeight: number;
}

export function summarizeQuantization(
  tensors: WeightSource['tensors'],
  parameters: number,
): QuantizationSummary {
  const bytesByType = new Map<QuantizationType, number>();
  let totalBytes = 0;
  for (const { type, byteLength } of tensors.values()) {
    bytesByType.set(type, (bytesByType.get(type) ?? 0) + byteLength);
    totalBytes += byteLength;
  }
  const [largest] = [...bytesByType].sort(([, a], [, b]) => b - a);
  return { type: largest?.[0] ?? 'F32', bitsPerWeight: (totalBytes * 8) / parameters };
}
