import type { VocabularyFunctions } from '../../../native/cpu/sampling.ts';
import { argmax } from './logits.ts';
import { choiceDetail, tokenDetail } from './tokenDetail.ts';
import type { VocabularyPasses } from './vocabularyPasses.ts';

const GREEDY = { topK: 0, topP: 1, minP: 0, temperature: 0, fraction: 0 };

/** The passes in C: what those in TypeScript give, to rounding, in a small part of the time. */
export function nativePasses(functions: VocabularyFunctions): VocabularyPasses {
  return {
    // Of logits that are not finite the passes in TypeScript say what is wrong with them.
    best: (logits) => functions.choose(logits, GREEDY) ?? argmax(logits),
    choose: (logits, filters, fraction) =>
      functions.choose(logits, { ...filters, fraction }) ?? argmax(logits),
    describe(logits, token) {
      const detail = functions.describe(logits);
      return detail ? choiceDetail(logits, token, detail) : tokenDetail(logits, token);
    },
  };
}
