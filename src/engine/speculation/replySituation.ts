import { askedBehindThought, askedBy } from '../../models/ngrams/contexts.ts';
import { nowhere, type Situation } from '../../models/ngrams/situation.ts';
import { type LookAhead, TextLookup } from './textLookup.ts';

/** What a reply stands behind, and looks up. */
export interface ReplyGround {
  /** The last tokens are enough (`askedBy`). */
  readonly prompt: readonly number[];
  /** Tokens, with `NO_TOKEN` for those that are never to be copied. */
  readonly text: readonly number[];
  /** The token that ends a thought, where there is one. */
  readonly thoughtEnd?: number | undefined;
}

/** Situations beyond the end of a reply. */
export interface SituationsAhead {
  /** The one that the next token is said in; valid until `take` and the next look ahead. */
  situation(): Situation;
  /** Takes `token` for the reply's next one. */
  take(token: number): void;
}

/** Where a reply stands, token by token. */
export class ReplySituation {
  readonly #lookup: TextLookup;
  readonly #thoughtEnd: number | undefined;
  /** What was said. */
  readonly #here = nowhere();
  /** What would be said behind it, and what stands around there. */
  readonly #there = nowhere();
  #text: LookAhead;
  readonly #ahead: SituationsAhead = {
    situation: () => {
      this.#text.describe(this.#there);
      return this.#there;
    },
    take: (token) => {
      this.#text.take(token);
      this.#say(this.#there, token);
    },
  };

  constructor({ prompt, text, thoughtEnd }: ReplyGround) {
    this.#lookup = new TextLookup(text);
    this.#text = this.#lookup.ahead();
    this.#thoughtEnd = thoughtEnd;
    for (const token of prompt.slice(-3)) this.#say(this.#here, token);
    this.#here.asked = askedBy(prompt);
  }

  /** The reply goes on with `token`. */
  accept(token: number): void {
    this.#lookup.accept(token);
    this.#say(this.#here, token);
  }

  /** Looks ahead from where the reply is now, until it goes on; what it gave before is at an end. */
  ahead(): SituationsAhead {
    this.#text = this.#lookup.ahead();
    const [here, there] = [this.#here, this.#there];
    there.asked = here.asked;
    there.last = here.last;
    there.second = here.second;
    there.third = here.third;
    return this.#ahead;
  }

  #say(situation: Situation, token: number): void {
    situation.third = situation.second;
    situation.second = situation.last;
    situation.last = token;
    if (token === this.#thoughtEnd) situation.asked = askedBehindThought(situation.asked);
  }
}
