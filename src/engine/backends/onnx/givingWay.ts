/** A wait of so many milliseconds for another thread means that it has lost its core: no divided pass takes half as long. */
const STALL_MS = 0.3;
/** Passes that go alone behind a stall: they take about as long as it. Each time that the next stall comes soon, twice as many. */
const ALONE_PASSES = 16;
const MOST_ALONE_PASSES = 1024;
/** A stall in so many divided passes costs less than they save. */
const WORTH_A_STALL = 64;

/** Decides whether passes are divided, by how long others were waited for: where a machine has other work, they go alone. */
export class GivingWay {
  /** Passes that go alone from now on, and behind the next stall. */
  #alone = 0;
  #aloneNext = ALONE_PASSES;
  /** Divided since the last stall. */
  #divided = 0;

  /** Asked before each pass. */
  mayDivide(): boolean {
    if (this.#alone === 0) return true;
    this.#alone--;
    return false;
  }

  /** A pass was divided, and the other thread waited for when this one was done. */
  waited(milliseconds: number): void {
    this.#divided++;
    if (this.#divided === WORTH_A_STALL) this.#aloneNext = ALONE_PASSES;
    if (milliseconds < STALL_MS) return;
    this.#alone = this.#aloneNext;
    this.#aloneNext = Math.min(MOST_ALONE_PASSES, 2 * this.#aloneNext);
    this.#divided = 0;
  }
}
