import { NO_TOKEN } from './noToken.ts';
import type { Situation } from './situation.ts';

const CANDIDATES = 10;
/** One number for each candidate, and one for none. */
const NUMBERS = CANDIDATES + 1;
const said = new Int32Array(CANDIDATES);

/** Which of the tokens that may come next are the same and which are none, whichever they are: one number for each such pattern (two of them share one hardly ever). */
export function agreementOf(situation: Situation): number {
  said[0] = situation.copied;
  said[1] = situation.repeated;
  said[2] = situation.other;
  said[3] = situation.back;
  said[4] = situation.first;
  said[5] = situation.mentioned;
  said[6] = situation.mentionedNext;
  said[7] = situation.mentionedLast;
  said[8] = situation.parallel;
  said[9] = situation.opening;
  let pattern = 0;
  for (let index = 0; index < CANDIDATES; index++) {
    const token = said[index];
    let same = 0;
    if (token === NO_TOKEN) same = CANDIDATES;
    else while (said[same] !== token) same++;
    pattern = (Math.imul(pattern, NUMBERS) + same) | 0;
  }
  return pattern;
}
