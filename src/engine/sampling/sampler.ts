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
 * The same logits, options and calls give the same tokens. At a temperature above 0 the token at place `i` of the reply is
 * drawn with fraction `i` of the generator of `sampling.seed`, whatever stands before it: given tokens use up theirs. So a
 * reply that goes on from the tokens of another one has that one's fractions behind them.
 */
export class Sampler {
  readonly #vocabularySize: number;
  readonly #sampling: ResolvedSampling;
  readonly #random: Random;
  readonly #penalty: RepetitionPenalty;
  readonly #candidates: Candidates;
  /** Fractions that are used up. */
  #drawn = 0;

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
    const chosen = this.#choose(logits, this.#random);
    this.#drawn++;
    return chosen;
  }

  /** The next token stands at this place of the reply. Places only grow; one that was passed already changes nothing. */
  goTo(place: number): void {
    for (; this.#drawn < place; this.#drawn++) this.#random.nextFraction();
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
