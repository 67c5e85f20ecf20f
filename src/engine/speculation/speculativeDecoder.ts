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
  /** Behind each of them. */
  readonly logits: readonly Logits[];
  /** How many of them were chosen. */
  readonly right: number;
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
    return this.#cache.length - open(this.#computed).length;
  }

  get counts(): SpeculationCounts {
    return this.#tally.counts;
  }

  hasComputed(token: number, recording: Recording): boolean {
    return open(this.#computed)[0]?.token === token && this.#computed?.recording === recording;
  }

  async advance(step: DecodeStep): Promise<Logits> {
    this.#guesser.accept(step.tokens);
    let logits: Logits | undefined;
    let taken = 0;
    for (const token of step.tokens) {
      if (!this.#computed || !this.hasComputed(token, step.recording)) break;
      logits = this.#take(this.#computed);
      taken++;
    }
    const rest = step.tokens.slice(taken);
    if (logits && rest.length === 0) return logits;
    this.#judge(true);
    return this.#compute({ ...step, tokens: rest });
  }

  end(): void {
    // Nobody chose whether the next guess was right.
    this.#judge(false);
  }

  /** The next guess was chosen. @returns the logits behind it */
  #take(computed: Computed): Logits {
    const { guesses, logits, right } = computed;
    this.#computed = { ...computed, right: right + 1 };
    const guess = guesses[right];
    if (guess) this.#tally.add(guess.source, right, true);
    return rowOf(logits, right);
  }

  /** No more guesses are taken. @param wasAsked whether another token was chosen than the next of them, if there is one */
  #judge(wasAsked: boolean): void {
    const computed = this.#computed;
    if (!computed) return;
    this.#computed = undefined;
    const wrong = open(computed);
    if (wasAsked)
      wrong.forEach(({ source }, index) => this.#tally.add(source, computed.right + index, false));
    this.#cache.rewind(this.#cache.length - wrong.length);
  }

  async #compute(step: DecodeStep): Promise<Logits> {
    const { tokens, recording, nextRecording, signal } = step;
    const guesses = await this.#guess(step);
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
    this.#computed = {
      guesses,
      recording: nextRecording,
      logits: logits.slice(tokens.length),
      right: 0,
    };
    return rowOf(logits, tokens.length - 1);
  }

  async #guess({ tokens: uncomputed, room, signal }: DecodeStep): Promise<readonly Guess[]> {
    const limit = Math.min(room, this.#cache.capacity - this.#cache.length - uncomputed.length);
    return limit < 1 ? [] : this.#guesser.guess({ uncomputed, limit, signal });
  }
}

function rowOf(rows: readonly Logits[], row: number): Logits {
  const logits = rows[row];
  if (logits === undefined) throw new RangeError(`an append gave no logits of row ${String(row)}`);
  return logits;
}

/** Guesses that were neither chosen nor refused. */
function open(computed: Computed | undefined): readonly Guess[] {
  return computed ? computed.guesses.slice(computed.right) : [];
}
