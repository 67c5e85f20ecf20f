import type { GuessSource, SpeculationCounts } from '../../protocol/generation.ts';
import type { KvCache } from '../kvCache.ts';
import type { Recording } from '../records/tokenLabel.ts';
import type { BestNeed, Logits } from '../sampling/bestLogits.ts';
import type { Decoder, DecodeStep } from './decoder.ts';
import type { Guesser } from './guesser.ts';
import { GuessTally } from './guessTally.ts';

/** Tokens that were computed before they were chosen: the last ones in the cache. */
interface Guesses {
  readonly guesser: Guesser;
  readonly tokens: readonly number[];
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
  readonly #guessers: readonly Guesser[];
  readonly #need: BestNeed | undefined;
  readonly #tally: GuessTally;
  #guesses: Guesses | undefined;

  /**
   * @param guessers asked in this order, until one has a guess
   * @param need what of the logits the reply's sampler can do with
   */
  constructor(cache: KvCache, guessers: readonly Guesser[], need?: BestNeed) {
    this.#cache = cache;
    this.#guessers = guessers;
    this.#need = need;
    this.#tally = new GuessTally(guessers.map(({ source }): GuessSource => source));
  }

  get length(): number {
    return this.#cache.length - open(this.#guesses).length;
  }

  get counts(): SpeculationCounts {
    return this.#tally.counts;
  }

  hasComputed(token: number, recording: Recording): boolean {
    return open(this.#guesses)[0] === token && this.#guesses?.recording === recording;
  }

  async advance(step: DecodeStep): Promise<Logits> {
    for (const guesser of this.#guessers) guesser.accept(step.tokens);
    let logits: Logits | undefined;
    let taken = 0;
    for (const token of step.tokens) {
      if (!this.#guesses || !this.hasComputed(token, step.recording)) break;
      logits = this.#take(this.#guesses);
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
  #take(guesses: Guesses): Logits {
    const { logits, right } = guesses;
    this.#guesses = { ...guesses, right: right + 1 };
    this.#tally.add(guesses.guesser.source, right, true);
    return rowOf(logits, right);
  }

  /** No more guesses are taken. @param wasAsked whether another token was chosen than the next of them, if there is one */
  #judge(wasAsked: boolean): void {
    const guesses = this.#guesses;
    if (!guesses) return;
    this.#guesses = undefined;
    const { guesser, tokens, right } = guesses;
    if (wasAsked) {
      for (let place = right; place < tokens.length; place++) this.#tally.add(guesser.source, place, false);
    }
    this.#cache.rewind(this.#cache.length - (tokens.length - right));
  }

  async #compute(step: DecodeStep): Promise<Logits> {
    const { tokens, recording, nextRecording, signal } = step;
    const found = await this.#guess(step);
    if (!found)
      return rowOf(
        await this.#cache.appendBest(tokens, this.#need, { exactRows: true, recording, signal }),
        0,
      );
    const guessed = this.#cache.length + tokens.length;
    const logits = await this.#cache.appendBest([...tokens, ...found.tokens], this.#need, {
      allLogits: true,
      recording: {
        routing: recording.routing,
        labelAt: (position) => (position < guessed ? recording : nextRecording).labelAt(position),
      },
      signal,
    });
    this.#guesses = {
      ...found,
      recording: nextRecording,
      logits: logits.slice(tokens.length),
      right: 0,
    };
    return rowOf(logits, tokens.length - 1);
  }

  async #guess({
    tokens: uncomputed,
    room,
    signal,
  }: DecodeStep): Promise<Pick<Guesses, 'guesser' | 'tokens'> | undefined> {
    const limit = Math.min(room, this.#cache.capacity - this.#cache.length - uncomputed.length);
    if (limit < 1) return undefined;
    for (const guesser of this.#guessers) {
      const tokens = await guesser.guess({ uncomputed, limit, signal });
      if (tokens.length > 0) return { guesser, tokens };
    }
    return undefined;
  }
}

function rowOf(rows: readonly Logits[], row: number): Logits {
  const logits = rows[row];
  if (logits === undefined) throw new RangeError(`an append gave no logits of row ${String(row)}`);
  return logits;
}

/** Guesses that were neither chosen nor refused. */
function open(guesses: Guesses | undefined): readonly number[] {
  return guesses ? guesses.tokens.slice(guesses.right) : [];
}
