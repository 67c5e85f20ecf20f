/** Results that are made once for each key, also when they are asked for twice at the same time. What failed is made again. */
export class OnceFor<Result> {
  readonly #results = new Map<string, Promise<Result>>();

  /** @param again makes it although it is there, and keeps that from then on */
  get(key: string, make: () => Promise<Result>, again: boolean): Promise<Result> {
    const known = again ? undefined : this.#results.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#results.set(key, made);
    made.catch(() => {
      if (this.#results.get(key) === made) this.#results.delete(key);
    });
    return made;
  }
}
