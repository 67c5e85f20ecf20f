import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { Channel, GenerationEvent, TokenDetail, TokenOrigin } from '../protocol/generation.ts';
import { describeChoice, describeGiven } from './describeChoice.ts';
import type { Logits } from './sampling/bestLogits.ts';
import { bestDetail, type ChoiceDetail } from './sampling/tokenDetail.ts';
import type { VocabularyPasses } from './sampling/vocabularyPasses.ts';

/**
 * Tokens are described to people many at a time: the code that does it is cold after each forward pass, and costs as much for
 * one as for several. Nobody sees more than a frame of 60 Hz.
 */
const INTERVAL_MS = 16;

export interface ReplyDetailsOptions {
  readonly tokenizer: Tokenizer;
  /** Over the model's logits. */
  readonly passes: VocabularyPasses;
  readonly emit: (event: GenerationEvent) => void;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
}

/** Describes a reply's tokens: what each was chosen from, and in what time. */
export class ReplyDetails {
  readonly #options: ReplyDetailsOptions;
  /** Tokens that are not described yet, in their order. */
  #waiting: (() => TokenDetail)[] = [];
  /** What the last of them were chosen from is still to be read from the logits. */
  readonly #unread: (() => void)[] = [];
  #lastTokenAt: number;
  #describedAt: number;

  constructor(options: ReplyDetailsOptions) {
    this.#options = options;
    this.#lastTokenAt = options.now();
    this.#describedAt = this.#lastTokenAt;
  }

  /** The next token's time counts from `at`. */
  begin(at: number): void {
    this.#lastTokenAt = at;
  }

  /** A token of the reply. @param logits are read later, by `read` at the latest */
  addChoice(logits: Logits, token: number, channel: Channel, origin: TokenOrigin): void {
    const { tokenizer, passes, now } = this.#options;
    const at = now();
    const elapsedMs = origin === 'forced' ? 0 : at - this.#lastTokenAt;
    this.#lastTokenAt = at;
    let choice: ChoiceDetail | undefined;
    const read = (): ChoiceDetail =>
      (choice ??=
        logits instanceof Float32Array ? passes.describe(logits, token) : bestDetail(logits, token));
    // Nobody chose from a given token's logits, and so nobody has said that they are finite numbers.
    if (origin === 'forced') read();
    else this.#unread.push(read);
    this.#waiting.push(() => describeChoice(tokenizer, token, read(), { channel, origin, elapsedMs }));
  }

  /** Tokens with which the thought is closed for the model. */
  addClosing(tokens: readonly number[]): void {
    const { tokenizer } = this.#options;
    for (const token of tokens) this.#waiting.push(() => describeGiven(tokenizer, token, 'thought'));
  }

  /** Logits are about to be written over: reads what is needed of them. */
  read(): void {
    for (const read of this.#unread) read();
    this.#unread.length = 0;
  }

  /** Tells of the tokens since the last time, if that is long enough ago. */
  describeIfDue(at: number): void {
    if (at - this.#describedAt >= INTERVAL_MS) this.describe();
  }

  /** Tells of the tokens since the last time. */
  describe(): void {
    this.#describedAt = this.#options.now();
    if (this.#waiting.length === 0) return;
    const details = this.#waiting.map((describe) => describe());
    this.#waiting = [];
    this.#options.emit({ type: 'tokens', details });
  }
}
