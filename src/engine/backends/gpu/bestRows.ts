import type { BestLogits } from '../../sampling/bestLogits.ts';
import { BEST_HEADER, bestWords } from './planRegions.ts';

/**
 * What bestOfAll wrote of each row. Undefined where one cannot be of logits: numbers that are not finite, or all the same, as
 * what a kernel that did not run left would be.
 * @param bytes 4-byte aligned
 */
export function bestRows(
  bytes: Uint8Array<ArrayBuffer>,
  rows: number,
  count: number,
  vocabularySize: number,
): readonly BestLogits[] | undefined {
  const stride = bestWords(count);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, rows * stride);
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, rows * stride);
  const found: BestLogits[] = [];
  for (let from = 0; from < rows * stride; from += stride) {
    const [mass = NaN, distance = NaN, , least = NaN] = floats.subarray(from, from + BEST_HEADER);
    const ids = words.slice(from + BEST_HEADER, from + BEST_HEADER + count);
    const logits = floats.slice(from + BEST_HEADER + count, from + stride);
    const areAllSame = !(least < (logits[0] ?? NaN)) && vocabularySize > 1;
    if (words[from + 2] !== 0 || areAllSame || !(mass >= 1)) return undefined;
    found.push({ ids, logits, mass, distance, vocabularySize });
  }
  return found;
}
