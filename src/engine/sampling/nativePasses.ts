import type { CandidateFunctions } from '../../../native/cpu/candidates.ts';
import type { CandidatePasses } from './candidatePasses.ts';
import { EXPONENTIALS } from './exponential.ts';

/** The passes in C: the bits of `plainPasses`, some four times as fast. */
export function nativePasses(functions: CandidateFunctions): CandidatePasses {
  const exponentials = functions.exponentials(EXPONENTIALS.whole, EXPONENTIALS.fraction);
  return {
    weigh: (logits, max, kept, bins) => functions.weigh(logits, max, kept, exponentials, bins),
    gather: (logits, max, kept, { temperature, ...into }) =>
      functions.gather(logits, max, kept, exponentials, temperature, into),
  };
}
