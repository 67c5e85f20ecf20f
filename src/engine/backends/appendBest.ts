import type { Logits } from '../sampling/bestLogits.ts';
import type { BackendSequence, BestOptions } from './backend.ts';

/** Rows of logits, or the best of each where the sequence finds them by itself. */
export async function appendBest(
  sequence: BackendSequence,
  tokens: readonly number[],
  options: BestOptions,
): Promise<readonly Logits[]> {
  if (sequence.appendBest) return sequence.appendBest(tokens, options);
  const logits = await sequence.append(tokens, options);
  const rows = options.allLogits === true ? tokens.length : 1;
  if (rows === 1) return [logits];
  const vocabularySize = logits.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    logits.subarray(row * vocabularySize, (row + 1) * vocabularySize),
  );
}
