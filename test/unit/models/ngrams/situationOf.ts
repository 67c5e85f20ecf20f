import { contextKeys, CONTEXTS } from '../../../../src/models/ngrams/contexts.ts';
import { nowhere, type Situation } from '../../../../src/models/ngrams/situation.ts';
import type { TokenClasses } from '../../../../src/models/ngrams/tokenClass.ts';

/** A vocabulary of which nothing is known. */
export const NO_CLASSES: TokenClasses = new Uint8Array(100);

/** One in which this is known, and nothing else. */
export function situationOf(known: Partial<Situation> = {}): Situation {
  return { ...nowhere(), ...known };
}

export function keysOf(situation: Situation, classes = NO_CLASSES): readonly number[] {
  const keys = new Int32Array(CONTEXTS);
  contextKeys(situation, classes, keys);
  return [...keys];
}
