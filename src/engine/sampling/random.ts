/**
 * xoshiro128** 1.1 (Blackman and Vigna, https://prng.di.unimi.it), its state filled from a 32-bit seed by splitmix32.
 * Small, quick with 32-bit integers, and the same on every machine: the same seed gives the same text.
 */
export class Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    let counter = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      counter = (counter + 0x9e3779b9) >>> 0;
      let word = counter;
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
      this.#state[i] = word ^ (word >>> 15);
    }
  }

  /** A generator that goes on from a given state, which must not be all zeros. */
  static fromState(state: readonly [number, number, number, number]): Random {
    const random = new Random(0);
    random.#state.set(state);
    return random;
  }

  /** One that gives the same numbers from here on, apart from this one. */
  copy(): Random {
    const copy = new Random(0);
    copy.#state.set(this.#state);
    return copy;
  }

  /** A whole number from 0 to 2^32 - 1. */
  nextUint32(): number {
    const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9) >>> 0;
    const n2 = s2 ^ s0;
    const n3 = s3 ^ s1;
    this.#state[0] = s0 ^ n3;
    this.#state[1] = s1 ^ n2;
    this.#state[2] = n2 ^ (s1 << 9);
    this.#state[3] = rotateLeft(n3, 11);
    return result;
  }

  /** A multiple of 2^-53 from [0, 1): 27 bits of one word, 26 of the next. */
  nextFraction(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }
}

const rotateLeft = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));
