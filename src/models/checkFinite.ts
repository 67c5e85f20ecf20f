import { corrupt } from './modelErrors.ts';

/**
 * Refuses NaN and infinities among weights. One of them in a router would send every token the same way, or nowhere,
 * and nothing behind it would say so.
 * @param field what the weights are, for the message
 *
 * @throws GlassboxError `model/corrupt`
 */
export function checkFinite(weights: ArrayLike<number>, field: string, file: string): void {
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    if (!Number.isFinite(weight))
      throw corrupt(file, field, `holds ${String(weight)} at place ${String(i)}, which is no weight`);
  }
}
