import { NO_TOKEN } from '../../models/ngrams/noToken.ts';

/** Something of a text that a reply has replaced. */
export interface Replacement {
  readonly old: readonly number[];
  /** What the reply said in its place, as `Replacements.tokenAt` and `behind` read it. */
  readonly instead: number;
}

/** Behind the end of what is said in place of something. */
export const NOTHING_INSTEAD = 0;

/** What a reply has replaced in a text by what. */
export class Replacements {
  /** The last one learned first. */
  #known: readonly Replacement[] = [];
  /** What was said in place of what was replaced, ever, with `NO_TOKEN` behind each. */
  readonly #said: number[] = [NO_TOKEN];

  /** What is replaced that stands in the text there. */
  at(text: readonly number[], at: number): Replacement | undefined {
    for (const replacement of this.#known) if (standsAt(replacement.old, text, at)) return replacement;
    return undefined;
  }

  tokenAt(instead: number): number {
    return this.#said[instead] ?? NO_TOKEN;
  }

  behind(instead: number): number {
    return this.tokenAt(instead + 1) === NO_TOKEN ? NOTHING_INSTEAD : instead + 1;
  }

  learn(old: readonly number[], said: readonly number[]): void {
    if (old.length === 0 || said.length === 0 || old.includes(NO_TOKEN)) return;
    const instead = this.#said.length;
    this.#said.push(...said, NO_TOKEN);
    const others = this.#known.filter(
      (other) => other.old.length !== old.length || !standsAt(other.old, old, 0),
    );
    this.#known = [{ old, instead }, ...others];
  }

  unlearn(replacement: Replacement): void {
    this.#known = this.#known.filter((other) => other !== replacement);
  }
}

function standsAt(tokens: readonly number[], text: readonly number[], at: number): boolean {
  for (let index = 0; index < tokens.length; index++) if (tokens[index] !== text[at + index]) return false;
  return true;
}
