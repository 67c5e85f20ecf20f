import { GlassboxError } from '../../protocol/errors.ts';
import type { ResolvedSampling } from '../../protocol/generation.ts';
import { BestCandidates } from './bestCandidates.ts';
import type { BestLogits, BestNeed, Logits } from './bestLogits.ts';
import { needOfSampling } from './needOfSampling.ts';
import { Random } from './random.ts';
import { RepetitionPenalty } from './repetitionPenalty.ts';
import { plainPasses, type VocabularyPasses } from './vocabularyPasses.ts';

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
  readonly #passes: VocabularyPasses;
  readonly #best = new BestCandidates();
  /** Fractions that are used up. */
  #drawn = 0;

  constructor(vocabularySize: number, sampling: ResolvedSampling, passes = plainPasses(vocabularySize)) {
    this.#vocabularySize = vocabularySize;
    this.#sampling = sampling;
    this.#random = new Random(sampling.seed);
    this.#penalty = new RepetitionPenalty(sampling.repetitionPenalty, sampling.repetitionWindow);
    this.#passes = passes;
  }

  /** Tells the penalty of a token of the prompt or the reply, whether sampled or forced. */
  accept(token: number): void {
    this.#penalty.accept(token);
  }

  /** What `sample` can do with instead of all logits; undefined where nothing else will do. */
  get need(): BestNeed | undefined {
    return needOfSampling(this.#sampling);
  }

  /**
   * The next token; `accept` it if it becomes part of the reply.
   * @param logits of the last position, or what `need` asks for of them; the same after the call as before
   * @throws GlassboxError `runtime/failed` when a logit is NaN or infinite
   */
  sample(logits: Logits): number {
    const chosen = this.#choose(logits, this.#random);
    this.#drawn++;
    return chosen;
  }

  /** The next token stands at this place of the reply. Places only grow; one that was passed already changes nothing. */
  goTo(place: number): void {
    for (; this.#drawn < place; this.#drawn++) this.#random.nextFraction();
  }

  /** What `sample` would return now: no random number is used up, and the next choice is as if nobody had asked. */
  preview(logits: Logits): number {
    return this.#choose(logits, this.#random.copy());
  }

  #choose(logits: Logits, random: Random): number {
    if (!(logits instanceof Float32Array)) return this.#chooseOfBest(logits, random);
    if (logits.length !== this.#vocabularySize) {
      throw new GlassboxError(
        'runtime/failed',
        `The model gave ${logits.length} scores for a vocabulary of ${this.#vocabularySize} tokens.`,
      );
    }
    return this.#penalty.during(logits, () =>
      this.#sampling.temperature === 0
        ? this.#passes.best(logits)
        : this.#passes.choose(logits, this.#sampling, random.nextFraction()),
    );
  }

  #chooseOfBest(best: BestLogits, random: Random): number {
    return this.#sampling.temperature === 0
      ? (best.ids[0] ?? 0)
      : this.#best.choose(best, this.#sampling, random.nextFraction());
  }
}
