import { NO_TOKEN } from './noToken.ts';
import type { Surroundings } from './situation.ts';

const CANDIDATES = 8;
/** One number for each candidate, and one for none. */
const SYMBOLS = CANDIDATES + 1;
const said = new Int32Array(CANDIDATES);

/** Which of the tokens that may come next are the same and which are none, whichever they are: one number for each such pattern. */
export function agreementOf(around: Surroundings): number {
  said[0] = around.copied;
  said[1] = around.repeated;
  said[2] = around.other;
  said[3] = around.back;
  said[4] = around.first;
  said[5] = around.mentioned;
  said[6] = around.mentionedNext;
  said[7] = around.mentionedLast;
  let pattern = 0;
  for (let index = 0; index < CANDIDATES; index++) {
    const token = said[index];
    let same = 0;
    if (token === NO_TOKEN) same = CANDIDATES;
    else while (said[same] !== token) same++;
    pattern = pattern * SYMBOLS + same;
  }
  return pattern;
}
