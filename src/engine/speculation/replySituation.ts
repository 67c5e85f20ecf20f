import { askedBehindThought, askedBy } from '../../models/ngrams/asked.ts';
import { NO_TOKEN } from '../../models/ngrams/noToken.ts';
import { nowhere, type Situation } from '../../models/ngrams/situation.ts';
import type { TokenClasses } from '../../models/ngrams/tokenClass.ts';
import { LineShape } from './lineShape.ts';
import type { LineStarts } from './lineStarts.ts';
import { type LookAhead, TextLookup } from './textLookup.ts';

/** What a reply stands behind, and looks up. */
export interface ReplyGround {
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
  readonly #hereLine: LineShape;
  readonly #thereLine: LineShape;
  readonly #hereStarts: LineStarts;
  readonly #thereStarts: LineStarts;
  readonly #thoughtEnd: number | undefined;
  /** What was said. */
  readonly #here = nowhere();
  /** What would be said behind it, and what stands around there. */
  readonly #there = nowhere();
  #text: LookAhead;
  readonly #ahead: SituationsAhead = {
    situation: () => {
      this.#text.describe(this.#there, this.#there.last);
      return this.#there;
    },
    take: (token) => {
      this.#text.take(token);
      this.#say(this.#there, this.#thereLine, this.#thereStarts, token);
    },
  };

  constructor({ prompt, text, thoughtEnd }: ReplyGround, classes: TokenClasses) {
    this.#lookup = new TextLookup(text);
    this.#text = this.#lookup.ahead();
    this.#thoughtEnd = thoughtEnd;
    this.#hereLine = new LineShape(classes);
    this.#thereLine = new LineShape(classes);
    this.#hereStarts = this.#lookup.lineStarts();
    this.#thereStarts = this.#lookup.lineStarts();
    const here = this.#here;
    here.second = prompt.at(-2) ?? NO_TOKEN;
    here.last = prompt.at(-1) ?? NO_TOKEN;
    here.asked = askedBy(prompt, classes);
    here.line = this.#hereLine.value;
  }

  /** The reply goes on with `token`. */
  accept(token: number): void {
    this.#lookup.accept(token);
    this.#say(this.#here, this.#hereLine, this.#hereStarts, token);
  }

  /** Looks ahead from where the reply is now, until it goes on; what it gave before is at an end. */
  ahead(): SituationsAhead {
    this.#text = this.#lookup.ahead();
    const [here, there] = [this.#here, this.#there];
    there.asked = here.asked;
    there.part = here.part;
    there.lines = here.lines;
    there.line = here.line;
    there.last = here.last;
    there.second = here.second;
    there.parallel = here.parallel;
    there.opening = here.opening;
    this.#thereLine.copyFrom(this.#hereLine);
    this.#thereStarts.copyFrom(this.#hereStarts);
    return this.#ahead;
  }

  #say(situation: Situation, line: LineShape, starts: LineStarts, token: number): void {
    situation.second = situation.last;
    situation.last = token;
    const ends = line.goOn(token);
    if (ends) situation.lines++;
    situation.line = line.value;
    starts.goOn(token, ends);
    situation.parallel = starts.next;
    if (situation.opening === NO_TOKEN) situation.opening = token;
    if (token !== this.#thoughtEnd) return;
    situation.asked = askedBehindThought(situation.asked);
    situation.part = 1;
    situation.lines = 0;
  }
}
