import { mixed } from '../../models/ngrams/mixed.ts';
import { isOfClass, shapeOf, TOKEN_CLASS, type TokenClasses } from '../../models/ngrams/tokenClass.ts';

/** What a line says but for its names and numbers: one number for all lines that say the same. However many pieces a name has, it is one name. */
export class LineShape {
  readonly #classes: TokenClasses;
  #value = 0;
  /** Whether the line's last token is a piece of a name or number, which the next piece goes on with. */
  #isInName = false;

  constructor(classes: TokenClasses) {
    this.#classes = classes;
  }

  get value(): number {
    return this.#value;
  }

  copyFrom(other: LineShape): void {
    this.#value = other.#value;
    this.#isInName = other.#isInName;
  }

  /** @returns whether the line ends with `token`, and a new one begins: one that remembers only how the one before it ended */
  goOn(token: number): boolean {
    const { name, number, apart, lineEnd } = TOKEN_CLASS;
    const ends = isOfClass(this.#classes, token, lineEnd);
    const isName = !ends && isOfClass(this.#classes, token, name | number);
    const goesOn = isName && this.#isInName && !isOfClass(this.#classes, token, apart);
    if (!goesOn) this.#value = mixed(ends ? 0 : this.#value, shapeOf(this.#classes, token));
    this.#isInName = isName;
    return ends;
  }
}
