/** Draws that depend on nothing but a seed. */
export class Draw {
  #state;

  /** @param {string} seed any text */
  constructor(seed) {
    // FNV-1a, so that neighbouring seeds begin far apart.
    this.#state = 0x811c9dc5;
    for (const character of seed) {
      this.#state = Math.imul(this.#state ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    }
  }

  /** @returns {number} in [0, 1): a Weyl sequence through the finalizer of MurmurHash3 */
  next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  }

  /**
   * @param {number} low
   * @param {number} high included
   */
  int(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** @param {number} share of draws that are true */
  chance(share) {
    return this.next() < share;
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @returns {T}
   */
  pick(list) {
    return /** @type {T} */ (list[this.int(0, list.length - 1)]);
  }

  /**
   * @template T
   * @param {readonly T[]} list
   * @param {number} count
   * @returns {T[]} so many different places of the list, in random order
   */
  some(list, count) {
    const rest = [...list];
    return Array.from(
      { length: count },
      () => /** @type {T} */ (rest.splice(this.int(0, rest.length - 1), 1)[0]),
    );
  }

  /**
   * Whole numbers, none twice.
   * @param {number} count
   * @param {number} low
   * @param {number} high included
   */
  ints(count, low, high) {
    return this.some(
      Array.from({ length: high - low + 1 }, (_, i) => low + i),
      count,
    );
  }
}
