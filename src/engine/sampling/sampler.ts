import { GlassboxError } from '../../protocol/errors.ts';
import type { ResolvedSampling } from '../../protocol/generation.ts';
import type { CandidatePasses } from './candidatePasses.ts';
import { Candidates } from './candidates.ts';
import { argmax } from './logits.ts';
import { Random } from './random.ts';
import { RepetitionPenalty } from './repetitionPenalty.ts';

/**
 * Chooses the next token of one reply. The order is llama.cpp's default: repetition penalty, top-k, top-p, min-p,
 * temperature (so top-p and min-p judge the untempered distribution), then one draw. At temperature 0 the best
 * token is taken after the penalty, the lowest id of equals.
 *
 * The same logits, options and calls give the same tokens; each draw at a temperature above 0 takes one fraction
 * from the generator of `sampling.seed`.
 */
export class Sampler {
  readonly #vocabularySize: number;
  readonly #sampling: ResolvedSampling;
  readonly #random: Random;
  readonly #penalty: RepetitionPenalty;
  readonly #candidates: Candidates;

  /** @param passes absent: those in TypeScript */
  constructor(vocabularySize: number, sampling: ResolvedSampling, passes?: CandidatePasses) {
    this.#vocabularySize = vocabularySize;
    this.#sampling = sampling;
    this.#random = new Random(sampling.seed);
    this.#penalty = new RepetitionPenalty(sampling.repetitionPenalty, sampling.repetitionWindow);
    this.#candidates = new Candidates(sampling.temperature > 0 ? vocabularySize : 0, passes);
  }

  /** Tells the penalty of a token of the prompt or the reply, whether sampled or forced. */
  accept(token: number): void {
    this.#penalty.accept(token);
  }

  /**
   * The next token; `accept` it if it becomes part of the reply.
   * @param logits `[vocabulary]` of the last position; the same after the call as before
   * @throws GlassboxError `runtime/failed` when a logit is NaN or infinite
   */
  sample(logits: Float32Array): number {
    return this.#choose(logits, this.#random);
  }

  /** What `sample` would return now: no random number is used up, and the next choice is as if nobody had asked. */
  preview(logits: Float32Array): number {
    return this.#choose(logits, this.#random.copy());
  }

  #choose(logits: Float32Array, random: Random): number {
    if (logits.length !== this.#vocabularySize) {
      throw new GlassboxError(
        'runtime/failed',
        `The model gave ${logits.length} scores for a vocabulary of ${this.#vocabularySize} tokens.`,
      );
    }
    return this.#penalty.during(logits, () => {
      const best = argmax(logits);
      if (this.#sampling.temperature === 0) return best;
      this.#candidates.select(logits, logits[best] ?? 0, this.#sampling);
      return this.#candidates.at(random.nextFraction());
    });
  }
}
