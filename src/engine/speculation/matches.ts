import { NOTHING_INSTEAD } from './replacements.ts';

/** Matches that are followed at once: replayed on recorded replies, twice as many found nothing more. */
const MOST_MATCHES = 32;

/**
 * Places in a text that end as a reply does. In arrays beside each other: they change with every token, and so make no objects. Of what is put in
 * behind `MOST_MATCHES` nothing is kept.
 */
export class Matches {
  count = 0;
  /** Where in the text the reply would go on, `[count]`; no place twice. */
  readonly at = new Int32Array(MOST_MATCHES);
  /** Tokens at the end of the reply that the text has too. */
  readonly length = new Int32Array(MOST_MATCHES);
  /** What the reply would say before it goes on there, in place of something that it has replaced (`Replacements`). */
  readonly instead = new Int32Array(MOST_MATCHES);

  /** Of two matches that go on at the same place the longer one stays. */
  put(at: number, length: number, instead: number): void {
    let index = this.#indexOf(at, this.count);
    if (index < 0) {
      if (this.isFull) return;
      index = this.count++;
    } else if (length <= this.lengthOf(index)) return;
    this.at[index] = at;
    this.length[index] = length;
    this.instead[index] = instead;
  }

  /** One of a single token, unless one of the first `others` goes on there. No other one does. */
  add(at: number, others: number): void {
    if (this.isFull || this.#indexOf(at, others) >= 0) return;
    const index = this.count++;
    this.at[index] = at;
    this.length[index] = 1;
    this.instead[index] = NOTHING_INSTEAD;
  }

  get isFull(): boolean {
    return this.count === MOST_MATCHES;
  }

  clear(): void {
    this.count = 0;
  }

  copyFrom(other: Matches): void {
    this.count = other.count;
    this.at.set(other.at);
    this.length.set(other.length);
    this.instead.set(other.instead);
  }

  atOf(index: number): number {
    return this.at[index] ?? 0;
  }

  lengthOf(index: number): number {
    return this.length[index] ?? 0;
  }

  insteadOf(index: number): number {
    return this.instead[index] ?? 0;
  }

  /** Among the first `count`; -1 where none goes on there. */
  #indexOf(at: number, count: number): number {
    for (let index = 0; index < count; index++) if (this.at[index] === at) return index;
    return -1;
  }
}
