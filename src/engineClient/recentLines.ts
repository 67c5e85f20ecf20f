/** The last lines of a stream of text, so that a crash can be explained without keeping a whole log. */
export class RecentLines {
  readonly #limit: number;
  #lines: string[] = [];
  #rest = '';

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split(/\r?\n/);
    // An endless line must not grow without bound either.
    this.#rest = (lines.pop() ?? '').slice(-10_000);
    this.#lines = [...this.#lines, ...lines].slice(-this.#limit);
  }

  get lines(): readonly string[] {
    return this.#rest === '' ? this.#lines : [...this.#lines, this.#rest];
  }
}
