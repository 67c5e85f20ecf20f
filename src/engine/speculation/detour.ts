import { NO_TOKEN } from '../../models/ngrams/noToken.ts';

/** As many tokens said away from the text say that the reply is not coming back to where it left. */
const MOST_SAID = 8;
/** So many equal tokens are not found by chance. */
const SURELY_BACK = 3;
/** Behind fewer the place to leave from was found by chance itself. */
const SURELY_THERE = 2;
const NOWHERE = -1;

/** Where a reply left its text to say something else, and what it would say were it back behind what it replaces. */
export class Detour {
  #resume = NOWHERE;
  #said = 0;

  copyFrom(other: Detour): void {
    this.#resume = other.#resume;
    this.#said = other.#said;
  }

  /** The token of the text that ends it; `NO_TOKEN` where the reply has not left. */
  backIn(text: readonly number[]): number {
    return this.#resume < 0 ? NO_TOKEN : (text[this.#resume] ?? NO_TOKEN);
  }

  /** Tokens said behind the one that left the text; -1 where the reply has not left. */
  get said(): number {
    return this.#resume < 0 ? -1 : this.#said;
  }

  /** The reply goes on as the text does, or beside it: away from the given text, or amid what it replaced. */
  goOn(token: number, text: readonly number[], followed: number): void {
    if (this.#resume < 0) return;
    const isBack = token === this.backIn(text) || ++this.#said > MOST_SAID || followed >= SURELY_BACK;
    if (isBack) this.#resume = NOWHERE;
  }

  /**
   * The reply says something else than stands at `at`, where it had followed the text over as many tokens.
   * @param replaced how many tokens of the text it may stand for
   */
  leave(at: number, followed: number, replaced: number): void {
    if (this.#resume >= 0 && followed < SURELY_THERE) return;
    this.#resume = at + Math.max(1, replaced);
    this.#said = 0;
  }
}
