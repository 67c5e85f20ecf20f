import { Candidates, type CandidateFilters } from './candidates.ts';
import { argmax } from './logits.ts';
import { tokenDetail, type ChoiceDetail } from './tokenDetail.ts';

/** What reads a whole vocabulary for a token. All throw GlassboxError `runtime/failed` when a logit is NaN or infinite. */
export interface VocabularyPasses {
  /** The token of the largest logit, the lowest id of equals. */
  best(logits: Float32Array): number;
  /** The token at `fraction` (0 to 1, 1 excluded) of the weights of those that the filters keep, ids ascending. */
  choose(logits: Float32Array, filters: CandidateFilters, fraction: number): number;
  /** How likely `token` was, and what else was. */
  describe(logits: Float32Array, token: number): ChoiceDetail;
}

/** Those in TypeScript: the plain twin of native/cpu/sampling, and what runs where that was not built. */
export function plainPasses(vocabularySize: number): VocabularyPasses {
  let candidates: Candidates | undefined;
  return {
    best: argmax,
    choose(logits, filters, fraction) {
      candidates ??= new Candidates(vocabularySize);
      candidates.select(logits, logits[argmax(logits)] ?? 0, filters);
      return candidates.at(fraction);
    },
    describe: tokenDetail,
  };
}
