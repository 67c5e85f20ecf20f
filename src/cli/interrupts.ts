/** Ctrl+C twice: the first stops the work politely, the second ends the program at once. */
export class Interrupts {
  readonly #first = new AbortController();
  readonly #listener: () => void;

  constructor(onSecond: () => void) {
    this.#listener = () => {
      if (this.#first.signal.aborted) onSecond();
      else this.#first.abort();
    };
    process.on('SIGINT', this.#listener);
    process.on('SIGTERM', this.#listener);
  }

  get signal(): AbortSignal {
    return this.#first.signal;
  }

  dispose(): void {
    process.off('SIGINT', this.#listener);
    process.off('SIGTERM', this.#listener);
  }
}
