/** Says that a model runs elsewhere than where it was loaded: to the answer that is under way, or else to the next one. */
export class BackendChanges {
  #listener: ((message: string) => void) | undefined;
  #untold: string[] = [];
  #last: string | undefined;

  /** What was told last. */
  get last(): string | undefined {
    return this.#last;
  }

  tell(message: string): void {
    this.#last = message;
    if (this.#listener) this.#listener(message);
    else this.#untold.push(message);
  }

  /** There is one listener. It is told at once what nobody heard. */
  listen(listener: ((message: string) => void) | undefined): void {
    this.#listener = listener;
    if (!listener) return;
    const untold = this.#untold;
    this.#untold = [];
    for (const message of untold) listener(message);
  }
}
