import { contextKeys, CONTEXTS } from '../../../../src/models/ngrams/contexts.ts';
import { nowhere, type Situation } from '../../../../src/models/ngrams/situation.ts';

/** One in which this is known, and nothing else. */
export function situationOf(known: Partial<Situation> = {}): Situation {
  return { ...nowhere(), ...known };
}

export function keysOf(situation: Situation): readonly number[] {
  const keys = new Int32Array(CONTEXTS);
  contextKeys(situation, keys);
  return [...keys];
}
