/** Signals closer together are one key press: npm passes on what the terminal has sent to everybody already. */
const SAME_PRESS_MS = 300;

/** Ctrl+C twice: the first stops the work politely, the second ends the program at once. */
export class Interrupts {
  readonly #first = new AbortController();
  readonly #listener: () => void;

  constructor(onSecond: () => void) {
    let firstAt = 0;
    this.#listener = () => {
      if (!this.#first.signal.aborted) {
        firstAt = performance.now();
        this.#first.abort();
      } else if (performance.now() - firstAt > SAME_PRESS_MS) {
        onSecond();
      }
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
