/** Runs something at once when it is asked for, but no more often than every so many milliseconds; the last request is always answered. */
export class Paced {
  readonly #run: () => void;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isAskedAgain = false;

  constructor(run: () => void, everyMs: number) {
    this.#run = run;
    this.#everyMs = everyMs;
  }

  request(): void {
    if (this.#timer === undefined) this.now();
    else this.#isAskedAgain = true;
  }

  /** Runs at once, however short ago it ran. */
  now(): void {
    this.dispose();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isAskedAgain) this.now();
    }, this.#everyMs);
    this.#run();
  }

  /** Whatever is asked for again waits for nothing. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isAskedAgain = false;
  }
}
