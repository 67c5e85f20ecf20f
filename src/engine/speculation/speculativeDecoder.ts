import type { SpeculationCounts } from '../../protocol/generation.ts';
import type { KvCache } from '../kvCache.ts';
import type { Recording } from '../records/tokenLabel.ts';
import type { BestNeed, Logits } from '../sampling/bestLogits.ts';
import type { Decoder, DecodeStep } from './decoder.ts';
import type { Guess, Guesser } from './guesser.ts';
import { GuessTally } from './guessTally.ts';

/** Tokens that were computed before they were chosen: the last ones in the cache. */
interface Computed {
  readonly guesses: readonly Guess[];
  readonly recording: Recording;
  /** Of the pass: behind each of them, the last rows. */
  readonly logits: readonly Logits[];
  /** How many of them were chosen. */
  right: number;
}

/**
 * Speculative decoding (arXiv 2211.17192): a pass computes what was chosen and some guesses behind it, and while the next
 * choices are these guesses, their logits are there already.
 *
 * Tokens are only ever chosen by the reply's sampler from the model's logits, and passes are asked for exact rows, so a reply
 * is the one of a plain decoder with exact rows, token for token.
 */
export class SpeculativeDecoder implements Decoder {
  readonly #cache: KvCache;
  readonly #guesser: Guesser;
  readonly #need: BestNeed | undefined;
  readonly #tally: GuessTally;
  #computed: Computed | undefined;
  /** Tokens that the guesser is told before it guesses: all at once, since code that runs between others costs several times what it costs in a loop. */
  readonly #untold: number[] = [];

  /**
   * @param need what of the logits the reply's sampler can do with
   */
  constructor(cache: KvCache, guesser: Guesser, need?: BestNeed) {
    this.#cache = cache;
    this.#guesser = guesser;
    this.#need = need;
    this.#tally = new GuessTally(guesser.sources);
  }

  get length(): number {
    const computed = this.#computed;
    return computed ? this.#cache.length - (computed.guesses.length - computed.right) : this.#cache.length;
  }

  get counts(): SpeculationCounts {
    return this.#tally.counts;
  }

  prepare(): void {
    this.#cache.prepareGuesses();
  }

  hasComputed(token: number, recording: Recording): boolean {
    const computed = this.#computed;
    return computed?.recording === recording && computed.guesses[computed.right]?.token === token;
  }

  advance(step: DecodeStep): Promise<Logits> | Logits {
    const { tokens, recording } = step;
    for (const token of tokens) this.#untold.push(token);
    let logits: Logits | undefined;
    let taken = 0;
    for (const token of tokens) {
      if (!this.#computed || !this.hasComputed(token, recording)) break;
      logits = this.#take(this.#computed);
      taken++;
    }
    if (logits && taken === tokens.length) return logits;
    this.#judge(true);
    return this.#compute(taken === 0 ? step : { ...step, tokens: tokens.slice(taken) });
  }

  end(): void {
    // Nobody chose whether the next guess was right.
    this.#judge(false);
  }

  /** The next guess was chosen. @returns the logits behind it */
  #take(computed: Computed): Logits {
    const { guesses, logits } = computed;
    const place = computed.right++;
    const guess = guesses[place];
    if (guess) this.#tally.add(guess.source, place, true);
    return rowOf(logits, logits.length - guesses.length + place);
  }

  /** No more guesses are taken. @param wasAsked whether another token was chosen than the next of them, if there is one */
  #judge(wasAsked: boolean): void {
    const computed = this.#computed;
    if (!computed) return;
    this.#computed = undefined;
    const { guesses, right } = computed;
    if (wasAsked)
      for (let place = right; place < guesses.length; place++) {
        const guess = guesses[place];
        if (guess) this.#tally.add(guess.source, place, false);
      }
    this.#cache.rewind(this.#cache.length - (guesses.length - right));
  }

  /** What needs no waiting begins at once: what the caller does until it waits goes beside it. */
  #compute(step: DecodeStep): Promise<Logits> {
    const guesses = this.#guess(step);
    return guesses instanceof Promise
      ? guesses.then((made) => this.#append(step, made))
      : this.#append(step, guesses);
  }

  async #append(
    { tokens, recording, nextRecording, signal }: DecodeStep,
    guesses: readonly Guess[],
  ): Promise<Logits> {
    if (guesses.length === 0)
      return rowOf(
        await this.#cache.appendBest(tokens, this.#need, { exactRows: true, recording, signal }),
        0,
      );
    const guessed = this.#cache.length + tokens.length;
    const computing = [...tokens, ...guesses.map(({ token }) => token)];
    const logits = await this.#cache.appendBest(computing, this.#need, {
      allLogits: true,
      recording: {
        routing: recording.routing,
        labelAt: (position) => (position < guessed ? recording : nextRecording).labelAt(position),
      },
      signal,
    });
    this.#computed = { guesses, recording: nextRecording, logits, right: 0 };
    return rowOf(logits, tokens.length - 1);
  }

  #guess({ tokens: uncomputed, room, signal }: DecodeStep): Promise<readonly Guess[]> | readonly Guess[] {
    this.#guesser.accept(this.#untold);
    this.#untold.length = 0;
    const limit = Math.min(room, this.#cache.capacity - this.#cache.length - uncomputed.length);
    return limit < 1 ? [] : this.#guesser.guess({ uncomputed, limit, signal });
  }
}

function rowOf(rows: readonly Logits[], row: number): Logits {
  const logits = rows[row];
  if (logits === undefined) throw new RangeError(`an append gave no logits of row ${String(row)}`);
  return logits;
}
