/** What a pass of six tokens saves by being divided, about, with glassbox-nano. */
const SAVED_MS = 0.06;
/** What is saved by then makes up for all that was lost before, and what is lost by then is too much. */
const MOST_SAVED_MS = 10;
const MOST_LOST_MS = 10;
/** As that, where passes went alone before for the same reason. */
const MOST_LOST_AGAIN_MS = 3;
/** What it stands for that the other thread lost its core between two passes: less than a stall of a pass, but where it happens often, those come. */
const LOST_CORE_MS = 1;
/** Passes that go alone then; each time twice as many, until a try costs no more than a fiftieth. */
const ALONE_PASSES = 32;
const MOST_ALONE_PASSES = 4096;

/**
 * Decides whether passes are divided, by how long others were waited for: where a machine has other work, they go alone. Now and then any
 * thread loses its core for some milliseconds; what counts is whether that costs more than all the other passes save.
 */
export class GivingWay {
  /** Passes that go alone from now on, and the next time. */
  #alone = 0;
  #aloneNext = ALONE_PASSES;
  /** Saved and not lost, in milliseconds. */
  #balance = 0;

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
    this.#balance = Math.min(MOST_SAVED_MS, this.#balance + SAVED_MS - milliseconds);
    if (this.#balance === MOST_SAVED_MS) this.#aloneNext = ALONE_PASSES;
    const mostLost = this.#aloneNext === ALONE_PASSES ? MOST_LOST_MS : MOST_LOST_AGAIN_MS;
    if (this.#balance > -mostLost) return false;
    this.#balance = 0;
    this.#alone = this.#aloneNext;
    this.#aloneNext = Math.min(MOST_ALONE_PASSES, 2 * this.#aloneNext);
    return true;
  }

  /** The other thread has left because its core was wanted. */
  lostCore(): void {
    this.waited(LOST_CORE_MS);
  }
}
