/** A wait of so many milliseconds for another thread means that it has lost its core: no divided pass takes half as long. */
const STALL_MS = 0.3;
/** Passes that go alone behind a stall. Each time that the next stall comes soon, twice as many: at last a stall costs less than a hundredth. */
const ALONE_PASSES = 32;
const MOST_ALONE_PASSES = 4096;
/** A stall in so many divided passes costs a fifth of what they save. */
const WORTH_A_STALL = 128;

/** Decides whether passes are divided, by how long others were waited for: where a machine has other work, they go alone. */
export class GivingWay {
  /** Passes that go alone from now on, and behind the next stall. */
  #alone = 0;
  #aloneNext = ALONE_PASSES;
  /** Divided since the last stall. */
  #divided = 0;

  /** Whether the next pass goes alone. */
  get goesAlone(): boolean {
    return this.#alone > 0;
  }

  /** Asked before each pass. */
  mayDivide(): boolean {
    if (this.#alone === 0) return true;
    this.#alone--;
    return false;
  }

  /**
   * A pass was divided, and the other thread waited for when this one was done.
   * @returns whether it is not wanted for a while
   */
  waited(milliseconds: number): boolean {
    this.#divided++;
    if (this.#divided === WORTH_A_STALL) this.#aloneNext = ALONE_PASSES;
    if (milliseconds < STALL_MS) return false;
    this.#alone = this.#aloneNext;
    this.#aloneNext = Math.min(MOST_ALONE_PASSES, 2 * this.#aloneNext);
    this.#divided = 0;
    return true;
  }
}
