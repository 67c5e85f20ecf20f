import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';

/** Words are tokens here: their numbers, in the order in which they are first seen. `|` is none. */
export class Words {
  readonly #words: string[] = [];

  tokens(text: string): number[] {
    return text.split(' ').map((word) => {
      if (word === '|') return NO_TOKEN;
      if (!this.#words.includes(word)) this.#words.push(word);
      return this.#words.indexOf(word);
    });
  }

  text(tokens: readonly number[]): string {
    return tokens.map((token) => this.#words[token] ?? '?').join(' ');
  }
}
